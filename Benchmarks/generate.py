"""People and their events written straight into a tenant's tables by COPY: what ingest would have left, in minutes instead of
hours. `Tests/blackbox/test_generated.py` holds that `check_identity` finds nothing wrong with it."""

from datetime import datetime, timedelta, timezone

from pgbench import PAYLOAD
from server import code_schema

# How far the owner of the k-th event is from that of the one before: a prime, so that each person has as many events, spread
# over the whole time. No multiple of it may be a number of people.
STRIDE = 7919
CONTEXT = "set_config('search_path', %s, false)"


class Generator:
    """Writes people user-0, user-1 … (anon-0, anon-1 …), whom the load generator speaks of, into one tenant."""

    def __init__(self, server, tenant, days=30):
        self.server = server
        self.tenant = tenant
        self.connection = server.connect()
        self.use(self.connection)
        self.end = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(minutes=5)
        self.start = self.end - timedelta(days=days)
        self.made = 0
        self._make_months()

    def use(self, connection):
        """Names of the tenant's tables and procedures, without their schema."""
        schema = self.tenant.schema
        connection.execute(f"select {CONTEXT}", [f"{schema}, {schema}_i, {code_schema(self.server.binary)}, pg_temp"])

    def close(self):
        self.connection.close()

    def _make_months(self):
        """The partitions that the service would have made as time went by."""
        months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
        self.connection.execute(f"set role {self.tenant.schema}_owner")
        for month in range(months):
            self.connection.execute("select ensure_event_partitions(%s, 1)", [self.start + timedelta(days=30 * month)])
        self.connection.execute("reset role")

    def _block(self, sequence, count):
        """The first of `count` numbers of a sequence that are nobody else's."""
        first = self.connection.execute("select nextval(%s)", [sequence]).fetchone()[0]
        self.connection.execute("select setval(%s, %s)", [sequence, first + count - 1])
        return first

    def people(self, first, count):
        """user-`first` and those after it; the first one's node."""
        node = self._block(f"{self.tenant.internals}.node_id_seq", count)
        label = self._block(f"{self.tenant.internals}.component_label", count)
        values = {"node": node, "label": label, "first": first, "last": count - 1, "at": self.start}
        self.connection.execute(
            "insert into node (id, public_id, component, created_at)"
            " select %(node)s + i, uuidv7(), %(label)s + i, %(at)s from generate_series(0, %(last)s) i", values)
        self.connection.execute(
            "insert into component (label, profile_id, public_node, identifiers)"
            " select component, public_id, id, 2 from node where id between %(node)s and %(node)s + %(last)s", values)
        self.connection.execute(
            "insert into identifier (type, value, node, attached_at, source)"
            " select t.type, t.prefix || (%(first)s + i), %(node)s + i, %(at)s, 1 from generate_series(0, %(last)s) i"
            " cross join (values ('user_id', 'user-'), ('anonymous_id', 'anon-')) t(type, prefix)", values)
        return node

    def events(self, node, count, each, kind="track"):
        """`each` events of each of `count` nodes, in order of time, evenly over the whole stretch."""
        if count % STRIDE == 0:
            raise ValueError(f"{count} is a multiple of {STRIDE}")
        total, name = count * each, "" if kind == "group" else "Pricing Viewed"
        seconds = (self.end - self.start).total_seconds()
        source = f"""
            copy (
                select {node} + k * {STRIDE} % {count}, t.ts, t.ts, md5(m.id)::uuid, m.id, '{kind}', nullif('{name}', ''),
                    1::int2, $p${PAYLOAD}$p$::jsonb
                from generate_series(0::bigint, {total - 1}) k
                cross join lateral (
                    select timestamptz '{self.start.isoformat()}' + k * {seconds / total!r} * interval '1 second' as ts
                ) t
                cross join lateral (select 'generated-' || ({self.made} + k) as id) m
            ) to stdout (format binary)"""
        target = """
            copy event_log (node, ts, received_at, event_id, message_id, type, name, source, payload)
            from stdin (format binary)"""
        with self.server.connect() as reader, reader.cursor().copy(source) as rows, \
                self.connection.cursor().copy(target) as into:
            for row in rows:
                into.write(row)
        self.made += total

    def join(self, node, count, group, size):
        """Each of `count` nodes joins a group of `size`: group-`group` and those after it."""
        self.connection.execute(
            "insert into membership (node, group_id, at, message_id, source)"
            " select n, 'group-' || (%s + (n - %s) / %s), %s, 'joined-' || n, 1 from generate_series(%s::bigint, %s) n",
            [group, node, size, self.start, node, node + count - 1])

    def settle(self):
        """What is derived of the events: who was seen when, rows of profiles, which messages are known."""
        self.connection.execute(
            "insert into activity_seen (node, first_at, last_at)"
            " select node, min(ts), date_bin('1 minute', max(ts), 'epoch') from event_log"
            " where message_id like 'generated-%' group by node on conflict do nothing")
        self.connection.execute(
            "insert into profiles (profile_id, user_id, first_seen_at, last_seen_at)"
            " select n.public_id, i.value, a.first_at, greatest(a.first_at, a.last_at)"
            " from node n join identifier i on i.node = n.id and i.type = 'user_id'"
            " left join activity_seen a on a.node = n.id on conflict do nothing")
        generation = self.connection.execute("select generation from dedupe_state").fetchone()[0]
        self.connection.execute(
            f"insert into dedupe_{generation} select event_id from event_log"
            " where received_at > now() - interval '7 days' and message_id like 'generated-%' on conflict do nothing")

    def vacuum(self):
        """Of all tables of the tenant, with their statistics."""
        tables = self.connection.execute(
            "select format('%%I.%%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname in (%s, %s) and c.relkind in ('r', 'p') and not c.relispartition",
            [self.tenant.schema, self.tenant.internals]).fetchall()
        self.connection.execute("vacuum (analyze) " + ", ".join(name for name, in tables))
