"""BI tools as a company uses them, unmodified, at the demo tenant: dbt, JDBC, ODBC and Apache Superset, over TLS with a password (SCRAM).
What they find is compared with what the database itself says. `make show-operations-bi` installs them."""

from __future__ import annotations

import json
import os
import pathlib
import re
import secrets
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import requests
import yaml

from server import ROOT, Server, wait_until

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

PROJECT = ROOT / "docs/bi/dbt"
JDBC_DRIVER = "/usr/share/java/postgresql.jar"
Figures = Callable[[str, Any], None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def demo() -> Iterator[Server]:
    server = Server()
    try:
        server.start("--bi-listen", f"0.0.0.0:{free_port()}")
        server.cli("demo", "load", json=False, timeout_s=900)
        yield server
    finally:
        server.close()


class Login:
    """A BI login of the demo, as the environment that the tools read."""

    def __init__(self, server: Server, name: str, *flags: str):
        self.made = server.cli("bi", "user", "create", "demo", name, *flags)
        dsn = psycopg.conninfo.conninfo_to_dict(self.made["dsn"])
        assert dsn["sslmode"] == "require"
        self.host, self.port, self.schema = str(dsn["host"]), str(dsn["port"]), self.made["schema"]
        self.environment = {
            **os.environ, "TANDEM_BI_HOST": self.host, "TANDEM_BI_PORT": self.port, "TANDEM_BI_LOGIN": self.made["login"],
            "TANDEM_BI_PASSWORD": self.made["password"], "TANDEM_BI_SCHEMA": self.schema, "TANDEM_BI_SSLMODE": "require",
        }

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.made["dsn"]) as connection:
            assert connection.pgconn.ssl_in_use
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def analyst(demo: Server) -> Login:
    return Login(demo, "analyst")


@pytest.fixture(scope="module")
def modeller(demo: Server) -> Login:
    return Login(demo, "modeller", "--models")


# What PostgreSQL's catalog says, which the drivers are to find.
RELATIONS = """select c.relname, case c.relkind when 'v' then 'VIEW' else 'TABLE' end from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v')"""
PRIMARY = """select c.conrelid::regclass::text, a.attname from pg_constraint c cross join unnest(c.conkey) k join pg_attribute a
on a.attrelid = c.conrelid and a.attnum = k where c.contype = 'p' and c.connamespace = current_schema()::regnamespace"""
FOREIGN = """select c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text from pg_constraint c cross join unnest(c.conkey) k
join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k where c.contype = 'f' and c.connamespace = current_schema()::regnamespace"""


def note_keys(figures: Figures, tool: str, relations: set[Any], primary: set[Any], foreign: set[Any], seconds: float) -> None:
    kinds = Counter(kind for _, kind in relations)
    figures(tool, {
        "tables": kinds["TABLE"], "views": kinds["VIEW"], "columns of primary keys": len(primary),
        "columns of foreign keys": len(foreign),
        "seconds": round(seconds, 1)})


def dbt(login: Login, target: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / ".venv-dbt/bin/dbt"), "--no-use-colors", *arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
         "--target-path", str(target / "target"), "--log-path", str(target / "logs")],
        env=login.environment, text=True, capture_output=True, timeout=1200)


