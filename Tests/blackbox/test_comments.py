"""Comments with mentions, files beside records, and saved lists: through HTTP, as colleagues use them."""

from __future__ import annotations

import hashlib
import pathlib
import subprocess
from typing import Any

import pytest
import requests

from server import CommandFailed, Server, Tenant, code_schema
from test_conversion import convert, get, lead, unconvert
from test_forms import make

pytestmark = pytest.mark.quick


def other_key(tenant: Tenant) -> Tenant:
    """The tenant as somebody else."""
    key = tenant.server.cli("key", "create", "--kind", "secret", "--tenant", tenant.slug)["key"]
    return Tenant(tenant.slug, tenant.id, tenant.schema, "", key, tenant.server)


def test_a_comment_names_colleagues_and_is_its_authors(tenant: Tenant) -> None:
    account = make(tenant, "accounts", name="Acme")
    ada, bob = make(tenant, "users", name="Ada", email="ada@acme.example"), make(tenant, "users", name="Bob")
    body = f"@Ada@acme.example, @[Bob B.]({bob}) and @nobody@acme.example: write to ops@acme.example, @team"
    made = tenant.post("/v1/comments", {"object_id": account, "body": body})
    assert made.status_code == 201, made.text
    comment = made.json()
    assert (comment["object"], comment["mentions"], comment["unknown_mentions"]) == ("account", [ada, bob], ["nobody@acme.example"])
    assert [item["id"] for item in get(tenant, f"comments?object_id={account}")["items"]] == [comment["id"]]
    assert [item["id"] for item in get(tenant, f"comments?mentions={bob}")["items"]] == [comment["id"]]
    shown = [item for item in get(tenant, f"accounts/{account}/timeline")["items"] if item["kind"] == "comment"]
    assert [(item["data"]["id"], item["data"]["object_id"], item["data"]["mentions"]) for item in shown] == [
        (comment["id"], account, [ada, bob])]
    place = f"/v1/comments/{comment['id']}"
    refused = other_key(tenant).api("PATCH", place, {"body": "Not so."})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_author")
    batch = other_key(tenant).post("/v1/comments:batch", {"items": [{"op": "update", "id": comment["id"], "data": {"body": "x"}}]})
    assert batch.json()["results"][0]["status"] == 403
    changed = tenant.api("PATCH", place, {"body": "Nobody in particular"}).json()
    assert (changed["mentions"], changed["unknown_mentions"]) == ([], [])
    for wrong in ({"object_id": "acct_00000000000000000000000001"}, {"object": "contact", "object_id": account}, {"object": "account"}):
        answer = tenant.post("/v1/comments", {"body": "x", **wrong})
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/object_id"}, wrong
    assert tenant.api("DELETE", f"/v1/accounts/{account}").status_code == 204
    assert tenant.get(place).status_code == 404
    assert tenant.post(f"/v1/accounts/{account}:restore").status_code == 200
    assert tenant.get(place).json()["body"] == "Nobody in particular"


