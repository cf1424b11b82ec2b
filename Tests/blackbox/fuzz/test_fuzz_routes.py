"""schemathesis over all routes of `/openapi.json` with a tenant's secret key: no 5xx, no undocumented status, nothing of another shape than
said, no error in the log.

FUZZ_SEED, FUZZ_MINUTES    the seed (17) and for how long (10)
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import requests

from server import ROOT, Server

SEED = os.environ.get("FUZZ_SEED", "17")
MINUTES = float(os.environ.get("FUZZ_MINUTES", "10"))
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# An answer that goes on for as long as its client listens.
ENDLESS = r"^/v1/(events/tail|live)"


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_schemathesis_finds_nothing_on_any_route(
    own_tandem: Server, figures: Callable[[str, Any], None], tmp_path: pathlib.Path
) -> None:
    program = ROOT / ".venv-fuzz/bin/schemathesis"
    assert program.exists(), "scripts/python fuzz"
    tenant = own_tandem.tenant("schemathesis")
    # Something for lists, links and searches to meet.
    for plural, body in (("accounts", {"name": "Acme"}), ("contacts", {"email": "a@acme.example"}), ("leads", {"last_name": "B"}),
                         ("opportunities", {"name": "Deal"}), ("activities", {"type": "note", "subject": "S"})):
        assert tenant.post(f"/v1/{plural}", body).status_code == 201
    began = own_tandem.log_path.stat().st_size
    report = tmp_path / "report.ndjson"
    result = subprocess.run(
        [str(program), "run", own_tandem.base_url + "/openapi.json", "--exclude-path-regex", ENDLESS,
         "-H", f"Authorization: Bearer {tenant.secret_key}", "--checks", CHECKS, "--max-time", str(int(60 * MINUTES)), "--seed", SEED,
         "--request-timeout", "30", "--continue-on-failure", "--no-color", "--report", "ndjson", "--report-ndjson-path", str(report)],
        cwd=tmp_path, capture_output=True, text=True, timeout=60 * MINUTES + 1800)
    print(result.stdout[-20000:], result.stderr[-2000:])
    assert result.returncode == 0, "see what it printed"
    assert requests.get(own_tandem.base_url + "/readyz", timeout=10).status_code == 200
    said = own_tandem.log_path.read_bytes()[began:].decode(errors="replace").splitlines()
    errors = [line for line in said if re.search(r'"level":"(error|critical)"', line)]
    assert errors == []
    paths = requests.get(own_tandem.base_url + "/openapi.json", timeout=30).json()["paths"]
    operations = [(path, method) for path, methods in paths.items() for method in methods if method in {
        "get", "post", "put", "patch", "delete", "options", "head"}]
    figures("routes", len(operations))
    figures("requests", sum(1 for line in report.read_text().splitlines() if "status_code" in line) if report.exists() else "")
    figures("schemathesis", " ".join(result.stdout.strip().splitlines()[-1].strip("= ").split()))
