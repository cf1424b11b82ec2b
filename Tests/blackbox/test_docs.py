"""Nothing that the product offers is missing in the documentation, and its links lead somewhere."""

from __future__ import annotations

import re
import subprocess

import pytest
import requests

import reference
from server import ROOT, Server, Tenant

PAGES = {path: path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]}
HAND = "\n".join(text for path, text in PAGES.items() if "reference" not in path.parts)
ALL = "\n".join(PAGES.values())


def help_of(server: Server, *topic: str) -> str:
    return subprocess.run([str(server.binary), "help", *topic], capture_output=True, text=True, check=True).stdout


def test_every_command_is_documented(tandem: Server) -> None:
    paths = [path for path, _ in reference.commands(tandem)]
    assert "tandem profile graph" in paths and "tandem bi promote" in paths
    assert [path for path in paths if f"`{path}`" not in ALL] == [], "make docs"
    nouns = {" ".join(path.split()[:2]) for path in paths}
    assert [noun for noun in sorted(nouns) if noun not in HAND] == []


def test_every_command_has_an_example_and_every_option_words(tandem: Server) -> None:
    commands = reference.commands(tandem)
    # `tandem import run` is meant by `tandem import`.
    bare = [path for path, command in commands if path.removesuffix(" run") not in (command.get("discussion") or "")]
    assert bare == []
    silent = [
        f"{path} {argument.get('valueName')}" for path, command in commands for argument in command.get("arguments", [])
        if argument.get("shouldDisplay", True) and not argument.get("abstract")]
    assert silent == []


def test_every_route_is_documented(tandem: Server) -> None:
    routes = reference.routes(tandem)
    assert len(routes) > 30
    admin = reference.admin_routes()
    assert ("POST", "/admin/v1/tenants/{tenant}/keys", "Create a key") in admin
    missing = [f"{method} {path}" for method, path, _ in routes + admin if f"| {method} | `{path}` |" not in ALL]
    assert missing == [], "make docs"


def test_every_scope_is_documented(tandem: Server) -> None:
    paths = requests.get(tandem.base_url + "/openapi.json", timeout=10).json()["paths"]
    asked = {operation.get("x-tandem-permission") for operations in paths.values() for operation in operations.values()} - {None}
    known = set(re.findall(r"\w+:\w+", help_of(tandem, "key", "create").split("Scopes: ")[1].split(". ")[0]))
    assert "privacy:write" in asked and asked < known
    assert [scope for scope in sorted(known) if f"`{scope}`" not in PAGES[ROOT / "docs/api.md"]] == []


def test_every_relation_and_column_of_bi_is_documented(tenant: Tenant) -> None:
    relations = reference.relations(tenant)
    page = (ROOT / "docs/reference/relations.md").read_text()
    assert [name for name, _, _, _ in relations if f"## `{name}` (" not in page] == [], "make docs"
    for name, _, _, columns in relations:
        section = page.split(f"## `{name}` (", 1)[1].split("\n## ", 1)[0]
        assert [column for column, _, _ in columns if f"| `{column}` |" not in section] == [], f"{name}: make docs"
    assert [name for name, _, _, _ in relations if f"`{name}`" not in HAND] == []


def test_the_generated_schema_is_the_one_that_a_tenant_has(tenant: Tenant) -> None:
    assert reference.SCHEMA.read_text() == reference.schema(tenant), "make docs"


def test_exit_codes_and_settings_are_documented(tandem: Server) -> None:
    codes = re.findall(r"^(\d+) ", help_of(tandem, "exit-codes"), re.M)
    assert len(codes) > 8
    assert [code for code in codes if not re.search(rf"^\| {code} \|", HAND, re.M)] == []
    settings = re.findall(r"^([a-z]+(?:_[a-z]+)*)  ", help_of(tandem, "configuration"), re.M)
    assert "database_url" in settings
    assert [name for name in settings if f"`{name}`" not in HAND] == []


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGES[path])
    missing = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert missing == []
