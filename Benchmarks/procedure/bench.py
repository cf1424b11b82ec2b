"""Measures `ingest_batch` beside plain inserts; see README.md. `make bench` runs the same class beside HTTP."""

import argparse
import json
import pathlib
import sys

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from blackbox import BINARY  # noqa: E402, first: it makes server known
from pgbench import Plain, pgbench  # noqa: E402
from procedure.mixes import COLUMNS, Mix  # noqa: E402
from server import code_schema  # noqa: E402

BATCH = 128
CLIENTS = 2
# What a server that has seen the known people before tells the procedure with their messages, and leaves out.
HINTS = """
update bench_batch b
set (hint, settled) = (
    select array_agg(m.home order by m.msg), array_agg(m.settled order by m.msg)
    from (
        select i.msg, case when i.known then i.home else 0 end as home,
            i.known and coalesce(s.first_at <= b.ts[i.msg] and date_bin('1 minute', b.ts[i.msg], 'epoch') <= s.last_at, false) as settled
        from (
            select i.msg, (array_agg(x.node order by i.place))[1] as home, count(x.node) = count(*) as known
            from unnest(b.id_msg, b.id_type, b.id_value) with ordinality i(msg, type, value, place)
            left join identifier x on x.type = i.type and x.value = i.value
            group by i.msg
        ) i
        left join activity_seen s on s.node = i.home
    ) m
);
update bench_batch b
set (id_msg, id_type, id_value) = (
    select coalesce(array_agg(i.msg order by i.place), '{}'), coalesce(array_agg(i.type order by i.place), '{}'),
        coalesce(array_agg(i.value order by i.place), '{}')
    from unnest(b.id_msg, b.id_type, b.id_value) with ordinality i(msg, type, value, place)
    where b.hint[i.msg] = 0
)
"""


class Procedure:
    """Batches in a table, which two clients of `pgbench` take one after the other and call the procedure with."""

    def __init__(self, connection, dsn, schema):
        self.connection = connection
        self.dsn = dsn
        self.path = f"{schema}, {schema}_i, {code_schema(BINARY)}, pg_temp"
        self.mixes = {name: Mix(name) for name in "abc"}
        self.next = 1
        connection.execute("select set_config('search_path', %s, false)", [self.path])
        self._drop()
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
        connection.execute(f"create table bench_batch (id bigint primary key, {columns}, hint bigint[], settled boolean[])")
        for name, _ in COLUMNS:
            connection.execute(f"alter table bench_batch alter {name} set storage external")
        connection.execute("create sequence bench_next")
        rules, epoch = connection.execute("select reading_version, epoch from identity_state").fetchone()
        arguments = ", ".join(f"b.{name}" for name, _ in COLUMNS)
        self.script = (
            "select count(*) from bench_batch b cross join lateral "
            f"ingest_batch(null::text, {rules}, {arguments}, p_run_end => array[cardinality(b.event_id)], "
            f"p_run_key => array['bench'], p_epoch => {epoch}, p_hint => b.hint, "
            "p_settled => b.settled) r where b.id = (select nextval('bench_next'));\n"
        )

    def _drop(self):
        self.connection.execute("drop table if exists bench_batch; drop sequence if exists bench_next")

    def close(self):
        self._drop()

    def store(self, batches):
        """Puts batches in line."""
        names = ", ".join(name for name, _ in COLUMNS)
        holes = ", ".join(f"%({name})s::text[]::{kind}" for name, kind in COLUMNS)
        rows = []
        for batch in batches:
            rows.append({"id": self.next, **batch})
            self.next += 1
        with self.connection.cursor() as cursor:
            cursor.executemany(f"insert into bench_batch (id, {names}) values (%(id)s, {holes})", rows)

    def make_users(self):
        """The known people of the mixes."""
        first = self.next
        self.store(Mix("a", "known").known_users(BATCH))
        for _ in range(first, self.next):
            self.connection.execute(self.script.rstrip(";\n"))

    def prepare(self, mix, batches):
        """Makes the batches of one run, an even number of them."""
        self.connection.execute("truncate bench_batch")
        self.store(self.mixes[mix].batch(BATCH) for _ in range(batches))
        self.connection.execute(HINTS)
        self.connection.execute("analyze bench_batch")

    def run(self, batches):
        """Stores the prepared batches: events a second, and the batches that PostgreSQL asked to repeat (the server would)."""
        each = ["-t", str(batches // CLIENTS)]
        rate, failed = pgbench(self.dsn, self.path, CLIENTS, each, self.script)
        return BATCH * rate, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--schema", required=True)
    parser.add_argument("--mixes", default="abc")
    parser.add_argument("--batches", type=int, default=600)
    parser.add_argument("--seconds", type=int, default=4, help="of the plain inserts beside each mix")
    options = parser.parse_args()
    connection = psycopg.connect(options.dsn, autocommit=True)
    connection.execute("set plan_cache_mode = force_generic_plan")
    procedure = Procedure(connection, options.dsn, options.schema)
    plain = Plain(connection, options.dsn, options.schema)
    procedure.make_users()
    connection.execute("analyze")
    for mix in options.mixes:
        procedure.prepare(mix, options.batches)
        connection.execute("checkpoint")
        rows = plain.run(100, 4, options.seconds)
        rate, failed = procedure.run(options.batches)
        print(json.dumps({"mix": mix, "events_per_s": round(rate), "l100_rows_per_s": round(rows),
                          "ratio": round(rate / rows, 3), "to_repeat": failed}), flush=True)
    plain.close()
    procedure.close()


if __name__ == "__main__":
    main()