def attach(tenant: Tenant, path: str, name: str | None, content: bytes, kind: str = "text/plain", **headers: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {tenant.secret_key}", "Content-Type": kind, **headers}
    return requests.post(
        f"{tenant.server.base_url}/v1/{path}/attachments", params={"file_name": name} if name else {}, data=content,
        headers=headers, timeout=60)


def contents(tenant: Tenant) -> int:
    return tenant.server.sql(f"select count(*) from {tenant.internals}.attachment_content")[0][0]


def test_files_stand_beside_records_each_content_once(tenant: Tenant) -> None:
    account = make(tenant, "accounts", name="Acme")
    content = bytes(range(256)) * 10
    made = attach(tenant, f"accounts/{account}", "Ängebot \"1\".pdf", content, "application/pdf; v=1", **{"Idempotency-Key": "k"})
    assert made.status_code == 201, made.text
    file = made.json()
    assert (file["object"], file["object_id"], file["media_type"], file["size_bytes"], file["sha256"]) == (
        "account", account, "application/pdf", len(content), hashlib.sha256(content).hexdigest())
    again = attach(tenant, f"accounts/{account}", "Ängebot \"1\".pdf", content, "application/pdf; v=1", **{"Idempotency-Key": "k"})
    assert again.json()["id"] == file["id"]
    page = attach(tenant, f"accounts/{account}", "page.html", b"<script>alert(1)</script>", "text/html").json()
    attach(tenant, f"accounts/{account}", "copy.pdf", content)
    assert contents(tenant) == 2
    listed = get(tenant, f"accounts/{account}/attachments")["items"]
    assert [item["file_name"] for item in listed] == ["copy.pdf", "page.html", "Ängebot \"1\".pdf"]
    place = f"/v1/attachments/{file['id']}"
    got = tenant.get(place + "/content")
    assert got.content == content and got.headers["Content-Type"] == "application/pdf"
    assert got.headers["Content-Disposition"].startswith("attachment; ") and "%C3%84ngebot" in got.headers["Content-Disposition"]
    assert got.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in got.headers["Content-Security-Policy"]
    shown = tenant.get(f"/v1/attachments/{page['id']}/content")
    assert shown.headers["Content-Type"] == "application/octet-stream", "nobody's page is shown as one of this site"
    renamed = tenant.api("PATCH", place, {"file_name": "offer.pdf"})
    assert renamed.json()["file_name"] == "offer.pdf"
    assert tenant.api("PATCH", place, {"sha256": "0" * 64}).status_code == 422
    for name in ("../evil", "/etc/cron.d/evil", "a\\b", "..", "a\x1b[2Jb", "\u009b2J"):
        refused = tenant.api("PATCH", place, {"file_name": name})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/file_name"), (name, refused.text)
        listed = tenant.post("/v1/attachments:batch", {"items": [{"op": "update", "id": file["id"], "data": {"file_name": name}}]})
        assert listed.status_code == 404 or listed.json()["results"][0]["status"] == 422, listed.text
    assert tenant.api("DELETE", place).status_code == 204 and tenant.get(place + "/content").status_code == 404
    assert tenant.post(place + ":restore").status_code == 200 and tenant.get(place + "/content").content == content
    assert tenant.api("DELETE", f"/v1/accounts/{account}").status_code == 204 and tenant.get(place).status_code == 404
    sweep = f"select {code_schema()}.forget_attachment_content(now() + interval '1 day', 100)"
    assert tenant.server.sql(sweep, schema=tenant.schema)[0][0] == 0, "what is in the bin keeps its bytes"
    assert tenant.post(f"/v1/accounts/{account}:restore").status_code == 200
    assert tenant.get(place + "/content").content == content
    tenant.server.sql(
        f"delete from {tenant.internals}.bin; delete from {tenant.schema}.attachments where file_name = 'page.html'")
    assert tenant.server.sql(sweep, schema=tenant.schema)[0][0] == 1 and contents(tenant) == 1


def test_what_is_no_file_is_refused(tenant: Tenant, tandem: Server) -> None:
    account = make(tenant, "accounts", name="Acme")
    for name in (None, "", "a/b", "..", "a\x01", "x" * 256):
        answer = attach(tenant, f"accounts/{account}", name, b"x")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/file_name"), name
    assert attach(tenant, "accounts/acct_00000000000000000000000001", "a", b"x").status_code == 404
    assert attach(tenant, f"accounts/{account}", "big", bytes((25 << 20) + 1)).json()["code"] == "body_too_large"
    assert attach(tenant, f"accounts/{account}", "empty", b"").json()["size_bytes"] == 0
    assert contents(tenant) == 1


def test_a_conversion_gives_the_leads_files_to_what_it_becomes(tenant: Tenant) -> None:
    which = lead(tenant)
    attach(tenant, f"leads/{which}", "brief.txt", b"brief")
    done = convert(tenant, which, create_opportunity=True)
    assert done["attachments"] == 1
    for kind, plural in [("account", "accounts"), ("contact", "contacts"), ("opportunity", "opportunities")]:
        (copy,) = get(tenant, f"{plural}/{done[kind]['id']}/attachments")["items"]
        assert tenant.get(f"/v1/attachments/{copy['id']}/content").content == b"brief"
    assert contents(tenant) == 1
    assert len(get(tenant, f"leads/{which}/attachments")["items"]) == 1, "copied, not moved"
    undone = unconvert(tenant, which)
    assert len(undone["removed"]) == 3
    assert [item["object"] for item in get(tenant, "attachments")["items"]] == ["lead"]


def test_files_by_the_command_line(tenant: Tenant, tmp_path: pathlib.Path) -> None:
    account = make(tenant, "accounts", name="Acme")
    (tmp_path / "offer.txt").write_text("twelve")
    cli = tenant.server.cli
    made = cli("attachment", "add", account, str(tmp_path / "offer.txt"), "--type", "text/plain", "--tenant", tenant.slug)
    assert [item["id"] for item in cli("attachment", "list", account, "--tenant", tenant.slug)["items"]] == [made["id"]]
    cli("attachment", "save", made["id"], "--to", str(tmp_path / "saved.txt"), "--tenant", tenant.slug)
    assert (tmp_path / "saved.txt").read_text() == "twelve"
    cli("attachment", "delete", made["id"], "--dry-run", "--tenant", tenant.slug)
    assert tenant.get(f"/v1/attachments/{made['id']}").status_code == 200
    cli("attachment", "delete", made["id"], "--tenant", tenant.slug)
    assert tenant.get(f"/v1/attachments/{made['id']}").status_code == 404
    with pytest.raises(CommandFailed):
        cli("attachment", "add", "nobody", str(tmp_path / "offer.txt"), "--tenant", tenant.slug)


def test_a_file_is_saved_in_this_folder_and_over_nothing(tenant: Tenant, tmp_path: pathlib.Path) -> None:
    """Its name is somebody else's word, also where it came into the database before names were checked."""
    account, inner = make(tenant, "accounts", name="Acme"), tmp_path / "inner"
    inner.mkdir()
    file = attach(tenant, f"accounts/{account}", "offer.txt", b"new words").json()["id"]

    def save(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(tenant.server.binary), "attachment", "save", file, *more, "--tenant", tenant.slug,
             "--data-dir", str(tenant.server.data_dir)], cwd=inner, capture_output=True, text=True, timeout=300)

    def called(name: str) -> None:
        tenant.server.sql("update attachments set file_name = %s where file_name is not null", [name], schema=tenant.schema)

    called("../escaped.txt")
    assert save().returncode == 0 and (inner / "escaped.txt").read_bytes() == b"new words" and not (tmp_path / "escaped.txt").exists()
    victim = tmp_path / "victim.txt"
    victim.write_text("old words")
    called("link.txt")
    (inner / "link.txt").symlink_to(victim)
    refused = save()
    assert refused.returncode != 0 and "exists" in refused.stderr and victim.read_text() == "old words"
    called("dangling.txt")
    (inner / "dangling.txt").symlink_to(tmp_path / "made.txt")
    assert save().returncode != 0 and not (tmp_path / "made.txt").exists()
    for name in (".bashrc", "x/.profile", "..", "a\x1bb"):
        called(name)
        refused = save()
        assert refused.returncode != 0 and "--to" in refused.stderr, (name, refused)
    assert {path.name for path in inner.iterdir()} == {"escaped.txt", "link.txt", "dangling.txt"}
    assert save("--to", "chosen.txt").returncode == 0 and (inner / "chosen.txt").read_bytes() == b"new words"


