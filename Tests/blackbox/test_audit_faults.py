"""What somebody with all rights in the database does to the audit log, in each of several chains at once, and what API, command line,
console and doctor say of it: each place by chain and seq. Where the log itself cannot tell any more, heads that were kept elsewhere do."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from console import Browser
from server import CommandFailed, Server, Tenant, code_schema
from test_backup import findings

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
Breach = tuple[int, str]
CHAINS = (0, 1, 2)
#: Entries of each chain.
LAST = 8
AGAIN = "audit_hash(previous_hash, chain, seq, at, actor, action, object, object_id, detail)"


class Log:
    """The audit log of one tenant, with `LAST` entries in each of `CHAINS`, which requests have left."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.connection = tenant.server.connect()
        path = f"{tenant.schema}, {tenant.internals}, {code_schema()}"
        self.connection.execute("select set_config('search_path', %s, false)", [path])
        self.browser = Browser(tenant.server).sign_in()
        for chain in CHAINS:
            self._fill(chain)
        self.connection.execute("create table public.audit_kept as table audit")
        self.connection.execute("create table public.audit_head_kept as table audit_head")
        assert self.connection.execute("select chain, max(seq) from audit group by 1 order by 1").fetchall() == [
            (chain, LAST) for chain in CHAINS]
        self.heads = tenant.get("/v1/audit/verify").json()["heads"]

    def _fill(self, chain: int) -> None:
        """A writer takes the first chain whose head is free: those before this one are held."""
        with self.tenant.server.connect(autocommit=False) as holder:
            holder.execute(f"select from {self.tenant.internals}.audit_head where chain < %s for update", [chain])
            have = "select coalesce(max(seq), 0) from audit where chain = %s"
            while self.connection.execute(have, [chain]).fetchone()[0] < LAST:
                assert self.tenant.post("/v1/accounts", {"name": f"Acme {chain}"}).status_code == 201

    @contextlib.contextmanager
    def done(self, fault: "Fault") -> Iterator[None]:
        """For as long as this is open, that was done to each chain."""
        try:
            for chain in CHAINS:
                fault.do(Chain(self.connection, chain))
            yield
        finally:
            self.connection.execute("alter table audit alter hash drop not null")
            self.connection.execute("truncate audit, audit_head")
            self.connection.execute("insert into audit select * from public.audit_kept")
            self.connection.execute("insert into audit_head select * from public.audit_head_kept")
            self.connection.execute("alter table audit alter hash set not null")

    def told(self, folder: pathlib.Path, with_heads: bool = False, everywhere: bool = True) -> list[tuple[int, int, str]]:
        """What the API says; `everywhere`: and that command line and, without heads, the console say the same."""
        told = self.tenant.get("/v1/audit/verify", params={"heads": json.dumps(self.heads)} if with_heads else {})
        assert told.status_code == 200, told.text
        said = [(one["chain"], one["seq"], one["breach"]) for one in told.json()["breaches"]]
        assert told.json()["intact"] is (not said)
        if not everywhere:
            return said
        file = folder / "heads.json"
        file.write_text(json.dumps({"heads": self.heads}))
        command = ["audit", "verify", "--tenant", self.tenant.slug, *(["--heads", str(file)] if with_heads else [])]
        assert self._cli(command, True) == told.json()
        words = self._cli(command, False)
        assert [line for line in words.splitlines() if "chain" in line] == [
            f"  entry {seq} of chain {chain}: {breach}" for chain, seq, breach in said]
        assert ("NOT as they were written" in words) is bool(said)
        if not with_heads:
            page = self.browser.get(f"/console/{self.tenant.slug}/audit?verify=1")
            assert page.response.status_code == 200, page.text
            for chain, seq, breach in said:
                assert f"Entry {seq} of chain {chain} is {breach}." in page.text
            assert page.text.count(" of chain ") == len(said)
            assert ("not as they were written" in page.text) is bool(said)
        return said

    def _cli(self, command: list[str], is_json: bool) -> Any:
        try:
            return self.tenant.server.cli(*command, json=is_json)
        except CommandFailed as failed:
            assert failed.code == 1
            return json.loads(failed.output) if is_json else failed.output