def test_dbt_builds_its_models_and_their_tests_hold(modeller: Login, analyst: Login, tmp_path: pathlib.Path, figures: Figures) -> None:
    begin = time.monotonic()
    built = dbt(modeller, tmp_path, "build")
    assert built.returncode == 0, built.stdout + built.stderr
    done = re.search(r"Done\. PASS=(\d+) WARN=(\d+) ERROR=(\d+) SKIP=(\d+)", built.stdout)
    assert done and done.groups()[1:] == ("0", "0", "0"), built.stdout
    results = json.loads((tmp_path / "target/run_results.json").read_text())
    kinds = Counter(each["unique_id"].split(".")[0] for each in results["results"])
    assert kinds["model"] >= 9 and kinds["test"] >= 60
    figures("dbt build", {
        "version": results["metadata"]["dbt_version"], "models": kinds["model"], "tests": kinds["test"], "passed": int(done[1]),
        "failed": int(done[3]), "seconds": round(time.monotonic() - begin, 1)})
    # The tenant's other logins read the models, which are live views, and say what plain SQL over the tables says.
    models = analyst.made["schema"] + "_m"
    kinds_of = {row[0] for row in analyst.rows(f"select distinct relkind from pg_class where relnamespace = '{models}'::regnamespace")}
    assert kinds_of == {"v"}
    won = analyst.rows("select count(*), sum(amount) from opportunities where status = 'won'")[0]
    assert analyst.rows(f"select sum(won_deals), sum(won_amount) from {models}.account_overview")[0] == won
    assert abs(analyst.rows(f"select sum(equal_shares) from {models}.campaign_won_value")[0][0] - won[1]) < Decimal("0.1")
    assert analyst.rows(f"select sum(leads) from {models}.lead_funnel_monthly") == analyst.rows("select count(*) from leads")
    for campaign, deals, first in analyst.rows(f"select campaign, deals, first_touch from {models}.campaign_won_value order by 3 desc"):
        figures(f"won value by campaign: {campaign}", {"deals": deals, "first touch": int(first)})
    # Once more over what is there.
    again = dbt(modeller, tmp_path, "run")
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_failing_test_of_dbt_fails(modeller: Login, tmp_path: pathlib.Path) -> None:
    """What keeps the test above honest: with another currency nothing was won, and the deals of the overview are not there."""
    wrong = dbt(modeller, tmp_path, "test", "--select", "accepted_values_lead_funnel_reached__lead__opportunity__won")
    assert wrong.returncode == 0, wrong.stdout
    models = modeller.schema + "_m"
    with psycopg.connect(modeller.made["dsn"], autocommit=True) as connection:
        connection.execute(f"create or replace view {models}.lead_funnel_monthly as select month, leads + 1 as leads, opportunities, won, "
                           f"won_share, won_amount from (select date_trunc('month', lead_at)::date as month, count(*) as leads, "
                           f"0::bigint as opportunities, 0::bigint as won, 0::numeric as won_share, 0::numeric as won_amount "
                           f"from {models}.lead_funnel group by 1) x")
    failed = dbt(modeller, tmp_path, "test", "--select", "every_lead_is_in_the_funnel")
    assert failed.returncode == 1 and "ERROR=1" in failed.stdout, failed.stdout


def test_dbt_names_the_keys_of_every_view(analyst: Login) -> None:
    """PostgreSQL keeps no keys of views: the project's sources say them."""
    sources = yaml.safe_load((PROJECT / "models/staging/sources.yml").read_text())["sources"][0]["tables"]
    named = {table["name"] for table in sources if table.get("columns")}
    views = {name for name, kind in analyst.rows(RELATIONS) if kind == "VIEW"}
    assert views <= named, sorted(views - named)


def test_jdbc_lists_tables_and_keys(analyst: Login, figures: Figures) -> None:
    begin = time.monotonic()
    run = subprocess.run(
        ["java", "-cp", JDBC_DRIVER, str(ROOT / "Tests/blackbox/bi/Keys.java")], text=True, capture_output=True, timeout=600,
        env={**analyst.environment, "TANDEM_BI_JDBC": f"jdbc:postgresql://{analyst.host}:{analyst.port}/tandem"})
    assert run.returncode == 0, run.stderr
    lines = [line.split("\t") for line in run.stdout.splitlines()]
    relations = {(line[2], line[1]) for line in lines if line[0] == "relation"}
    primary = {(line[1], line[2]) for line in lines if line[0] == "primary"}
    foreign = {(line[1], line[2], line[3]) for line in lines if line[0] == "foreign"}
    assert relations == set(analyst.rows(RELATIONS))
    assert primary == set(analyst.rows(PRIMARY)) and foreign == set(analyst.rows(FOREIGN))
    assert ("opportunities", "account_id", "accounts") in foreign
    # Comments come with them, of every relation and column.
    assert all(line[3] not in ("", "null") for line in lines if line[0] in ("relation", "column"))
    counted = {line[1]: int(line[2]) for line in lines if line[0] == "rows"}
    assert counted["opportunities"] == analyst.rows("select count(*) from opportunities")[0][0] > 8000
    driver = next(line for line in lines if line[0] == "driver")
    note_keys(figures, f"{driver[1]} {driver[2]}", relations, primary, foreign, time.monotonic() - begin)


