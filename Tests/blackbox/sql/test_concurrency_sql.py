"""Eight writers on the same few identifiers: nobody sees a deadlock, nothing is lost, everything derived agrees."""

import random
from concurrent.futures import ThreadPoolExecutor

WRITERS = 8
BATCHES = 25


def test_writers_of_hot_identifiers_converge(tenant):
    tenant.put_rules({"default": {"limit": 1000, "window": "ever"}, "max_merges": 10_000, "max_ids": 10_000})
    users = [tenant.user(f"u{number}") for number in range(6)]
    anonymous = [tenant.anonymous(f"a{number}") for number in range(10)]

    def write(writer):
        chance, own = random.Random(writer), tenant.another()
        own.rules = tenant.rules
        accepted = 0
        for number in range(BATCHES):
            messages = []
            for item in range(chance.randint(1, 12)):
                ids = [chance.choice(users)] if chance.random() < 0.4 else []
                ids += chance.sample(anonymous, 1 if ids else chance.randint(1, 2))
                # One user a profile: who meets another is demoted, and remembered.
                kind = "identify" if chance.random() < 0.5 else "track"
                traits = {"email": f"{writer}@example.test", "n": number} if kind == "identify" else None
                messages.append(own.message(f"w{writer}-{number}-{item}", ids, kind, number * 60 + item, traits=traits))
            accepted += own.send(*messages).count("accepted")
            if writer == 0 and number % 5 == 4:
                for (ref,) in own.rows("select ref from merge where state = 'applied' and ref like %s limit 1", tenant.prefix + "%"):
                    own.value("select undo_merge(null, %s, 'tests')", ref)
        own.connection.close()
        return accepted, own.retries

    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(write, range(WRITERS)))
    stored = tenant.value("select count(*) from event_log where message_id like %s", tenant.prefix + "%")
    assert stored == sum(accepted for accepted, _ in results)
    print('retries', [retries for _, retries in results])
    assert tenant.breaches() == []


def test_one_new_identifier_brought_by_all_writers_has_one_node(tenant):
    connections = [tenant.another() for _ in range(WRITERS)]

    def write(pair):
        number, own = pair
        own.rules = tenant.rules
        own.track(f"first-{number}", tenant.user("new"), tenant.anonymous(f"own-{number}"))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, enumerate(connections)))
    assert tenant.value("select count(*) from identifier where value = %s", tenant.prefix + "new") == 1
    homes = {tenant.home(f"first-{number}") for number in range(WRITERS)}
    assert homes == {tenant.owner(tenant.user("new"))}


def test_messages_that_all_writers_bring_at_once_are_stored_once(tenant):
    """Who comes second waits and finds copies."""
    connections = [tenant.another() for _ in range(WRITERS)]

    def write(pair):
        number, own = pair
        own.rules = tenant.rules
        outcomes = []
        for round_ in range(20):
            common = [own.message(f"same-{round_}-{item}", [tenant.user("u")], ts=item) for item in range(10)]
            random.Random(number * 100 + round_).shuffle(common)
            outcomes += own.send(own.message(f"own-{number}-{round_}", [tenant.user(f"u{number}")]), *common)
        own.connection.close()
        return outcomes

    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(write, enumerate(connections)))
    assert sum(outcomes.count("accepted") for outcomes in results) == 20 * (10 + WRITERS)
    assert tenant.value("select count(*) from event_log where message_id like %s", tenant.prefix + "%") == 20 * (10 + WRITERS)
    assert tenant.breaches() == []


def test_writers_of_the_audit_log_do_not_wait_for_each_other(tenant):
    """A head is locked until its writer has committed, and that waits for the disk."""
    append = "select append_audit('tests', 'thing.write', 'thing', '1', '{}')"
    one, two = tenant.another(), tenant.another()
    with one.connection.transaction():
        one.connection.execute(append)
        with two.connection.transaction():
            two.connection.execute("set local lock_timeout = '2s'")
            two.connection.execute(append)
            two.connection.execute(append)
    with two.connection.transaction():
        two.connection.execute(append)
    assert tenant.rows("select chain, count(*) from audit where object = 'thing' group by 1 order by 1") == [(0, 2), (1, 2)]
    assert tenant.rows("select * from verify_audit()") == []