class Chain:
    """One chain of the log, in the hands of somebody who may do all."""

    def __init__(self, connection: psycopg.Connection, number: int) -> None:
        self.connection = connection
        self.number = number

    def run(self, statement: str, *parameters: Any) -> None:
        """One statement, in which %(chain)s is this one's number, $1, $2 … the parameters."""
        names = {f"p{place}": value for place, value in enumerate(parameters, 1)}
        for place in range(len(parameters), 0, -1):
            statement = statement.replace(f"${place}", f"%(p{place})s")
        self.connection.execute(statement, {"chain": self.number, **names})

    def change(self, seq: int, what: str = "actor = 'another'") -> None:
        self.run(f"update audit set {what} where chain = %(chain)s and seq = $1", seq)

    def delete(self, condition: str) -> None:
        self.run(f"delete from audit where chain = %(chain)s and {condition}")

    def move(self, first: int, last: int, by: int) -> None:
        """Entries from `first` to `last`, so many places on."""
        self.run("update audit set seq = seq + 1000 + $3 where chain = %(chain)s and seq between $1 and $2", first, last, by)
        self.run("update audit set seq = seq - 1000 where chain = %(chain)s and seq > 900")

    def swap(self, one: int, other: int) -> None:
        self.run("update audit set seq = 1000 + $1 + $2 - seq where chain = %(chain)s and seq in ($1, $2)", one, other)
        self.run("update audit set seq = seq - 1000 where chain = %(chain)s and seq > 900")

    def insert(self, seq: int, chain: int | None = None) -> None:
        """An entry that nobody's request left, with the hash that fits it behind the one before."""
        self.run(
            "insert into audit (chain, seq, at, actor, action, object, object_id, detail, previous_hash, hash)"
            f" select chain, seq, at, actor, action, object, object_id, detail, previous_hash, {AGAIN} from ("
            "  select $2::smallint as chain, $1::bigint as seq, at, 'another' as actor, action, object, object_id, detail,"
            "   coalesce((select hash from audit b where b.chain = $2 and b.seq = $1 - 1), '\\x00') as previous_hash"
            "  from audit a where a.chain = %(chain)s and a.seq = 1) made",
            seq, self.number if chain is None else chain)

    def rehash(self, *places: int) -> None:
        """The hash of each, over its previous hash as it stands there."""
        self.run(f"update audit set hash = {AGAIN} where chain = %(chain)s and seq = any($1)", list(places))

    def forge(self, first: int, last: int = LAST) -> None:
        """Entries from `first` to `last` anew, each over the one before it."""
        for seq in range(first, last + 1):
            self.run(
                "update audit a set previous_hash = coalesce("
                " (select hash from audit b where b.chain = a.chain and b.seq = a.seq - 1), '\\x00')"
                " where chain = %(chain)s and seq = $1", seq)
            self.rehash(seq)

    def set_head(self) -> None:
        """The head as the last entry that is there."""
        self.run(
            "update audit_head h set seq = l.seq, hash = l.hash from"
            " (select seq, hash from audit where chain = %(chain)s order by seq desc limit 1) l where h.chain = %(chain)s")


@dataclasses.dataclass
class Fault:
    name: str
    do: Callable[[Chain], None]
    #: What is said of each chain by the log itself, and with kept heads (the same, if left out).
    said: list[Breach]
    with_heads: list[Breach] | None = None
    #: Whether `said` names the very entry.
    place: str = "the entry itself"


def steps(*all_of_them: Callable[[Chain], None]) -> Callable[[Chain], None]:
    def do(chain: Chain) -> None:
        for step in all_of_them:
            step(chain)
    return do