ODBC = """
import json, os, sys, pyodbc
e = os.environ
connection = pyodbc.connect(
    f"Driver=PostgreSQL Unicode;Server={e['TANDEM_BI_HOST']};Port={e['TANDEM_BI_PORT']};Database=tandem;Uid={e['TANDEM_BI_LOGIN']};"
    f"Pwd={e['TANDEM_BI_PASSWORD']};SSLmode=require", autocommit=True)
cursor, schema = connection.cursor(), e["TANDEM_BI_SCHEMA"]
relations = [(row.table_name, row.table_type) for row in cursor.tables(schema=schema)]
names = [name for name, _ in relations]
json.dump({
    "driver": connection.getinfo(pyodbc.SQL_DRIVER_NAME) + " " + connection.getinfo(pyodbc.SQL_DRIVER_VER),
    "relations": relations,
    "primary": [(name, row.column_name) for name in names for row in cursor.primaryKeys(name, schema=schema)],
    "foreign": [(row.fktable_name, row.fkcolumn_name, row.pktable_name)
                for name in names for row in cursor.foreignKeys(foreignTable=name, foreignSchema=schema)],
    "opportunities": cursor.execute("select count(*) from opportunities").fetchone()[0],
}, sys.stdout)
"""


def test_odbc_lists_tables_and_keys(analyst: Login, figures: Figures) -> None:
    begin = time.monotonic()
    run = subprocess.run(
        [str(ROOT / ".venv-dbt/bin/python"), "-c", ODBC], env=analyst.environment, text=True, capture_output=True, timeout=600)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    relations, primary, foreign = ({tuple(row) for row in found[name]} for name in ("relations", "primary", "foreign"))
    assert relations == set(analyst.rows(RELATIONS))
    assert primary == set(analyst.rows(PRIMARY)) and foreign == set(analyst.rows(FOREIGN))
    assert found["opportunities"] == analyst.rows("select count(*) from opportunities")[0][0]
    note_keys(figures, found["driver"], relations, primary, foreign, time.monotonic() - begin)


