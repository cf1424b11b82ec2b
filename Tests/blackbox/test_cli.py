"""The command line: shapes, exit codes, errors, dry runs, configuration."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess

import pytest
import requests

from server import BINARY, CommandFailed, Server, Tenant

KEY = re.compile(r"^tdm_(wk|sk|rk|ak)_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$")


def run(*arguments: str, cwd: pathlib.Path | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The binary without a server of its own."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **(env or {})}
    return subprocess.run([str(BINARY), *arguments], cwd=cwd, env=environment, text=True, capture_output=True, timeout=60)


def fails(tandem: Server, code: int, *arguments: str) -> dict[str, str]:
    """Runs a command that must exit with `code`; its error object."""
    with pytest.raises(CommandFailed) as failure:
        tandem.cli(*arguments)
    assert failure.value.code == code, failure.value
    assert failure.value.output == ""
    return json.loads(failure.value.errors)["error"]


@pytest.mark.quick
def test_tenant_create_answers_the_tenant_and_its_first_keys(tandem: Server) -> None:
    made = tandem.cli("tenant", "create", "shapes", "--display-name", "Shapes Ltd", "--modules", "cdp", "--currency", "EUR")
    tenant = made["tenant"]
    assert {"id", "slug", "display_name", "schema", "modules", "timezone", "currency", "state", "created_at"} <= set(tenant)
    assert tenant["id"].startswith("tnt_") and len(tenant["id"]) == 30
    assert (tenant["slug"], tenant["display_name"], tenant["modules"]) == ("shapes", "Shapes Ltd", ["cdp"])
    assert (tenant["currency"], tenant["state"]) == ("EUR", "active")
    assert re.fullmatch(r"t_[0-9a-z]{10}", tenant["schema"])
    assert all(KEY.match(made["keys"][kind]) for kind in ("write", "secret"))
    for reference in ("shapes", tenant["id"]):
        assert tandem.cli("tenant", "show", reference)["id"] == tenant["id"]
    assert {"server", "web"} == {item["name"] for item in tandem.cli("source", "list", "--tenant", "shapes")["items"]}


def test_a_name_that_is_taken_is_a_conflict_and_an_unknown_one_is_not_found(tandem: Server, tenant: Tenant) -> None:
    assert fails(tandem, 6, "tenant", "create", tenant.slug)["code"] == "duplicate"
    assert fails(tandem, 5, "tenant", "show", "nobody")["code"] == "not_found"
    assert fails(tandem, 64, "tenant", "create", "Not_A_Slug")["code"] == "validation_failed"
    assert fails(tandem, 64, "tenant", "frobnicate")["code"] == "usage"


def test_a_dry_run_refuses_what_the_command_refuses_and_changes_nothing(tandem: Server, tenant: Tenant) -> None:
    before = tandem.sql("select count(*), max(seq) from tandem.audit")
    tandem.cli("tenant", "create", "never", "--dry-run")
    tandem.cli("tenant", "suspend", tenant.slug, "-n")
    tandem.cli("source", "create", "shop", "--kind", "browser", "--tenant", tenant.slug, "--dry-run")
    tandem.cli("key", "create", "--kind", "secret", "--tenant", tenant.slug, "--dry-run")
    tandem.cli("bi", "user", "create", tenant.slug, "reader", "--dry-run")
    tandem.cli("tenant", "delete", tenant.slug, "--dry-run")
    assert fails(tandem, 6, "tenant", "create", tenant.slug, "--dry-run")["code"] == "duplicate"
    assert tandem.sql("select count(*), max(seq) from tandem.audit") == before
    assert tandem.cli("tenant", "show", tenant.slug)["state"] == "active"


def test_each_format_prints_the_list_its_own_way(tandem: Server, tenant: Tenant) -> None:
    rows = tandem.cli("tenant", "list", "-o", "jsonl", json=False).splitlines()
    assert tenant.slug in {json.loads(row)["slug"] for row in rows}
    assert tenant.slug in tandem.cli("tenant", "list", "-o", "name", json=False).splitlines()
    assert tandem.cli("tenant", "list", "-o", "csv", json=False).startswith("slug,id,schema,")
    assert tandem.cli("tenant", "list", json=False).startswith("NAME ")


def test_keys_open_what_their_kind_says_and_a_revoked_one_nothing(tandem: Server, tenant: Tenant) -> None:
    secret = tandem.cli("key", "create", "--kind", "secret", "--tenant", tenant.slug)
    assert {"id", "kind", "key", "source", "scopes", "expires_at"} <= set(secret) and secret["source"] is None
    url = tandem.base_url + "/v1/profiles"
    assert requests.get(url, headers={"Authorization": f"Bearer {secret['key']}"}, timeout=10).status_code == 200
    listed = {item["id"]: item for item in tandem.cli("key", "list", "--tenant", tenant.slug)["items"]}
    assert listed[secret["id"]]["key"] is None, "a secret key is shown once"
    assert tenant.write_key in {item["key"] for item in listed.values()}, "a write key can be shown again"
    assert requests.get(url, headers={"Authorization": f"Bearer {tenant.write_key}"}, timeout=10).status_code == 403
    tandem.cli("key", "revoke", secret["id"])
    deadline_ok = False
    for _ in range(60):
        if requests.get(url, headers={"Authorization": f"Bearer {secret['key']}"}, timeout=10).status_code == 401:
            deadline_ok = True
            break
        subprocess.run(["sleep", "0.1"], check=True)
    assert deadline_ok, "a revocation holds within five seconds"


def test_a_rotated_key_and_its_successor_work_side_by_side(tandem: Server, tenant: Tenant) -> None:
    old = tandem.cli("key", "create", "--kind", "secret", "--tenant", tenant.slug)
    new = tandem.cli("key", "rotate", old["id"], "--grace", "1h")
    assert new["kind"] == "secret" and new["key"] != old["key"]
    for key in (old["key"], new["key"]):
        answer = requests.get(tandem.base_url + "/v1/profiles", headers={"Authorization": f"Bearer {key}"}, timeout=10)
        assert answer.status_code == 200


def test_a_key_that_does_not_fit_its_kind_is_refused(tandem: Server, tenant: Tenant) -> None:
    t = ("--tenant", tenant.slug)
    fails(tandem, 64, "key", "create", "--kind", "restricted", *t)
    fails(tandem, 64, "key", "create", "--kind", "restricted", "--scopes", "everything", *t)
    fails(tandem, 64, "key", "create", "--kind", "secret", "--source", "server", *t)
    fails(tandem, 5, "key", "create", "--kind", "write", "--source", "nowhere", *t)
    admin = tandem.cli("key", "create", "--kind", "admin")
    assert KEY.match(admin["key"])
    answer = requests.get(
        tandem.admin_url + "/admin/v1/tenants", headers={"Authorization": f"Bearer {admin['key']}"}, timeout=10
    )
    assert tenant.slug in {item["slug"] for item in answer.json()["items"]}


def test_a_source_has_the_trust_of_its_kind_unless_told_otherwise(tandem: Server, tenant: Tenant) -> None:
    t = ("--tenant", tenant.slug)
    app = tandem.cli("source", "create", "app", "--kind", "mobile", *t)
    assert (app["may_identify"], app["may_create_accounts"], app["may_write_crm"]) == (True, False, "lead")
    hook = tandem.cli("source", "create", "hook", "--kind", "webhook", "--may-write-crm", "lead", *t)
    assert (hook["may_identify"], hook["may_write_crm"]) == (False, "lead")
    changed = tandem.cli("source", "update", "app", "--enabled", "false", "--may-create-accounts", "true", *t)
    assert (changed["enabled"], changed["may_create_accounts"]) == (False, True)
    rows = tandem.sql("select id, name, kind from source where name in ('app', 'hook')", schema=tenant.schema)
    assert {(name, kind) for _, name, kind in rows} == {("app", "mobile"), ("hook", "webhook")}


def test_a_suspended_tenant_is_refused_and_its_events_are_held(tandem: Server) -> None:
    made = tandem.tenant("paused")
    assert tandem.cli("tenant", "suspend", "paused")["state"] == "suspended"
    subprocess.run(["sleep", "5"], check=True)
    assert made.get("/v1/profiles").status_code == 403
    answer = made.ingest("track", {"userId": "u", "event": "e", "messageId": "held-1"})
    assert answer.status_code == 200
    assert tandem.sql("select count(*) from quarantine", schema=made.schema) == [(1,)]
    assert tandem.cli("tenant", "resume", "paused")["state"] == "active"


def test_a_tenant_is_deleted_only_when_confirmed_and_comes_back(tandem: Server) -> None:
    made = tandem.tenant("gone")
    assert fails(tandem, 2, "tenant", "delete", "gone")["code"] == "not_confirmed"
    deleted = tandem.cli("tenant", "delete", "gone", "--confirm", "gone")
    assert deleted["state"] == "deleting" and deleted["delete_after"]
    assert tandem.cli("tenant", "restore", "gone")["state"] == "active"
    tandem.cli("tenant", "delete", "gone", "--confirm", "gone", "--grace", "0d")
    left = tandem.sql("select nspname from pg_namespace where nspname like %s", [made.schema + "%"])
    assert left == [], "both schemas go together"
    assert tandem.sql("select rolname from pg_roles where rolname like %s", [made.schema + "%"]) == []


def test_doctor_finds_nothing_and_migrate_has_nothing_to_do(own_tandem: Server) -> None:
    own_tandem.tenant("sound")
    findings = own_tandem.cli("doctor")["items"]
    assert findings and {item["result"] for item in findings} == {"ok"}, findings
    assert own_tandem.cli("migrate", "status")["tenants_pending"] == 0
    assert own_tandem.cli("migrate", "plan")["items"] == []
    assert own_tandem.cli("status")["serving_pid"] == own_tandem.pid


def test_doctor_finds_what_disagrees_inside_a_tenant(tandem: Server, tenant: Tenant) -> None:
    assert tenant.ingest("track", {"userId": "u", "event": "Seen"}).ok
    assert tenant.post("/v1/accounts", {"name": "Acme"}).status_code == 201

    def findings() -> dict[str, str]:
        try:
            items = tandem.cli("doctor", "--tenant", tenant.slug)["items"]
        except CommandFailed as failure:
            assert failure.code == 3
            items = json.loads(failure.output)["items"]
        return {item["check"]: item["result"] for item in items}

    assert {findings()[name] for name in ("identity", "audit")} == {"ok"}
    tandem.sql("update component set identifiers = identifiers + 1", schema=tenant.schema)
    assert findings()["identity"] == "fail" and findings()["audit"] == "ok"
    tandem.sql("update audit set actor = 'someone else'", schema=tenant.schema)
    assert findings()["audit"] == "fail"


def test_doctor_finds_lost_durability(own_tandem: Server) -> None:
    own_tandem.sql("alter system set synchronous_commit = off")
    own_tandem.sql("select pg_reload_conf()")
    with pytest.raises(CommandFailed) as failure:
        for _ in range(50):
            own_tandem.cli("doctor")
            subprocess.run(["sleep", "0.1"], check=True)
    assert failure.value.code == 3
    results = {item["check"]: item["result"] for item in json.loads(failure.value.output)["items"]}
    assert results["durability"] == "fail"


@pytest.mark.quick
def test_without_a_data_directory_a_command_exits_69_and_names_the_two_ways(tmp_path: pathlib.Path) -> None:
    result = run("tenant", "list", cwd=tmp_path)
    assert result.returncode == 69
    assert "tandem serve" in result.stderr and "--database-url" in result.stderr
    assert not (tmp_path / ".tandem").exists()
    assert run("tenant", "list", "-o", "json", cwd=tmp_path).stderr.startswith('{"error":')


@pytest.mark.quick
def test_an_error_is_json_where_the_file_says_so(tmp_path: pathlib.Path) -> None:
    (tmp_path / "tandem.toml").write_text('output = "json"\n')
    assert run("tenant", "list", cwd=tmp_path).stderr.startswith('{"error":')
    assert run("tenant", "list", "--no-such-flag", cwd=tmp_path).stderr.startswith('{"error":')
    assert run("tenant", "list", "-o", "table", cwd=tmp_path).stderr.startswith("tandem:")
    assert run("tenant", "list", cwd=tmp_path, env={"TANDEM_OUTPUT": "table"}).stderr.startswith("tandem:")
    (tmp_path / "other.toml").write_text('listen = "127.0.0.1:0"\n')
    assert run("tenant", "list", "--config", "other.toml", cwd=tmp_path).stderr.startswith("tandem:")


@pytest.mark.quick
def test_an_unknown_key_in_the_configuration_exits_78_and_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "tandem.toml").write_text('listen = "127.0.0.1:0"\nlisten_adress = "x"\n')
    result = run("tenant", "list", cwd=tmp_path)
    assert result.returncode == 78 and "listen_adress" in result.stderr
    (tmp_path / "other.toml").write_text('data_dir = "elsewhere"\n')
    result = run("tenant", "list", "--config", "other.toml", cwd=tmp_path)
    assert result.returncode == 69 and "elsewhere" in result.stderr


@pytest.mark.quick
def test_a_flag_counts_before_the_environment_and_that_before_the_file(tmp_path: pathlib.Path) -> None:
    (tmp_path / "tandem.toml").write_text('data_dir = "from-file"\n')
    assert "from-file" in run("tenant", "list", cwd=tmp_path).stderr
    environment = {"TANDEM_DATA_DIR": "from-environment"}
    assert "from-environment" in run("tenant", "list", cwd=tmp_path, env=environment).stderr
    assert "from-flag" in run("tenant", "list", "--data-dir", "from-flag", cwd=tmp_path, env=environment).stderr


@pytest.mark.quick
def test_an_unreachable_database_exits_69(tmp_path: pathlib.Path) -> None:
    result = run("tenant", "list", "--database-url", "postgresql://nobody@127.0.0.1:1/none", cwd=tmp_path)
    assert result.returncode == 69


@pytest.mark.quick
def test_help_topics_and_version_need_no_database(tmp_path: pathlib.Path) -> None:
    assert "TANDEM_DATABASE_URL" in run("help", "environment", cwd=tmp_path).stdout
    assert "database_url" in run("help", "configuration", cwd=tmp_path).stdout
    assert "78" in run("help", "exit-codes", cwd=tmp_path).stdout
    assert "USAGE: tandem tenant create" in run("help", "tenant", "create", cwd=tmp_path).stdout
    version = json.loads(run("version", "-o", "json", cwd=tmp_path).stdout)
    assert any("libpq" in library for library in version["libraries"])
    for words in (["--version"], ["tenant", "create", "--version"]):
        assert run(*words, cwd=tmp_path).stdout == f"tandem {version['version']}\n"


@pytest.mark.quick
def test_help_knows_aliases_and_keeps_its_columns(tmp_path: pathlib.Path) -> None:
    assert run("help", "duplicates", "find", cwd=tmp_path).stdout == run("help", "duplicate", "find", cwd=tmp_path).stdout != ""
    unknown = run("help", "duplicatess", cwd=tmp_path)
    assert unknown.returncode == 64 and "duplicatess" in unknown.stderr
    for topic in ["configuration", "environment"]:
        rows = re.findall(r"^(\w+)( {2,})\S", run("help", topic, cwd=tmp_path).stdout, re.M)
        names = [(name, gap) for name, gap in rows if name.isupper() or "_" in name and name.islower()]
        assert len(names) > 15 and min(len(gap) for _, gap in names) == 2, topic
        assert len({len(name + gap) for name, gap in names}) == 1, topic
    assert "TANDEM_SECRET_KEY" in run("help", "environment", cwd=tmp_path).stdout


def test_serve_has_no_dry_run(tmp_path: pathlib.Path) -> None:
    refused = run("serve", "--dry-run", "--data-dir", str(tmp_path / "data"), cwd=tmp_path)
    assert refused.returncode == 64 and "tandem migrate plan" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command, old", [
    (("source", "stats"), ("--from", "--to")), (("quarantine", "list"), ("--received-after", "--received-before")),
    (("quarantine", "summary"), ("--received-after", "--received-before")),
    (("plan", "violations"), ("--received-after", "--received-before")),
])
def test_a_time_range_is_since_and_until_everywhere(
    tandem: Server, tenant: Tenant, command: tuple[str, ...], old: tuple[str, str]
) -> None:
    moments = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")

    def asked(names: tuple[str, str]) -> object:
        return tandem.cli(*command, names[0], moments[0], names[1], moments[1], "--tenant", tenant.slug)

    assert asked(("--since", "--until")) == asked(old)


def test_a_command_starts_the_database_for_its_own_time(own_tandem: Server) -> None:
    own_tandem.tenant("acme")
    assert own_tandem.stop() == 0
    assert not (own_tandem.data_dir / "postgres.json").exists()
    assert [item["slug"] for item in own_tandem.cli("tenant", "list")["items"]] == ["acme"]
    assert not (own_tandem.data_dir / "postgres.json").exists(), "what it started, it stops"


def test_no_secret_is_stored_in_clear(tandem: Server, tenant: Tenant) -> None:
    login = tandem.cli("bi", "user", "create", tenant.slug, "secrets")
    dump = "\n".join(str(row) for table in ("api_key", "bi_login", "audit") for row in tandem.sql(f"select * from tandem.{table}"))
    assert tenant.secret_key not in dump and login["password"] not in dump
    assert tandem.sql("select rolpassword from pg_authid where rolname = %s", [login["login"]])[0][0].startswith("SCRAM-SHA-256$")


def test_a_creation_that_is_killed_anywhere_is_continued_by_the_same_command(tandem: Server) -> None:
    command = [str(BINARY), "tenant", "create", "phoenix", "--data-dir", str(tandem.data_dir)]
    for delay_ms in (40, 80, 120, 160, 200, 260, 320):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(delay_ms / 1000)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    result = subprocess.run(command, text=True, capture_output=True, timeout=60)
    assert result.returncode in (0, 6), result.stderr
    made = tandem.cli("tenant", "show", "phoenix")
    assert made["state"] == "active"
    t = ("--tenant", "phoenix")
    assert [item["name"] for item in tandem.cli("source", "list", *t)["items"]] == ["server", "web"]
    assert len(tandem.cli("key", "list", *t)["items"]) == 3
    applied = tandem.sql(
        "select count(*), count(distinct m.path) from tandem.tenant_migration m join tandem.tenant t on t.id = m.tenant"
        " where t.slug = 'phoenix'"
    )
    assert applied[0][0] == applied[0][1] == made["version"]
    assert tandem.sql("select count(*) > 0 from pipelines", schema=made["schema"]) == [(True,)]
    assert tandem.cli("migrate", "plan")["items"] == []
