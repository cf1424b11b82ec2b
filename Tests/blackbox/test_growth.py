"""What a batch reads does not grow with what the tenant has: no statement of the hot path, planned while its tables were
empty, reads one of them as a whole."""

from __future__ import annotations

import time

import pytest

import load
from server import Server, Tenant

# What runs beside it makes batches small, and plans are made anew by their number.
pytestmark = pytest.mark.alone

ROUNDS = 3
WRITES = {"mixed": "merge", "group": "contacts"}
READS = """
select relname, idx_tup_fetch + seq_tup_read from pg_stat_user_tables
where schemaname in (%s, %s) and idx_tup_fetch is not null
"""


def reads(server: Server, tenant: Tenant) -> dict[str, int]:
    time.sleep(1.5)  # the sessions report what they have read about once a second
    return dict(server.sql(READS, [tenant.schema, tenant.internals]))


@pytest.mark.parametrize("mix", ["mixed", "group"])
def test_what_an_event_reads_stays_the_same_while_its_tenant_grows(own_tandem: Server, mix: str) -> None:
    tenant = own_tandem.tenant("grows")
    # As autovacuum does soon after a tenant was made: from here on the planner knows that nothing is there.
    own_tandem.sql("analyze")
    load.make_users(tenant, 500)
    flags = dict(mix=mix, users=500, connections=8, batch=20, seconds=2)
    load.run(tenant, prefix="warm", **flags)
    # Else the server finds the frequent traits itself, some time during the rounds, and fills their columns from all there is.
    own_tandem.cli("bi", "promote", "--tenant", tenant.slug)
    rounds = []
    for number in range(ROUNDS):
        before = reads(own_tandem, tenant)
        events = load.run(tenant, prefix=f"round{number}", **flags)["accepted"]
        after = reads(own_tandem, tenant)
        rounds.append({name: (after[name] - before.get(name, 0)) / events for name in after})
    made = own_tandem.sql(f"select count(*) from {WRITES[mix]}", schema=tenant.schema)[0][0]
    assert made > 50, "too few to show anything"
    grown = {
        name: [round(each.get(name, 0), 2) for each in rounds]
        for name, most in rounds[-1].items()
        # Unless it is next to nothing: three times as much as at first, when some persons have no rows yet, or more rows than an
        # event has any business with.
        if most > 0.5 and (most > 3 * max(rounds[0].get(name, 0), 2) or most > 40)
    }
    assert not grown, grown
