"""What a server remembers of earlier answers changes nothing: a history with its hints ends as the history without."""

import os
import pathlib
import random

import psycopg
import pytest

import batches
from conftest import _tenant
from tenant import Tenant

STATE = (pathlib.Path(__file__).resolve().parents[3] / "sql/tests/identity/visible_state.sql").read_text()
MINUTE = 60
MAY_IDENTIFY = 32
# By message: who else is of its home, what is seen of that home, and what was left out of its identifiers.
HOMES = """
select e.message_id, min(e.message_id) over (partition by e.node) as first_of_home, s.first_at, s.last_at
from event_log e
left join activity_seen s on s.node = e.node
where starts_with(e.message_id, %s)
order by 1
"""
DEMOTIONS = "select message_id, type, value, rule from demotion where starts_with(message_id, %s) order by 1, 2, 3"
CALL = batches.CALL.replace(
    "%(phone_e164)s::text[])",
    "%(phone_e164)s::text[], p_epoch => %(epoch)s::int4, p_hint => %(hint)s::bigint[], p_settled => %(settled)s::boolean[])",
)


class Memory:
    """As `IngestMemory` of the server."""

    def __init__(self):
        self.epoch, self.known, self.hits = None, {}, 0

    def hints(self, messages):
        if self.epoch is None:
            return {"epoch": None, "hint": None, "settled": None}
        hint, settled = [], []
        for item in messages:
            home, first, last = self.known.get(self.key(item), (0, 0, 0))
            hint.append(home)
            settled.append(home > 0 and first <= item["ts"] and item["ts"] // MINUTE * MINUTE <= last)
            self.hits += home > 0
        return {"epoch": self.epoch, "hint": hint, "settled": settled}

    def learn(self, messages, rows):
        epoch = rows[0][3]
        if epoch != self.epoch:
            self.epoch, self.known = epoch, {}
        for item, (_, outcome, home, _) in zip(messages, rows):
            if outcome == "accepted" and home and self.key(item):
                _, first, last = self.known.get(self.key(item), (home, item["ts"], 0))
                self.known[self.key(item)] = (home, min(first, item["ts"]), max(last, item["ts"] // MINUTE * MINUTE))

    @staticmethod
    def key(item):
        return tuple(item["ids"]) if item["type"] != "alias" else None


def shortened(arguments, hint):
    """The identifiers without those of messages with a hint, as a server sends them."""
    kept = [
        place for place, message in enumerate(arguments["id_msg"])
        if not (hint and hint[message - 1] and arguments["flags"][message - 1] & MAY_IDENTIFY)
    ]
    return {name: [arguments[name][place] for place in kept] for name in ("id_msg", "id_type", "id_value")}


def send(tenant, memory, messages):
    arguments = batches.columns(messages, tenant.rules)
    nothing = {"epoch": None, "hint": None, "settled": None}
    try:
        hints = memory.hints(messages) if memory else nothing
        rows = tenant.connection.execute(CALL, arguments | hints | shortened(arguments, hints["hint"])).fetchall()
    except psycopg.errors.SerializationFailure:
        rows = tenant.connection.execute(CALL, arguments | nothing).fetchall()
    if memory:
        memory.learn(messages, rows)
    return [row[1] for row in rows]


def history(seed):
    """Steps: a batch of messages, or what somebody does to a merge or the rules."""
    rng = random.Random(seed)
    prefix = f"hints-{seed}-"
    pools = {"user_id": 5, "email": 4, "anonymous_id": 7}
    sent = []
    for _ in range(40):
        if rng.random() < 0.12:
            yield rng.choice(("undo", "undo", "merge", "rules")), rng.random()
            continue
        messages = []
        for _ in range(rng.randint(1, 9)):
            if sent and rng.random() < 0.1:
                messages.append(rng.choice(sent))
                continue
            kinds = [kind for kind in pools if rng.random() < 0.55] or ["anonymous_id"]
            ids = [(kind, f"{prefix}{kind}-{rng.randrange(pools[kind])}") for kind in kinds]
            kind = rng.choices(("track", "page", "identify", "group", "alias"), (10, 3, 4, 1, 1))[0]
            more = {}
            if kind == "identify":
                more["traits"] = {"plan": rng.choice("abc"), "seats": rng.randrange(9)}
            if kind == "group":
                more |= {"group": f"{prefix}g{rng.randrange(3)}", "traits": {}}
            if kind == "alias":
                ids, more["previous"] = [("user_id", f"{prefix}user_id-{rng.randrange(5)}")], f"{prefix}anonymous_id-{rng.randrange(7)}"
            flags = batches.MAY_IDENTIFY if rng.random() < 0.85 else 0
            item = batches.message(f"{prefix}{len(sent)}", ids, kind, rng.randrange(900), source=101, flags=flags, **more)
            sent.append(item)
            messages.append(item)
        yield "send", messages


def merges(tenant, prefix):
    return tenant.rows(
        "select m.id, m.ref from merge m where exists (select from edge e where e.merge = m.id and e.active) "
        "and exists (select from edge e join event_log l on l.node in (e.a, e.b) where e.merge = m.id and starts_with(l.message_id, %s)) "
        "order by m.effective_at, m.message_id, m.ref",
        prefix,
    )


def run(tenant: Tenant, seed, memory):
    prefix = f"hints-{seed}-"
    outcomes = []
    for number, (step, what) in enumerate(history(seed)):
        if step == "send":
            outcomes.append(send(tenant, memory, what))
        elif step == "rules":
            tenant.put_rules({"max_ids": 4 + int(what * 3)})
        elif step == "undo":
            found = merges(tenant, prefix)
            if found:
                tenant.value("select undo_merge(%s, null, 'tests')", found[int(what * len(found))][0])
        else:
            users = [("user_id", f"{prefix}user_id-{user}") for user in range(5)]
            known = [user for user in users if tenant.profile(*user)]
            pairs = [(a, b) for a in known for b in known if a < b and not tenant.same(a, b)]
            if pairs:
                tenant.prefix = prefix
                tenant.merge(*pairs[int(what * len(pairs))], ref=f"by-hand-{number}", force=True)
    tenant.connection.execute("select set_config('tandem.visible_prefix', %s, false)", [prefix])
    return outcomes, tenant.rows(STATE), tenant.rows(HOMES, prefix), tenant.rows(DEMOTIONS, prefix)


@pytest.fixture(scope="module")
def pair(request):
    """Two tenants, one for each way."""
    made = [_tenant(request, f"hints-{way}-{os.getpid()}", "cdp,crm") for way in ("with", "without")]
    yield made
    for tenant in made:
        tenant.connection.close()


@pytest.mark.parametrize("seed", range(15))
def test_a_history_with_hints_ends_as_without(pair, seed):
    memory = Memory()
    with_hints, without = run(pair[0], seed, memory), run(pair[1], seed, None)
    assert memory.hits > 0
    assert with_hints[0] == without[0]
    assert with_hints[2] == without[2]
    assert with_hints[1] == without[1]
    assert with_hints[3] == without[3]
    assert pair[0].breaches() == pair[1].breaches() == []


def test_hints_of_another_epoch_are_void(tenant):
    u, v = tenant.user("u"), tenant.user("v")
    tenant.track("1", u)
    tenant.track("2", v)
    epoch = tenant.value("select epoch from identity_state")
    message = tenant.message("3", [u])
    arguments = batches.columns([message], tenant.rules) | {"hint": [tenant.owner(v)], "settled": [True], "epoch": epoch - 1}
    assert tenant.rows("select 1") and tenant.connection.execute(CALL, arguments).fetchall()[0][1] == "accepted"
    assert tenant.home("3") == tenant.owner(u)
    without = {"id_msg": [], "id_type": [], "id_value": []}
    with pytest.raises(psycopg.errors.SerializationFailure):
        tenant.connection.execute(CALL, batches.columns([tenant.message("4", [u])], tenant.rules) | without | {
            "hint": [tenant.owner(u)], "settled": [True], "epoch": epoch - 1})


def test_of_messages_with_a_hint_no_identifiers_are_needed(tenant):
    u = tenant.user("u")
    tenant.track("1", u)
    epoch = tenant.value("select epoch from identity_state")
    arguments = batches.columns([tenant.message("2", [u])], tenant.rules) | {
        "id_msg": [], "id_type": [], "id_value": [], "hint": [tenant.owner(u)], "settled": [False], "epoch": epoch}
    assert tenant.connection.execute(CALL, arguments).fetchall()[0][1] == "accepted"
    assert tenant.home("2") == tenant.owner(u)


def test_what_may_end_elsewhere_next_time_is_not_taught(tenant):
    a, u1, u2 = tenant.anonymous("a"), tenant.user("u1"), tenant.user("u2")
    tenant.track("1", u1, a)
    messages = [
        tenant.message("2", [u2, a]),  # its anonymous id is kept out
        tenant.message("3", [tenant.user("new")]),
        tenant.message("4", [tenant.user("stranger"), a], flags=0),
        tenant.message("5", [u1, a]),
    ]
    memory = Memory()
    arguments = batches.columns(messages, tenant.rules) | memory.hints(messages)
    rows = tenant.connection.execute(CALL, arguments).fetchall()
    assert [row[2] for row in rows] == [None, None, None, tenant.owner(u1)]