BEHIND = "nothing by itself: kept heads name where the chain parts from them"
AT_END = "the last one that was written anew; those before it fit together"
COLUMNS = {
    "when": "at = at - interval '1 hour'", "who": "actor = 'another'", "what": "action = 'account.read'", "kind": "object = 'lead'",
    "record": "object_id = 'x'", "detail": "detail = detail || '{\"x\": 1}'", "hash": "hash = sha256('x')",
    "hash before": "previous_hash = sha256('x')", "when, beyond all times": "at = 'infinity'",
}
FAULTS = [
    # A row changed.
    *(Fault(f"changed: {name} of entry 3", lambda c, what=what: c.change(3, what), [(3, "changed")]) for name, what in COLUMNS.items()),
    Fault("changed: the first entry", lambda c: c.change(1), [(1, "changed")]),
    Fault("changed: the last entry", lambda c: c.change(LAST), [(LAST, "changed")]),
    Fault("changed: entry 3, its hash made anew", steps(lambda c: c.change(3), lambda c: c.rehash(3)), [(3, "changed")]),
    Fault("changed: the last entry, its hash made anew", steps(lambda c: c.change(LAST), lambda c: c.rehash(LAST)), [(LAST, "changed")]),
    Fault(
        "changed: entry 3, no hash left", steps(
            lambda c: c.run("alter table audit alter hash drop not null"), lambda c: c.change(3, "actor = 'another', hash = null")),
        [(3, "changed")]),
    # A row deleted.
    Fault("deleted: entry 4", lambda c: c.delete("seq = 4"), [(4, "missing")]),
    Fault("deleted: the first entry", lambda c: c.delete("seq = 1"), [(1, "missing")]),
    Fault("deleted: entries 3, 4 and 6", lambda c: c.delete("seq in (3, 4, 6)"), [(3, "missing"), (6, "missing")]),
    Fault(
        "deleted: entry 4, those behind it moved up", steps(lambda c: c.delete("seq = 4"), lambda c: c.move(5, LAST, -1)),
        [(4, "changed"), (5, "changed"), (6, "changed"), (7, "changed"), (8, "missing")]),
    # Reordered.
    Fault("reordered: entries 2 and 5", lambda c: c.swap(2, 5), [(2, "changed"), (5, "changed")]),
    Fault("reordered: neighbours 2 and 3", lambda c: c.swap(2, 3), [(2, "changed"), (3, "changed")]),
    Fault(
        "reordered: entries 2 and 5, their hashes made anew", steps(lambda c: c.swap(2, 5), lambda c: c.rehash(2, 5)),
        [(1, "changed"), (2, "changed"), (4, "changed"), (5, "changed")],
        place="the entries, and those before them, which they do not follow"),
    Fault(
        "reordered: entries 2 and 5, each made anew over the one before it",
        steps(lambda c: c.swap(2, 5), lambda c: c.forge(2, 2), lambda c: c.forge(5, 5)), [(2, "changed"), (5, "changed")]),
    Fault(
        "reordered: neighbours 2 and 3, made anew over each other", steps(lambda c: c.swap(2, 3), lambda c: c.forge(2, 3)),
        [(3, "changed")], place=AT_END),
    # The tail truncated.
    Fault("truncated: entries 7 and 8", lambda c: c.delete("seq > 6"), [(7, "missing")]),
    Fault("truncated: all of it", lambda c: c.delete("true"), [(1, "missing")]),
    Fault(
        "truncated: entries 7 and 8, the head deleted",
        steps(lambda c: c.delete("seq > 6"), lambda c: c.run("delete from audit_head where chain = %(chain)s")), [(7, "missing")]),
    Fault(
        "truncated: all of it, the head deleted",
        steps(lambda c: c.delete("true"), lambda c: c.run("delete from audit_head where chain = %(chain)s")), [(1, "missing")]),
    Fault(
        "truncated: entries 7 and 8, the head set back",
        steps(lambda c: c.delete("seq > 6"), lambda c: c.set_head()), [], [(7, "missing")], place=BEHIND),
    # An entry inserted.
    Fault("inserted: behind the last", lambda c: c.insert(LAST + 1), [(LAST + 1, "added")]),
    Fault("inserted: before the first", lambda c: c.insert(0), [(0, "added")]),
    Fault("inserted: in a chain that there is not", lambda c: c.insert(1, 20 + c.number), []),
    Fault(
        "inserted: as entry 4, those behind it moved on", steps(lambda c: c.move(4, LAST, 1), lambda c: c.insert(4)),
        [(seq, "changed") for seq in range(5, LAST + 2)] + [(LAST + 1, "added")], place="from the one behind it on"),
    # Written anew, as far as somebody who has all rights may go.
    Fault(
        "written anew from entry 3 to 6", steps(lambda c: c.change(3), lambda c: c.forge(3, 6)), [(6, "changed")], place=AT_END),
    Fault(
        "written anew from entry 3 to the end, not the head", steps(lambda c: c.change(3), lambda c: c.forge(3)),
        [(LAST, "changed")], place=AT_END),
    Fault(
        "written anew from entry 3 to the end, and the head",
        steps(lambda c: c.change(3), lambda c: c.forge(3), lambda c: c.set_head()), [], [(LAST, "changed")], place=BEHIND),
    Fault(
        "entry 4 deleted, all behind it written anew, and the head", steps(
            lambda c: c.delete("seq = 4"), lambda c: c.move(5, LAST, -1), lambda c: c.forge(4, LAST - 1), lambda c: c.set_head()),
        [], [(LAST, "missing")], place=BEHIND),
    # The head alone.
    Fault(
        "the head set back by one",
        lambda c: c.run("update audit_head h set seq = a.seq, hash = a.hash from audit a where a.chain = h.chain and h.chain = %(chain)s"
                        " and a.seq = h.seq - 1"), [(LAST, "added")]),
    Fault(
        "the head set on by one", lambda c: c.run("update audit_head set seq = seq + 1 where chain = %(chain)s"),
        [(LAST + 1, "missing")]),
]
MAIN = {
    "changed: who of entry 3", "deleted: entry 4", "reordered: entries 2 and 5", "truncated: entries 7 and 8", "inserted: behind the last",
    "truncated: entries 7 and 8, the head set back",
}
assert MAIN <= {fault.name for fault in FAULTS}


