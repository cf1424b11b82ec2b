"""Accounts, contacts and leads that events make, and what they never do."""

import random

import pytest

from batches import MAY_IDENTIFY, MAY_WRITE_LEADS, PUBLIC

WEB = {"source": 102, "flags": MAY_IDENTIFY | MAY_WRITE_LEADS | PUBLIC}


def group(tenant, name, ids, group_id, ts=0, traits=None, **more):
    """A group call, as the server reads it."""
    group_id = tenant.prefix + group_id
    company = (traits or {}).get("name")
    co = [("group_id", group_id, company or group_id)]
    if company:
        co.append(("company_key", tenant.prefix + company.lower(), company))
    return tenant.message(name, ids, "group", ts, group=group_id, traits=traits, co=co, **more)


def identify(tenant, name, ids, ts=0, email=None, fields=None, company=None, **more):
    """An identify call, as the server reads it. company: (id or None, name or None)."""
    fields = dict(fields or {})
    traits = {"".join(w.title() if n else w for n, w in enumerate(key.split("_"))): value for key, value in fields.items()}
    norm, co = None, []
    if email:
        norm = tenant.prefix + email
        fields["email"] = traits["email"] = norm
        ids = [*ids, ("email", norm)]
    if company:
        gid, label = company
        if gid:
            co.append(("group_id", tenant.prefix + gid, label or tenant.prefix + gid))
        if norm:
            co.append(("domain", tenant.prefix + norm.split("@")[1], label or norm.split("@")[1]))
        if label:
            co.append(("company_key", tenant.prefix + label.lower(), label))
    elif norm:
        co.append(("domain", tenant.prefix + norm.split("@")[1], norm.split("@")[1]))
    return tenant.message(name, ids, "identify", ts, traits=traits or None, email=norm, pf=fields, co=co, **more)


def account(tenant, group_id):
    rows = tenant.rows("select id, name, industry, company_key, version from accounts where group_id = %s", tenant.prefix + group_id)
    return rows[0] if rows else None


def contacts(tenant, identifier):
    """(email, first name, last name, account group ids) of a person's contacts."""
    return [
        (email and email.removeprefix(tenant.prefix), first, last, sorted(one.removeprefix(tenant.prefix) for one in groups))
        for email, first, last, groups in tenant.rows(
            "select c.email, c.first_name, c.last_name, array(select a.group_id from account_contacts x join accounts a "
            "on a.id = x.account_id where x.contact_id = c.id and a.group_id is not null) "
            "from contacts c where c.profile_id = %s order by c.id",
            tenant.profile(*identifier),
        )
    ]


def leads(tenant, identifier):
    return tenant.rows(
        "select email, first_name, last_name, status from leads where profile_id = %s order by id", tenant.profile(*identifier)
    )