class Superset:
    """Apache Superset with a store of its own; what is asked of it goes over its REST API."""

    def __init__(self, folder: pathlib.Path):
        self.base = f"http://127.0.0.1:{free_port()}"
        self.programs = ROOT / ".venv-superset/bin"
        (folder / "superset_config.py").write_text(
            "import os\nSECRET_KEY = os.environ['SUPERSET_SECRET']\n"
            f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{folder}/superset.db'\nTALISMAN_ENABLED = False\n")
        self.environment = {
            **os.environ, "SUPERSET_SECRET": secrets.token_urlsafe(32), "SUPERSET_HOME": str(folder), "FLASK_APP": "superset",
            "SUPERSET_CONFIG_PATH": str(folder / "superset_config.py")}
        self.password = secrets.token_urlsafe(16)
        self.log = (folder / "superset.log").open("wb")
        self.session = requests.Session()

    def __enter__(self) -> "Superset":
        user = ["--username", "admin", "--firstname", "Ad", "--lastname", "Min", "--email", "admin@bi.example", "--password", self.password]
        for command in (["superset", "db", "upgrade"], ["superset", "fab", "create-admin", *user], ["superset", "init"]):
            subprocess.run([str(self.programs / command[0]), *command[1:]], env=self.environment, check=True, stdout=self.log,
                           stderr=subprocess.STDOUT, timeout=600)
        port = self.base.rsplit(":", 1)[1]
        self.process = subprocess.Popen(
            [str(self.programs / "flask"), "run", "-p", port], env=self.environment, stdout=self.log, stderr=subprocess.STDOUT)
        wait_until(self.is_up, 300, every_s=0.5)
        answer = self.call("POST", "security/login", {
            "username": "admin", "password": self.password, "provider": "db", "refresh": True})
        self.session.headers["Authorization"] = "Bearer " + answer["access_token"]
        self.session.headers.update({"X-CSRFToken": self.call("GET", "security/csrf_token/")["result"], "Referer": self.base})
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def is_up(self) -> bool:
        assert self.process.poll() is None, "Superset ended"
        try:
            return requests.get(self.base + "/health", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, f"{self.base}/api/v1/{path}", json=body, timeout=300)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json()

    def chart(self, dataset: int, name: str, columns: list[str], measures: dict[str, str]) -> list[dict[str, Any]]:
        """Makes a table chart, and what it shows, asked by the chart's id."""
        metrics = [{"expressionType": "SQL", "sqlExpression": words, "label": label} for label, words in measures.items()]
        query = {"columns": columns, "metrics": metrics, "orderby": [[column, True] for column in columns], "row_limit": 1000}
        made = self.call("POST", "chart/", {
            "slice_name": name, "viz_type": "table", "datasource_id": dataset, "datasource_type": "table",
            "params": json.dumps({"viz_type": "table", "query_mode": "aggregate", "groupby": columns, "metrics": metrics}),
            "query_context": json.dumps({
                "datasource": {"id": dataset, "type": "table"}, "force": True, "result_format": "json", "result_type": "full",
                "queries": [query]})})
        return self.call("GET", f"chart/{made['id']}/data/?force=true")["result"][0]["data"]


def test_superset_shows_a_chart(analyst: Login, modeller: Login, tmp_path: pathlib.Path, figures: Figures) -> None:
    begin = time.monotonic()
    with Superset(tmp_path) as superset:
        where = f"{analyst.host}:{analyst.port}/tandem?sslmode=require"
        uri = f"postgresql+psycopg2://{analyst.made['login']}:{analyst.made['password']}@{where}"
        superset.call("POST", "database/test_connection/", {"database_name": "Tandem", "sqlalchemy_uri": uri})
        database = superset.call("POST", "database/", {"database_name": "Tandem", "sqlalchemy_uri": uri})["id"]
        listed = superset.call("GET", f"database/{database}/tables/?q=(schema_name:{analyst.schema})")["result"]
        relations = {(each["value"], each["type"].upper()) for each in listed}
        assert relations == set(analyst.rows(RELATIONS))
        foreign = set()
        for name, kind in relations:
            if kind == "TABLE":
                about = superset.call("GET", f"database/{database}/table_metadata/?name={name}&schema={analyst.schema}")
                foreign |= {(name, column, key["referred_table"]) for key in about["foreignKeys"] for column in key["column_names"]}
        assert foreign == set(analyst.rows(FOREIGN))
        dataset = superset.call("POST", "dataset/", {
            "database": database, "schema": analyst.schema, "table_name": "opportunities"})["id"]
        shown = superset.chart(dataset, "Deals by status", ["status"], {"deals": "count(*)", "amount": "sum(amount)"})
        plain = analyst.rows("select status, count(*), sum(amount) from opportunities group by 1 order by 1")
        assert [(row["status"], row["deals"], row["amount"]) for row in shown] == [
            (status, deals, None if amount is None else float(amount)) for status, deals, amount in plain]
        for row in shown:
            amount = "none" if row["amount"] is None else row["amount"]
            figures(f"Superset, Deals by status: {row['status']}", {"deals shown": row["deals"], "amount shown": amount})
        # A model of dbt is a data set as a table is.
        models = analyst.schema + "_m"
        assert dbt(modeller, tmp_path, "run").returncode == 0
        dataset = superset.call("POST", "dataset/", {
            "database": database, "schema": models, "table_name": "weekly_active_accounts"})["id"]
        weeks = superset.chart(dataset, "Active accounts", ["week"], {"accounts": "max(active_accounts)"})
        assert [row["accounts"] for row in weeks] == [row[0] for row in analyst.rows(
            f"select active_accounts from {models}.weekly_active_accounts order by week")]
        figures("Superset", {"tables": len([1 for _, kind in relations if kind == "TABLE"]),
                             "views": len([1 for _, kind in relations if kind == "VIEW"]), "columns of foreign keys": len(foreign),
                             "charts that say what SQL says": 2, "seconds": round(time.monotonic() - begin, 1)})


def test_the_password_and_the_encryption_are_asked_for(analyst: Login) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(analyst.made["dsn"].replace(analyst.made["password"], "wrong"))
    with psycopg.connect(analyst.made["dsn"], require_auth="scram-sha-256") as connection:
        assert connection.pgconn.ssl_in_use
    if analyst.host != "127.0.0.1":
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(analyst.made["dsn"].replace("sslmode=require", "sslmode=disable"))
