"""Measures `ingest_batch` against plain inserts; see README.md."""

import argparse
import json
import re
import subprocess
import tempfile

import psycopg

from mixes import COLUMNS, Mix

BATCH = 128
BATCHES = {"a": 4500, "b": 3000, "c": 2200}
PLAIN = """insert into bench_plain (id, user_id, received_at, payload)
select gen_random_uuid(), 'user-' || (random() * 20000)::int, now(), {payload} from generate_series(1, 100);
"""


def pgbench(dsn, path, clients, seconds, script, pgbench_path):
    """Transactions a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [pgbench_path, "-n", "-M", "prepared", "-f", file.name, "-c", str(clients), "-j", "2", "-T", str(seconds)]
        options = f"-c search_path={path.replace(' ', '')} -c plan_cache_mode=force_generic_plan"
        done = subprocess.run(
            [*command, f"{dsn} options='{options}'"], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return float(re.search(r"tps = ([0-9.]+)", done.stdout).group(1))


def store(connection, batches):
    """Writes batches as rows of typed arrays."""
    names = ", ".join(name for name, _ in COLUMNS)
    holes = ", ".join(f"%({name})s::text[]::{kind}" for name, kind in COLUMNS)
    with connection.cursor() as cursor:
        cursor.executemany(f"insert into bench_batch ({names}) values ({holes})", batches)


def call(connection):
    """The call as a statement of pgbench."""
    rules = connection.execute("select rules_version from identity_state").fetchone()[0]
    arguments = ", ".join(f"b.{name}" for name, _ in COLUMNS)
    return (
        "select count(*) from bench_batch b cross join lateral "
        f"ingest_batch({rules}, {arguments}) r where b.id = (select nextval('bench_next'));\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--schema", required=True)
    parser.add_argument("--mixes", default="abc")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--pgbench", default="/usr/lib/postgresql/15/bin/pgbench")
    parser.add_argument("--keep", action="store_true", help="leave the tables behind")
    options = parser.parse_args()
    path = f"{options.schema}, {options.schema}_i, tandem_code, pg_temp"
    connection = psycopg.connect(options.dsn, autocommit=True)
    connection.execute("select set_config('search_path', %s, false)", [path])
    connection.execute("set plan_cache_mode = force_generic_plan")
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
    connection.execute("drop table if exists bench_batch, bench_plain; drop sequence if exists bench_next")
    connection.execute(f"create table bench_batch (id bigint generated always as identity primary key, {columns})")
    for name, _ in COLUMNS:
        connection.execute(f"alter table bench_batch alter {name} set storage external")
    connection.execute("create sequence bench_next")
    connection.execute("create table bench_plain (id uuid primary key, user_id text, received_at timestamptz, payload jsonb)")

    script = call(connection)
    store(connection, list(Mix("a", "known").known_users(BATCH)))
    known = connection.execute("select count(*) from bench_batch").fetchone()[0]
    for _ in range(known):
        connection.execute(script.rstrip(";\n"))
    connection.execute("analyze")

    payload = Mix("a", "plain").batch(1)["payload"][0]
    results = {}
    for mix in options.mixes:
        connection.execute("delete from bench_batch")
        first = connection.execute("select last_value from bench_next").fetchone()[0]
        connection.execute(f"alter table bench_batch alter id restart with {first + 1}")
        made = Mix(mix)
        store(connection, [made.batch(BATCH) for _ in range(BATCHES[mix])])
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
        before = connection.execute("select count(*) from event_log").fetchone()[0]
        pgbench(options.dsn, path, 2, options.seconds, script, options.pgbench)
        events = connection.execute("select count(*) from event_log").fetchone()[0] - before
        plain = PLAIN.format(payload=f"$p${payload}$p$::jsonb")
        rows = 100 * pgbench(options.dsn, path, 4, options.seconds, plain, options.pgbench)
        rate = events / options.seconds
        results[mix] = {"events_per_s": round(rate), "l100_rows_per_s": round(rows), "ratio": round(rate / rows, 3)}
        print(json.dumps({"mix": mix, **results[mix]}), flush=True)
    if not options.keep:
        connection.execute("drop table bench_batch, bench_plain; drop sequence bench_next")


if __name__ == "__main__":
    main()