@pytest.fixture(scope="module")
def log(tandem: Server) -> Iterator[Log]:
    made = Log(tandem.tenant("audit-faults"))
    yield made
    made.connection.execute("drop table public.audit_kept, public.audit_head_kept")
    made.connection.close()


def words(breaches: list[Breach]) -> str:
    return ", ".join(f"{seq} {breach}" for seq, breach in breaches) or "–"


def test_requests_left_entries_in_several_chains_and_all_are_as_they_were_written(log: Log, tmp_path: pathlib.Path) -> None:
    assert log.told(tmp_path) == log.told(tmp_path, with_heads=True) == []
    assert [(head["chain"], head["seq"]) for head in log.heads] == [(chain, LAST) for chain in CHAINS]


def test_the_hash_is_what_the_documentation_says_by_another_reading_of_it(log: Log) -> None:
    """So that a chain of an older version holds in this one."""
    rows = log.connection.execute(
        "select chain, seq, (extract(epoch from at) * 1000000)::bigint, actor, action, object, object_id, detail::text, hash"
        " from audit order by chain, seq").fetchall()
    assert len(rows) == len(CHAINS) * LAST
    before: dict[int, bytes] = {}
    for chain, seq, at, *texts, detail, stored in rows:
        said = ", ".join([str(chain), str(seq), str(at), *(json.dumps(text, ensure_ascii=False) for text in texts), detail])
        before[chain] = hashlib.sha256(before.get(chain, b"\0") + f"[{said}]".encode()).digest()
        assert before[chain] == stored, (chain, seq)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_located_in_each_chain(log: Log, fault: Fault, tmp_path: pathlib.Path, figures: Callable[[str, Any], None]) -> None:
    expected = [(chain, seq, breach) for chain in CHAINS for seq, breach in sorted(fault.said)]
    if fault.name == "inserted: in a chain that there is not":
        expected = [(20 + chain, 1, "added") for chain in CHAINS]
    kept = expected if fault.with_heads is None else [(chain, seq, breach) for chain in CHAINS for seq, breach in fault.with_heads]
    # In the quick form the API alone tells of the many variations.
    everywhere = FULL or fault.name in MAIN
    with log.done(fault):
        assert log.told(tmp_path, everywhere=everywhere) == expected
        # A head that was kept names a second place where the chain parts from it.
        with_heads = log.told(tmp_path, with_heads=True, everywhere=everywhere)
        assert set(kept) <= set(with_heads), with_heads
        assert log.tenant.get("/v1/audit?limit=100").status_code == 200
    assert log.told(tmp_path, everywhere=False) == []
    figures(fault.name, {
        "said of each chain": words(sorted({(seq, breach) for _, seq, breach in expected})),
        "with kept heads": words(sorted({(seq, breach) for _, seq, breach in with_heads})), "names": fault.place})


