"""What tells operators how things are: the metrics, the dashboard and the alerts that name them, and `tandem status`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from server import ROOT, Server, Tenant, code_schema, resident_mb, wait_until

GRAFANA = ROOT / "docs" / "grafana"
SERIES = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
# Words of PromQL and labels that look like a series.
WORDS = {"histogram_quantile", "label_values"}



@pytest.fixture(scope="module")
def watched() -> Iterator[Server]:
    """A server to which happens what its figures tell of: an old snapshot, a slot that nobody reads, work that nobody does, no backup."""
    with Server(environment={"TANDEM_SLOW_REQUEST_MS": "1"}) as server:
        tenant = server.tenant("observed")
        assert tenant.ingest("track", {"userId": "u", "event": "E"}).status_code == 200
        server.sql("select pg_create_physical_replication_slot('left_behind')")
        server.sql("update tandem.control_migration set applied_at = applied_at - interval '3 days'")
        server.sql(
            "insert into operation (id, type, state, actor, created_at) "
            "values (gen_random_uuid(), 'of a newer build', 'running', 'test', now() - interval '100 s')", schema=tenant.schema)
        with server.connect(autocommit=False) as reader:
            reader.execute("set transaction isolation level repeatable read")
            reader.execute("select count(*) from pg_class")
            # Each looks within a quarter of a minute.
            wait_until(lambda: "doctor_findings" in metrics(server) and figure(server, "replication_slots_inactive") == 1, 30, every_s=0.5)
            wait_until(lambda: figure(server, "operations_running") == 1, 20, every_s=0.5)
            yield server


def metrics(server: Server) -> str:
    if "key" not in server.__dict__:
        server.__dict__["key"] = server.cli("key", "create", "--kind", "admin")["key"]
    headers = {"Authorization": f"Bearer {server.__dict__['key']}"}
    return requests.get(server.admin_url + "/metrics", headers=headers, timeout=10).text


def figure(server: Server, name: str, text: str | None = None) -> float:
    """Of the series with that name and those labels."""
    return float(next(line.rsplit(" ", 1)[1] for line in (text or metrics(server)).splitlines() if line.rsplit(" ", 1)[0] == name))


@pytest.fixture(scope="module")
def exposed(watched: Server) -> set[str]:
    text = metrics(watched)
    names = {re.match(r"[a-z0-9_]+", line)[0] for line in text.splitlines() if not line.startswith("#")}
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    bases = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") if name not in typed else name for name in names}
    assert bases == typed, "each series has its type, and no type is without a series"
    # There is none without a certificate.
    return names | {"certificate_expires_timestamp_seconds"}


def named(expression: str) -> set[str]:
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\bby \([^)]*\)", "", expression)
    return set(SERIES.findall(bare)) - WORDS


def test_the_dashboard_shows_only_what_there_is_and_all_of_it(exposed: set[str]) -> None:
    dashboard = json.loads((GRAFANA / "tandem.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    used = set().union(*map(named, expressions))
    assert len(expressions) > 20 and used <= exposed, used - exposed
    unused = {name for name in exposed - used if not name.endswith(("_sum", "_bucket"))}
    assert unused <= {"pg_pool_opened_total", "tandem_build_info", "process_start_time_seconds"}, f"nobody looks at {unused}"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_alerts_name_only_what_there_is(exposed: set[str]) -> None:
    expressions = re.findall(r"^ +expr: (.*)$", (GRAFANA / "alerts.yml").read_text(), re.MULTILINE)
    used = set().union(*map(named, expressions))
    assert len(expressions) >= 5 and used <= exposed, used - exposed
    alerts = (GRAFANA / "alerts.yml").read_text().split("- alert: ")[1:]
    assert all("summary: " in alert and "action: " in alert for alert in alerts)


def test_the_page_on_metrics_has_each_series(exposed: set[str]) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    unnamed = {name for name in exposed if re.sub("_(bucket|sum|count)$", "", name) not in page}
    assert not unnamed, unnamed


def test_figures_of_ingest_and_pool(watched: Server) -> None:
    text = metrics(watched)
    assert figure(watched, "ingest_batch_size_sum", text) == figure(watched, "ingest_messages_total", text) >= 1
    assert figure(watched, "ingest_batch_size_count", text) == figure(watched, "ingest_batches_total", text) >= 1
    assert figure(watched, 'ingest_batch_size_bucket{le="1.0"}', text) >= 1
    assert figure(watched, 'ingest_batch_size_bucket{le="+Inf"}', text) == figure(watched, "ingest_batch_size_count", text)
    assert figure(watched, "ingest_oldest_wait_seconds", text) == 0
    assert figure(watched, "pg_pool_wait_seconds_count", text) >= 1 and figure(watched, "pg_pool_wait_seconds_sum", text) >= 0
    assert figure(watched, "breaker_state", text) == 0


def test_figures_of_the_process(watched: Server) -> None:
    text = metrics(watched)
    version = watched.cli("version")["version"]
    assert figure(watched, f'tandem_build_info{{version="{version}"}}', text) == 1
    assert abs(figure(watched, "process_resident_memory_bytes", text) / 2**20 - resident_mb(watched.pid)) < 50
    assert abs(figure(watched, "process_open_fds", text) - len(os.listdir(f"/proc/{watched.pid}/fd"))) < 20
    began = os.stat(f"/proc/{watched.pid}").st_mtime
    assert abs(figure(watched, "process_start_time_seconds", text) - began) < 30


def test_figures_of_the_database(watched: Server) -> None:
    text = metrics(watched)
    assert figure(watched, "oldest_xmin_age_seconds", text) > 1
    assert figure(watched, "replication_slots_inactive", text) == 1 and figure(watched, "wal_archive_failing", text) == 0
    assert figure(watched, "operations_running", text) == 1 and figure(watched, "operations_oldest_age_seconds", text) > 100
    assert figure(watched, "operations_failed_total", text) == 0
    # No backup was ever made: its age is the installation's.
    assert 3 * 86_400 <= figure(watched, "backup_age_seconds", text) < 4 * 86_400
    # Doctor looked by itself: the slot, and the missing backup.
    assert figure(watched, 'doctor_findings{level="warn"}', text) >= 2
    found = {line["check"] for line in lines(watched) if line["msg"] == "doctor has a finding"}
    assert {"slots", "backups"} <= found, found


def test_requests_of_the_operators_are_counted_apart(watched: Server) -> None:
    counted = 'http_server_request_duration_seconds_count{listener="%s",route="%s",method="%s",status="%s"}'
    text = metrics(watched)
    assert figure(watched, counted % ("admin", "/metrics", "GET", "200"), text) >= 1
    assert figure(watched, counted % ("data", "/v1/track", "POST", "200"), text) == 1
    assert text.count("# TYPE http_server_request_duration_seconds ") == 1


def lines(server: Server) -> list[dict[str, Any]]:
    """Of the server's log."""
    return [json.loads(line) for line in server.log_path.read_text().splitlines() if line.startswith("{")]


