"""Nothing that the product offers is missing in the documentation, and its links lead somewhere."""

from __future__ import annotations

import re
import subprocess

import pytest

import reference
from server import ROOT, Server, Tenant

PAGES = {path: path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]}
HAND = "\n".join(text for path, text in PAGES.items() if "reference" not in path.parts)
ALL = "\n".join(PAGES.values())


def help_of(server: Server, topic: str) -> str:
    return subprocess.run([str(server.binary), "help", topic], capture_output=True, text=True, check=True).stdout


def test_every_command_is_documented(tandem: Server) -> None:
    paths = [path for path, _ in reference.commands(tandem)]
    assert "tandem profile graph" in paths and "tandem bi promote" in paths
    assert [path for path in paths if f"`{path}`" not in ALL] == [], "make docs"
    nouns = {" ".join(path.split()[:2]) for path in paths}
    assert [noun for noun in sorted(nouns) if noun not in HAND] == []


def test_every_route_is_documented(tandem: Server) -> None:
    routes = reference.routes(tandem)
    assert len(routes) > 30
    assert [f"{method} {path}" for method, path, _ in routes if f"| {method} | `{path}` |" not in ALL] == [], "make docs"


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