def test_a_saved_list_lists_what_it_says(tenant: Tenant) -> None:
    for name, count in [("Small", 5), ("Large", 500), ("Larger", 900)]:
        make(tenant, "accounts", name=name, employee_count=count)
    large: dict[str, Any] = {
        "object": "account", "name": "Large ones", "filter": {"field": "employee_count", "op": "gte", "value": 500},
        "sort": ["-employee_count"], "fields": ["name"]}
    view = make(tenant, "views", **large)
    items = get(tenant, f"accounts?view={view}")["items"]
    assert [item["name"] for item in items] == ["Larger", "Large"] and set(items[0]) == {"id", "name"}
    assert [item["name"] for item in get(tenant, f"accounts?view={view}&sort=name&name=Large")["items"]] == ["Large"]
    first = get(tenant, f"accounts?view={view}&limit=1")
    second = get(tenant, f"accounts?view={view}&limit=1&after={first['page']['next']}")
    assert [item["name"] for item in first["items"] + second["items"]] == ["Larger", "Large"]
    assert tenant.get(f"/v1/contacts?view={view}").json()["code"] == "unknown_view"
    assert tenant.get("/v1/accounts?view=view_00000000000000000000000001").json()["code"] == "unknown_view"
    same = tenant.post("/v1/views", large)
    assert (same.status_code, same.json()["code"]) == (409, "duplicate")
    assert make(tenant, "views", **{**large, "owner_id": make(tenant, "users", name="Rep")})
    place = f"/v1/views/{view}"
    wrong = tenant.api("PATCH", place, {"filter": {"all": [{"field": "nonsense", "value": 1}]}})
    assert [(error["pointer"], error["code"]) for error in wrong.json()["errors"]] == [("/filter/all/0/field", "unknown_field")]
    assert tenant.api("PATCH", place, {"sort": ["-nonsense"]}).json()["errors"][0]["pointer"] == "/sort"
    assert tenant.api("PATCH", place, {"object": "contact"}).status_code == 422, "its condition is not one of contacts"
    # A field that went after the list was saved.
    tenant.server.sql(
        f"""update {tenant.schema}.views set filter = '{{"field": "colour", "value": "red"}}' where name = 'Large ones'""")
    gone = tenant.get(f"/v1/accounts?view={view}")
    assert (gone.status_code, gone.json()["errors"][0]["pointer"]) == (422, "/filter/field")


def test_tags_are_counted_for_those_who_choose(tenant: Tenant) -> None:
    for tags in (["vip", "north"], ["VIP-2", "vip"], []):
        make(tenant, "accounts", name="Acme", tags=tags)
    counted = [{"name": "vip", "count": 2}, {"name": "VIP-2", "count": 1}, {"name": "north", "count": 1}]
    assert sorted(get(tenant, "tags?object=accounts")["items"], key=str) == sorted(counted, key=str)
    assert [item["name"] for item in get(tenant, "tags?object=account&q=v")["items"]] == ["vip", "VIP-2"]
    assert get(tenant, "tags?object=contacts")["items"] == []
    assert tenant.get("/v1/tags?object=nonsense").status_code == 400
    assert tenant.server.cli("object", "tags", "accounts", "--tenant", tenant.slug)["items"][0] == counted[0]