def line_of(server: Server, answer: requests.Response) -> dict[str, Any]:
    wanted = answer.headers["Request-Id"]
    wait_until(lambda: any(line.get("request_id") == wanted for line in lines(server)), 5)
    return next(line for line in lines(server) if line.get("request_id") == wanted)


def test_a_slow_request_leaves_a_line_with_the_id_that_its_client_saw(watched: Server) -> None:
    """Slow is a millisecond here."""
    tenant = watched.tenant("observed")
    made = tenant.post("/v1/accounts", {"name": "Secret Anvils Ltd"})
    assert made.status_code == 201
    # A commit takes longer than that.
    edited = tenant.api("PATCH", f"/v1/accounts/{made.json()['id']}", {"name": "Secret Anvils & Sons"})
    line = line_of(watched, made)
    assert line["route"] == "/v1/accounts" and line["method"] == "POST" and str(line["status"]) == "201"
    assert line["tenant"] == "observed" and line["key"].startswith("key_") and int(line["ms"]) >= 1
    assert int(line["bytes"]) == len(made.content) and "code" not in line
    assert line_of(watched, edited)["route"] == "/v1/accounts/{id}"
    event = tenant.ingest("identify", {"userId": "u-private", "traits": {"email": "jane.private@example.com"}})
    assert line_of(watched, event)["route"] == "/v1/identify" and line_of(watched, event)["tenant"] == "observed"
    text = watched.log_path.read_text()
    for secret in ("Secret Anvils", made.json()["id"], "jane.private", "u-private", tenant.secret_key, tenant.write_key):
        assert secret not in text


def test_ready_says_what_is_the_matter_to_operators_alone(own_tandem: Server) -> None:
    """And a 503 leaves a line."""
    detail = requests.get(own_tandem.admin_url + "/readyz", timeout=10).json()
    assert detail["status"] == "ok" and set(detail["checks"]) == {"database", "migrations", "disk", "queue", "drain"}
    assert {check["status"] for check in detail["checks"].values()} == {"ok"}
    assert detail["checks"]["disk"]["free_bytes"] > detail["checks"]["disk"]["reserve_bytes"]
    assert requests.get(own_tandem.base_url + "/readyz", timeout=10).json() == {"status": "ok"}
    # The server notes every five seconds that it runs, and leaves when its procedures are gone: right behind such a moment.
    seen = own_tandem.sql("select max(seen_at) from tandem.server")
    wait_until(lambda: own_tandem.sql("select max(seen_at) from tandem.server") != seen, 10)
    own_tandem.sql(f"alter schema {code_schema()} rename to gone")
    gone = requests.get(own_tandem.base_url + "/readyz", timeout=10)
    told = requests.get(own_tandem.admin_url + "/readyz", timeout=10)
    own_tandem.sql(f"alter schema gone rename to {code_schema()}")
    assert (gone.status_code, gone.json()["code"]) == (503, "outdated") and "checks" not in gone.json()
    assert "Retry-After" in gone.headers and told.status_code == 503
    assert told.json()["checks"]["migrations"]["status"] == "gone" and told.json()["checks"]["database"]["status"] == "ok"
    line = line_of(own_tandem, gone)
    assert (line["level"], line["route"], str(line["status"]), line["code"]) == ("warning", "/readyz", "503", "outdated")
    assert requests.get(own_tandem.base_url + "/readyz", timeout=10).status_code == 200


def test_status_says_it_in_words(tandem: Server, tenant: Tenant) -> None:
    text = tandem.cli("status", json=False)
    for line in (
        rf"Serving +yes, process {tandem.pid}", rf"Data +{tandem.data_dir}", r"Disk +[\d.]+ GB of [\d.]+ GB are free",
        r"PostgreSQL +15\.\d+, database tandem", r"Tenants +\d+", r"Migrations +every tenant is at this version",
        r"Backups +none yet: tandem backup create", r"BI +(nobody is connected|\d+ session)",
    ):
        assert re.search(rf"^{line}", text, re.MULTILINE), f"{line} is not in\n{text}"
    status = tandem.cli("status")
    assert status["serving_pid"] == tandem.pid and status["migrations"] == "current"
    assert 0 < status["disk"]["free_bytes"] < status["disk"]["total_bytes"]
