"""Faults put into the SQL of a running server on purpose, to show that the comparison with the model can fail.

A mutation replaces one piece of one procedure's file below sql/code and creates the changed function in the shared
code schema; leaving the `mutated` context creates the function from the file as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from server import code_schema

CODE = Path(__file__).resolve().parents[3] / "sql" / "code"


@dataclass(frozen=True)
class Mutation:
    name: str
    path: str  # below sql/code
    pattern: str  # regular expression, must match exactly once
    replacement: str
    description: str

    def text(self) -> str:
        """The changed file. The pattern must match once, so that a mutation cannot quietly stop mutating."""
        changed, count = re.subn(self.pattern, self.replacement, self.original(), flags=re.MULTILINE)
        if count != 1:
            raise LookupError(f"mutation {self.name}: {self.path} matches {count} times, not once")
        return changed

    def original(self) -> str:
        return (CODE / self.path).read_text()


def apply(dsn: str, text: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"set search_path = {code_schema()}, pg_temp")
        connection.execute("set check_function_bodies = off")
        connection.execute(text)


@contextmanager
def mutated(dsn: str, mutation: Mutation) -> Iterator[None]:
    """Runs the block while the server has the fault."""
    text = mutation.text()
    try:
        apply(dsn, text)
        yield
    finally:
        apply(dsn, mutation.original())


# The first three are the ones of the short run.
MUTATIONS = [
    Mutation(
        name="edges-between-public-nodes",
        path="identity/join_nodes.sql",
        pattern=r"select v_id, p_pairs\[i\]\[1\], p_pairs\[i\]\[2\] from .*;",
        replacement="""select v_id, ca.public_node, cb.public_node
    from generate_series(1, array_length(p_pairs, 1)) i
    join node a on a.id = p_pairs[i][1] join component ca on ca.label = a.component
    join node b on b.id = p_pairs[i][2] join component cb on cb.label = b.component;""",
        description="a merge joins the profiles' public nodes instead of the nodes that own the identifiers",
    ),
    Mutation(
        name="limit-off-by-one",
        path="identity/violated_rule.sql",
        pattern=r"where y\.total > case",
        replacement="where y.total >= case",
        description="a limit of n lets n - 1 in",
    ),
    Mutation(
        name="traits-by-arrival",
        path="ingestion/apply_traits.sql",
        pattern=r"where k\.held is null or case[\s\S]*?\n\s*end\n",
        replacement="where true\n",
        description="the identify that arrives last wins, so a late event overwrites",
    ),
    Mutation(
        name="tombstones-ignored",
        path="ingestion/apply_traits.sql",
        pattern=r"\(n\.traits \|\| f\.said\) - array\(.*\)$",
        replacement="n.traits || jsonb_strip_nulls(f.said)",
        description="a null leaves the older value",
    ),
    Mutation(
        name="dedupe-after-identity",
        path="ingestion/ingest_batch.sql",
        pattern=r"v_home\[v_msg\] := -1;\n\s*v_slow\[v_msg\] := false;",
        replacement="v_home[v_msg] := -1;",
        description="a copy is resolved before it is recognised, so it can redo an undone merge",
    ),
    Mutation(
        name="undo-without-separation",
        path="identity/split_merge.sql",
        pattern=r"where e\.merge = v_merge\.id\n    order by 1, 2",
        replacement="where false\n    order by 1, 2",
        description="an undo records no separation, so that the next event redoes the merge",
    ),
    Mutation(
        name="lowest-identifier-is-home",
        path="ingestion/resolve_messages.sql",
        pattern=r"v_home := v_ends\[1\];",
        replacement="v_home := v_ends[cardinality(v_ends)];",
        description="the owner of the lowest-priority identifier gets the event and its new identifiers",
    ),
    Mutation(
        name="undo-of-one-edge",
        path="identity/split_merge.sql",
        pattern=r"update edge e set active = false where e\.merge = v_merge\.id;",
        replacement="update edge e set active = false where e.id = (select min(f.id) from edge f where f.merge = v_merge.id);",
        description="of an event that joined several profiles only the first edge is undone",
    ),
    Mutation(
        name="window-includes-its-border",
        path="identity/violated_rule.sql",
        pattern=r"abs\(extract\(epoch from p_ts - i\.attached_at\)\) < coalesce\(",
        replacement="abs(extract(epoch from p_ts - i.attached_at)) <= coalesce(",
        description="an identifier attached exactly a window ago still counts",
    ),
    Mutation(
        name="equal-times-by-arrival",
        path="profiles/trait_place.sql",
        pattern=r" \|\| p_message_id",
        replacement="",
        description="of two values of the same time the first to arrive stays, whatever the message ids",
    ),
    Mutation(
        name="consent-of-a-merge-is-the-newer",
        path="profiles/component_consent.sql",
        pattern=r"order by o\.key, \(o\.value ->> 'granted'\)::boolean, ",
        replacement="order by o.key, ",
        description="of two opinions that a merge brings together the newer counts, not the stricter",
    ),
    Mutation(
        name="leave-of-one-node",
        path="profiles/profile_leave_account.sql",
        pattern=r"from node n where n\.component = v_label order by n\.id",
        replacement="from node n where n.id = v_node order by n.id",
        description="a leave is recorded on the public node alone, so that an undo or a sibling brings the membership back",
    ),
    Mutation(
        name="guard-forgets-joined-nodes",
        path="identity/violated_rule.sql",
        pattern=r"where abs\(extract\(epoch from p_ts - m\.effective_at\)\) < 3600",
        replacement="where false",
        description="the anomaly guard does not count what a profile gained by other joins within the hour",
    ),
    Mutation(
        name="guard-off-by-one",
        path="identity/violated_rule.sql",
        pattern=r"if v_ids - v_old > v_state\.anomaly_ids then",
        replacement="if v_ids - v_old >= v_state.anomaly_ids then",
        description="the anomaly guard pauses one identifier too early",
    ),
    Mutation(
        name="guard-opens-an-entry-each",
        path="identity/open_review.sql",
        pattern=r"if p_reason = 'anomaly' then",
        replacement="if false then",
        description="each skipped pair has an entry of its own, so that approving one adds too little",
    ),
    Mutation(
        name="identifier-cap-off-by-one",
        path="identity/violated_rule.sql",
        pattern=r"if v_ids > v_state\.max_ids then",
        replacement="if v_ids >= v_state.max_ids then",
        description="a profile may hold one identifier less than the cap",
    ),
    Mutation(
        name="merge-cap-off-by-one",
        path="identity/violated_rule.sql",
        pattern=r"elsif v_merges > v_state\.max_merges then",
        replacement="elsif v_merges >= v_state.max_merges then",
        description="a profile may be made by one merge less than the cap",
    ),
    Mutation(
        name="separations-forgotten-by-joins",
        path="identity/violated_rule.sql",
        pattern=r"return 'separated';",
        replacement="null;",
        description="profiles that an undo or a person has separated are joined by the next event",
    ),
    Mutation(
        name="alias-of-users-alone",
        path="ingestion/resolve_messages.sql",
        pattern=r"if v_owner\[v_msg\.ks\[v_n - 1\]\] = 0 then",
        replacement="if false then",
        description="an alias does not find a previousId that is an anonymous id",
    ),
    Mutation(
        name="rejected-review-separates-nobody",
        path="identity/decide_review.sql",
        pattern=r"where n\.id = any \(v_review\.nodes\)\n        order by 1, 2",
        replacement="where false\n        order by 1, 2",
        description="after a review was rejected the next event asks the same question again",
    ),
]