def test_doctor_says_it_too(log: Log) -> None:
    with log.done(Fault("deleted", lambda c: c.delete("seq = 4"), [])):
        audit = next(one for one in findings(log.tenant.server, "--tenant", log.tenant.slug) if one["check"] == "audit")
    assert audit["result"] == "fail"
    assert audit["detail"] == "; ".join(f"row 4 of chain {chain} is missing" for chain in CHAINS)


def test_heads_that_are_none_are_refused(log: Log, tmp_path: pathlib.Path) -> None:
    for given in ("7", "{", '{"heads": 7}', '[{"chain": 0}]', '[{"chain": 99999, "seq": 1, "hash": "00"}]'):
        answer = log.tenant.get("/v1/audit/verify", params={"heads": given})
        assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"].startswith("/heads"), answer.text
    file = tmp_path / "heads.json"
    file.write_text('{"heads": 7}')
    for path, why in ((file, "has no heads"), (tmp_path / "nowhere", "cannot be read")):
        with pytest.raises(CommandFailed) as refused:
            log.tenant.server.cli("audit", "verify", "--tenant", log.tenant.slug, "--heads", str(path))
        assert refused.value.code == 64 and why in refused.value.errors


CONTROL = {
    "changed: entry 3": (["update tandem.audit set actor = 'another' where seq = 3"], [(3, "changed")]),
    "changed: the tenant of the last entry": (
        ["update tandem.audit set tenant = gen_random_uuid() where seq = {last}"], [("{last}", "changed")]),
    "deleted: entry 4": (["delete from tandem.audit where seq = 4"], [(4, "missing")]),
    "reordered: entries 2 and 5": (
        ["update tandem.audit set seq = 10007 - seq where seq in (2, 5)", "update tandem.audit set seq = seq - 10000 where seq > 10000"],
        [(2, "changed"), (5, "changed")]),
    "truncated: the last two": (["delete from tandem.audit where seq > {last} - 2"], [("{before}", "missing")]),
    "truncated: the last two, the head deleted": (
        ["delete from tandem.audit where seq > {last} - 2", "delete from tandem.audit_head"], [("{before}", "missing")]),
    "inserted: behind the last": (
        ["insert into tandem.audit select {last} + 1, at, actor, action, tenant, object_id, detail, hash, hash from tandem.audit"
         " where seq = {last}"], [("{next}", "changed"), ("{next}", "added")]),
}


@pytest.mark.parametrize("fault", CONTROL)
def test_what_administrators_did_is_held_the_same_way(log: Log, fault: str, figures: Callable[[str, Any], None]) -> None:
    """The control plane's own chain: by doctor, on the command line and in the console, and by `audit verify --control`."""
    server, connection = log.tenant.server, log.connection
    while (last := connection.execute("select max(seq) from tandem.audit").fetchone()[0]) < 6:
        server.cli("tenant", "update", log.tenant.slug, "--display-name", f"Audit {last}")
    assert connection.execute("select * from verify_control_audit()").fetchall() == []
    numbers = {"last": last, "before": last - 1, "next": last + 1}
    statements, breaches = CONTROL[fault]
    expected = sorted((int(str(seq).format(**numbers)), breach) for seq, breach in breaches)
    said = "; ".join(f"entry {seq} is {breach}" for seq, breach in expected)
    connection.execute("create table public.control_kept as table tandem.audit")
    connection.execute("create table public.control_head_kept as table tandem.audit_head")
    try:
        for statement in statements:
            connection.execute(statement.format(**numbers))
        found = next(one for one in findings(server) if one["check"] == "control-audit")
        assert (found["result"], found["detail"]) == ("fail", said) and found["remedy"]
        assert said in log.browser.get("/console/-/doctor").text
        with pytest.raises(CommandFailed) as failed:
            server.cli("audit", "verify", "--control")
        assert [(one["seq"], one["breach"]) for one in json.loads(failed.value.output)["breaches"]] == expected
    finally:
        connection.execute("truncate tandem.audit, tandem.audit_head")
        connection.execute("insert into tandem.audit select * from public.control_kept")
        connection.execute("insert into tandem.audit_head select * from public.control_head_kept")
        connection.execute("drop table public.control_kept, public.control_head_kept")
    figures(f"of administrators, {fault}", {"said of each chain": said, "with kept heads": "–", "names": "the entry itself"})
