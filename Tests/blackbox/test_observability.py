"""What tells operators how things are: the metrics, the dashboard and the alerts that name them, and `tandem status`."""

from __future__ import annotations

import json
import re

import pytest
import requests

from server import ROOT, Server, Tenant

GRAFANA = ROOT / "docs" / "grafana"
SERIES = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
# Words of PromQL and labels that look like a series.
WORDS = {"histogram_quantile", "label_values"}


@pytest.fixture(scope="module")
def exposed(tandem: Server) -> set[str]:
    tenant = tandem.tenant("observed")
    assert tenant.ingest("track", {"userId": "u", "event": "E"}).status_code == 200
    key = tandem.cli("key", "create", "--kind", "admin")["key"]
    text = requests.get(tandem.admin_url + "/metrics", headers={"Authorization": f"Bearer {key}"}, timeout=10).text
    names = {re.match(r"[a-z0-9_]+", line)[0] for line in text.splitlines() if not line.startswith("#")}
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    bases = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") if name not in typed else name for name in names}
    assert bases == typed, "each series has its type, and no type is without a series"
    # There is none before the first backup.
    return names | {"backup_age_seconds"}


def named(expression: str) -> set[str]:
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\bby \([^)]*\)", "", expression)
    return set(SERIES.findall(bare)) - WORDS


def test_the_dashboard_shows_only_what_there_is_and_all_of_it(exposed: set[str]) -> None:
    dashboard = json.loads((GRAFANA / "tandem.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    used = set().union(*map(named, expressions))
    assert len(expressions) > 20 and used <= exposed, used - exposed
    unused = {name for name in exposed - used if not name.endswith(("_sum", "_bucket"))}
    assert unused <= {"pg_pool_opened_total"}, f"nobody looks at {unused}"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_alerts_name_only_what_there_is(exposed: set[str]) -> None:
    expressions = re.findall(r"^ +expr: (.*)$", (GRAFANA / "alerts.yml").read_text(), re.MULTILINE)
    used = set().union(*map(named, expressions))
    assert len(expressions) >= 5 and used <= exposed, used - exposed


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
