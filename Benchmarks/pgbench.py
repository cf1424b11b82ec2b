"""Plain inserts by `pgbench`, the yardstick: what the same PostgreSQL stores at the same durability without Tandem."""

import json
import re
import subprocess
import tempfile

PGBENCH = "/usr/lib/postgresql/15/bin/pgbench"
# As large as an event of the mixes: about 430 bytes.
PAYLOAD = json.dumps(
    {
        "properties": {"price": 250, "currency": "EUR", "sku": "A-100"},
        "context": {
            "library": {"name": "analytics-python", "version": "2.4.0"},
            "page": {"path": "/pricing", "url": "https://acme.example/pricing", "title": "Pricing"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Safari/537.36",
            "ip": "192.0.2.7",
        },
    }
)
TABLE = "create table bench_plain (id uuid primary key, user_id text, received_at timestamptz, payload jsonb)"


class Plain:
    """The table of the yardstick, in schema `schema` of the database at `dsn`."""

    def __init__(self, connection, dsn, schema):
        self.connection = connection
        self.dsn = dsn
        self.schema = schema
        connection.execute(f"drop table if exists {schema}.bench_plain")
        connection.execute(TABLE.replace("bench_plain", f"{schema}.bench_plain"))

    def close(self):
        self.connection.execute(f"drop table if exists {self.schema}.bench_plain")

    def run(self, rows, clients, seconds):
        """Rows a second, at so many rows a transaction."""
        self.connection.execute(f"truncate {self.schema}.bench_plain")
        script = (
            "insert into bench_plain (id, user_id, received_at, payload) "
            "select gen_random_uuid(), 'user-' || (random() * 20000)::int, now(), "
            f"$p${PAYLOAD}$p$::jsonb from generate_series(1, {rows});\n"
        )
        return rows * pgbench(self.dsn, self.schema, clients, ["-T", str(seconds)], script)[0]


def pgbench(dsn, path, clients, length, script):
    """Runs a script: transactions a second without the time to connect, and how many were to be repeated (serialization or
    deadlock) and were not. `length`: pgbench's -T or -t."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        options = f"-c search_path={path.replace(' ', '')} -c plan_cache_mode=force_generic_plan"
        done = subprocess.run(
            [PGBENCH, "-n", "-M", "prepared", "-f", file.name, "-c", str(clients), "-j", "2", *length,
             f"{dsn} options='{options}'"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return (float(re.search(r"tps = ([0-9.]+)", done.stdout).group(1)),
            int(re.search(r"failed transactions: (\d+)", done.stdout).group(1)))