def test_a_group_call_makes_the_account_and_the_person_its_contact(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    tenant.send(
        tenant.message("1", [a]),
        identify(tenant, "2", [u, a], 1, "jo@acme", {"first_name": "Jo"}),
        group(tenant, "3", [u], "g", 2, {"name": "Acme", "industry": "Steel"}),
        tenant.message("4", [u], ts=3),
    )
    found = account(tenant, "g")
    assert found[1:3] == ("Acme", "Steel")
    assert contacts(tenant, u) == [("jo@acme", "Jo", None, ["g"])]
    accounts = dict(tenant.rows("select message_id, account_id from event_log where message_id like %s", tenant.prefix + "%"))
    assert [accounts[tenant.prefix + name] for name in "1234"] == [None, None, found[0], found[0]]


def test_an_anonymous_group_only_adds_the_membership(tenant):
    a = tenant.anonymous("a")
    tenant.send(group(tenant, "1", [a], "g", 0, {"name": "Acme"}))
    assert account(tenant, "g") and contacts(tenant, a) == []
    tenant.send(identify(tenant, "2", [tenant.user("u"), a], 1, fields={"first_name": "Jo"}))
    assert contacts(tenant, a) == [(None, "Jo", None, ["g"])]


def test_a_source_that_may_not_create_keeps_the_group_until_its_account_comes(tenant):
    u = tenant.user("u")
    tenant.send(group(tenant, "1", [u], "g", 0, {"name": "Acme"}, **WEB))
    assert account(tenant, "g") is None
    assert [one["group_id"] for one in tenant.show(u)["accounts"]] == [tenant.prefix + "g"]
    tenant.send(tenant.message("2", [u]))
    tenant.send(group(tenant, "3", [tenant.user("v")], "g", 1, {"name": "Acme"}))
    tenant.send(tenant.message("4", [u]))
    made = account(tenant, "g")[0]
    accounts = dict(tenant.rows("select message_id, account_id from event_log where message_id like %s", tenant.prefix + "%"))
    assert [accounts[tenant.prefix + name] for name in "1234"] == [None, None, made, made]


def test_an_account_found_by_domain_takes_the_group_id_once(tenant):
    tenant.rows(
        "select * from write_records('account', 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array("
        "jsonb_build_object('op', 'create', 'data', jsonb_build_object('name', 'Acme', 'domain', %s::text))))",
        tenant.prefix + "acme",
    )
    u, v = tenant.user("u"), tenant.user("v")
    tenant.send(identify(tenant, "1", [u], 0, "jo@acme", company=(None, None)))
    assert contacts(tenant, u) == [("jo@acme", None, None, [])]
    tenant.send(identify(tenant, "2", [u], 1, "jo@acme", company=("g1", None)))
    assert account(tenant, "g1")[1] == "Acme"
    tenant.send(identify(tenant, "3", [v], 2, "al@acme", company=("g2", "Other")))
    assert account(tenant, "g2")[1] == "Other" and account(tenant, "g1")[1] == "Acme"


def test_a_public_source_makes_one_lead_and_never_touches_a_contact(tenant):
    a, u = tenant.anonymous("a"), tenant.user("u")
    tenant.send(
        identify(tenant, "1", [a], 0, "x@mail", {"first_name": "Jo"}, **WEB),
        identify(tenant, "2", [a], 1, "x@mail", {"first_name": "Other", "last_name": "Doe"}, **WEB),
    )
    assert leads(tenant, a) == [(tenant.prefix + "x@mail", "Jo", "Doe", "new")]
    tenant.send(identify(tenant, "3", [u], 2, "jo@acme", {"first_name": "Jo"}), group(tenant, "4", [u], "g", 3, {"name": "Acme"}))
    before = tenant.rows("select * from contacts where profile_id = %s", tenant.profile(*u))
    tenant.send(identify(tenant, "5", [u], 4, fields={"first_name": "Evil", "title": "CEO"}, **WEB))
    assert tenant.rows("select * from contacts where profile_id = %s", tenant.profile(*u)) == before
    assert leads(tenant, u) == []


def test_contacts_of_two_accounts_are_not_joined_by_an_event(tenant):
    u, e, a, b = tenant.user("u"), tenant.email("e"), tenant.anonymous("a"), tenant.anonymous("b")
    tenant.send(identify(tenant, "1", [u, a], 0), group(tenant, "2", [u], "g1", 1, {"name": "One"}))
    tenant.send(identify(tenant, "3", [e, b], 2), group(tenant, "4", [e], "g2", 3, {"name": "Two"}))
    assert contacts(tenant, u)[0][3] == ["g1"] and contacts(tenant, e)[0][3] == ["g2"]
    tenant.track("5", u, e)
    tenant.track("6", u, e)
    assert tenant.apart(u, e) and tenant.demotions("5") == [("email", "e@example.test", "review")]
    rows = tenant.rows("select id, ref, refs, reason from review where ref like %s", tenant.prefix + "%")
    assert [row[1:] for row in rows] == [(tenant.prefix + "5", [tenant.prefix + "5", tenant.prefix + "6"], "accounts")]
    decided = tenant.value("select decide_review(%s, true, 'tests')", rows[0][0])
    assert decided["state"] == "approved" and decided["merge"]["ref"] == "review:" + tenant.prefix + "5"
    assert tenant.same(u, e)
    tenant.value("select undo_merge(null, %s, 'tests')", "review:" + tenant.prefix + "5")
    assert tenant.apart(u, e) and contacts(tenant, e)[0][3] == ["g2"]


def test_contacts_of_one_person_are_suggested_as_duplicates(tenant):
    u, e = tenant.user("u"), tenant.email("e")
    tenant.send(identify(tenant, "1", [u], 0), group(tenant, "2", [u], "g", 1, {"name": "One"}))
    tenant.send(identify(tenant, "3", [e], 2), group(tenant, "4", [e], "g", 3))
    tenant.track("5", u, e)
    assert tenant.same(u, e) and len(contacts(tenant, u)) == 2
    (pair,) = tenant.rows(
        "select array[s.a, s.b] from duplicate_suggestion s join contacts c on c.id = s.a where c.profile_id = %s", tenant.profile(*u)
    )
    found = [row[0] for row in tenant.rows("select id from contacts where profile_id = %s order by id", tenant.profile(*u))]
    assert pair[0] == found


def test_a_rejected_review_separates(tenant):
    u, e = tenant.user("u"), tenant.email("e")
    tenant.send(identify(tenant, "1", [u], 0), group(tenant, "2", [u], "g1", 1, {"name": "One"}))
    tenant.send(identify(tenant, "3", [e], 2), group(tenant, "4", [e], "g2", 3, {"name": "Two"}))
    assert tenant.merge(u, e, "hand")["state"] == "review" and tenant.apart(u, e)
    (review,) = tenant.rows("select id from review where ref = %s", tenant.prefix + "hand")
    tenant.value("select decide_review(%s, false, 'tests')", review[0])
    tenant.track("5", u, e)
    assert tenant.demotions("5") == [("email", "e@example.test", "separated")]
    assert tenant.merge(u, e, "forced", force=True)["state"] == "applied" and tenant.same(u, e)


def test_an_undo_gives_each_side_its_contact(tenant):
    u, a = tenant.user("u"), tenant.anonymous("a")
    tenant.send(identify(tenant, "1", [u], 0, "jo@acme", {"first_name": "Jo"}), group(tenant, "2", [u], "g", 1, {"name": "Acme"}))
    tenant.send(tenant.message("3", [a]))
    tenant.merge(u, a, "m")
    tenant.send(identify(tenant, "4", [a], 2, "al@acme", {"first_name": "Al"}), group(tenant, "5", [a], "g", 3))
    assert len(contacts(tenant, u)) == 1
    tenant.undo("m")
    assert contacts(tenant, u) == [("jo@acme", "Jo", None, ["g"])]
    assert contacts(tenant, a) == [("al@acme", "Al", None, ["g"])]


def history(tenant, seed, count=40):
    """Messages of few people, groups and addresses, trusted and public."""
    chance = random.Random(seed)
    out = []
    for number in range(count):
        name, ts = f"m{number:03d}", chance.randrange(1000)
        ids = chance.choice(
            [[tenant.user(f"u{chance.randrange(4)}")], [tenant.anonymous(f"a{chance.randrange(4)}")],
             [tenant.user(f"u{chance.randrange(4)}"), tenant.anonymous(f"a{chance.randrange(4)}")]]
        )
        more = WEB if chance.random() < 0.3 else {}
        roll = chance.random()
        if roll < 0.3:
            traits = {"name": chance.choice(["Acme", "Beta"]), "industry": chance.choice(["Steel", "Wood"])}
            out.append(group(tenant, name, ids, f"g{chance.randrange(3)}", ts, chance.choice([None, traits]), **more))
        elif roll < 0.7:
            out.append(identify(
                tenant, name, ids, ts, chance.choice([None, f"p{chance.randrange(4)}@d{chance.randrange(2)}"]),
                {"first_name": chance.choice(["Jo", "Al", "Mo"])},
                chance.choice([None, None, (f"g{chance.randrange(3)}", None), (None, "Gamma")]), **more,
            ))
        else:
            out.append(tenant.message(name, ids, ts=ts, **more))
    return out


def crm_state(tenant):
    """What a batch must leave as its messages do one by one, without ids."""
    like = tenant.prefix + "%"
    queries = (
        "select coalesce(group_id, ''), name, company_key, domain, industry from accounts where group_id like %s or company_key like %s",
        "select i.value, c.email, c.first_name, c.last_name, array(select coalesce(a.group_id, a.name) from account_contacts x "
        "join accounts a on a.id = x.account_id where x.contact_id = c.id order by 1) "
        "from contacts c join contact_node l on l.contact_id = c.id join identifier i on i.node = l.node "
        "where i.value like %s or i.value like %s",
        "select email, first_name, last_name, status from leads where email like %s or email like %s",
        "select e.message_id, coalesce(a.group_id, a.name) from event_log e left join accounts a on a.id = e.account_id "
        "where e.message_id like %s or e.message_id like %s",
    )
    return [sorted(map(repr, tenant.rows(query, like, like))) for query in queries]


@pytest.mark.parametrize("seed", range(12))
def test_a_batch_with_companies_equals_its_messages_one_by_one(tenant, seed):
    prefix = tenant.prefix
    states = []
    for variant in ("x", "y"):
        tenant.prefix = prefix + variant
        messages = history(tenant, seed)
        if variant == "x":
            for message in messages:
                tenant.send(message)
        else:
            chance, start = random.Random(seed), 0
            while start < len(messages):
                size = chance.randint(1, 15)
                tenant.send(*messages[start : start + size])
                start += size
        states.append([[row.replace(tenant.prefix, "") for row in part] for part in crm_state(tenant)])
    for one, other in zip(*states):
        assert one == other
    assert tenant.breaches() == []
