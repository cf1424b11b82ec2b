"""Writes docs/reference and sql/tenant/schema.sql from the product itself: its help, its OpenAPI description, the catalog.

    .venv/bin/python Tests/blackbox/reference.py     (or: make docs)
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
from typing import Any

import requests

from server import ROOT, Server, Tenant

FOLDER = ROOT / "docs/reference"
SCHEMA = ROOT / "sql/tenant/schema.sql"


def commands(server: Server) -> list[tuple[str, dict[str, Any]]]:
    """Every command that does something, as (`tandem profile show`, its description)."""
    text = subprocess.run(
        [str(server.binary), "--experimental-dump-help"], capture_output=True, text=True, check=True).stdout

    def leaves(command: dict[str, Any], path: str) -> list[tuple[str, dict[str, Any]]]:
        path = f"{path} {command['commandName']}".strip()
        children = command.get("subcommands", [])
        return [leaf for child in children for leaf in leaves(child, path)] if children else [(path, command)]

    return [leaf for leaf in leaves(json.loads(text)["command"], "") if not leaf[0].startswith("tandem help")] + [
        ("tandem help", {
            "abstract": "Help on a command, or on environment, configuration, exit-codes.", "discussion": "tandem help tenant create"})]


def routes(server: Server) -> list[tuple[str, str, str]]:
    """(method, path, summary) of every route of the data plane."""
    description = requests.get(server.base_url + "/openapi.json", timeout=10).json()
    return [
        (method.upper(), path, operation.get("summary", ""))
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
        if method in {"get", "post", "put", "patch", "delete", "head", "options"}
    ]


def admin_routes() -> list[tuple[str, str, str]]:
    """The same of the admin plane, which describes itself nowhere: as its source has them."""
    folder = ROOT / "Sources/TandemAPI"
    files = {*folder.glob("Tenancy/*.swift"), *folder.glob("*/Admin*Routes.swift")}
    text = "\n".join(path.read_text() for path in sorted(files))
    found = re.findall(r"oute\(\s*\.(\w+),\s*\"(/[^\"]+)\",\s*\"([^\"]+)\"", text)
    return sorted(((method.upper(), path, summary) for method, path, summary in found), key=lambda route: (route[1], route[0]))


def relations(tenant: Tenant) -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    """(name, table or view, comment, [(column, type, comment)]) of all that BI sees."""
    found = tenant.server.sql(
        "select c.oid::int8, c.relname, case c.relkind when 'v' then 'view' else 'table' end, obj_description(c.oid)"
        " from pg_class c where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'p', 'v') order by 3, 2",
        [tenant.schema])
    return [
        (name, kind, comment or "", tenant.server.sql(
            "select attname, format_type(atttypid, atttypmod), coalesce(col_description(attrelid, attnum), '')"
            " from pg_attribute where attrelid = %s::int8::oid and attnum > 0 and not attisdropped order by attnum", [oid]))
        for oid, name, kind, comment in found
    ]


def schema(tenant: Tenant) -> str:
    """The tables of both schemas of a tenant as SQL, under the names t_x and t_x_i, without what differs from tenant to tenant."""
    views = [name for name, kind, _, _ in relations(tenant) if kind == "view"]
    installed = pathlib.Path("/usr/lib/postgresql/15/bin/pg_dump")
    dump = str(installed) if installed.exists() else shutil.which("pg_dump")
    text = subprocess.run(
        [str(dump), "--schema-only", "--no-owner", "--no-privileges", "--no-comments", "--dbname", tenant.server.dsn,
         "--schema", tenant.schema, "--schema", tenant.internals,
         # Months come and go.
         "--exclude-table", f"{tenant.internals}.event_log_y*",
         *(option for name in views for option in ("--exclude-table", f"{tenant.schema}.{name}"))],
        capture_output=True, text=True, check=True).stdout
    noise = re.compile(r"--|SET |SELECT pg_catalog\.set_config|CREATE SCHEMA |\\(un)?restrict ")
    lines = [line.rstrip() for line in text.replace(tenant.schema, "t_x").split("\n") if not noise.match(line)]
    statements = re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip()
    said = "-- Written by `make docs` from a new tenant with both modules: its tables, sequences, indexes and keys, as the migrations"
    return f"{said}\n-- leave them. Comments stand there, views in views/bi. Never run.\n\n{statements}\n"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def commands_page(server: Server) -> str:
    said = "Written by `make docs` from the help. `tandem help COMMAND` says more; examples are in [cli.md](../cli.md)."
    lines = ["# Commands", "", said, ""]
    for path, command in commands(server):
        lines += [f"## `{path}`", "", command.get("abstract", ""), ""]
        for argument in command.get("arguments", []):
            names = [
                ("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names", [])
            ] or [f"<{argument.get('valueName', '')}>"]
            if argument.get("shouldDisplay", True) and "--help" not in names and not is_version(argument, names):
                if not set(names) & GLOBAL:
                    lines.append(f"- `{', '.join(names)}`: {argument.get('abstract', '')}")
        lines.append("")
    everywhere = sorted({*GLOBAL, "--version"})
    lines += ["Every command also has " + ", ".join(f"`{name}`" for name in everywhere if name.startswith("--")) + ".", ""]
    return "\n".join(lines)


def is_version(argument: dict[str, Any], names: list[str]) -> bool:
    """Tandem's own, which every command takes; some commands have an option of that name, with a value."""
    return argument["kind"] == "flag" and names == ["--version"]


GLOBAL = {"--output", "-o", "--tenant", "--data-dir", "--database-url", "--config", "--log-level", "--dry-run", "-n"}


def routes_page(server: Server) -> str:
    said = "Written by `make docs` from `GET /openapi.json`, which has parameters and answers. Examples are in [api.md](../api.md)."
    lines = ["# Routes", "", said, "", "| | path | |", "|---|---|---|"]
    lines += [f"| {method} | `{path}` | {cell(summary)} |" for method, path, summary in routes(server)]
    lines += ["", "## Admin plane", "", "On a port of its own (`admin_listen`), with an admin key; `/livez` and `/readyz` without one.", ""]
    lines += ["| | path | |", "|---|---|---|"]
    lines += [f"| {method} | `{path}` | {cell(summary)} |" for method, path, summary in admin_routes()]
    return "\n".join(lines) + "\n"


def relations_page(tenant: Tenant) -> str:
    said = "Written by `make docs` from the catalog. How to connect and example queries are in [bi.md](../bi.md)."
    lines = ["# Relations that BI sees", "", said, ""]
    for name, kind, comment, columns in relations(tenant):
        lines += [f"## `{name}` ({kind})", "", comment, "", "| column | type | |", "|---|---|---|"]
        lines += [f"| `{column}` | {type} | {cell(text)} |" for column, type, text in columns] + [""]
    return "\n".join(lines)


def write(server: Server, folder: pathlib.Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "commands.md").write_text(commands_page(server))
    (folder / "routes.md").write_text(routes_page(server))
    tenant = server.tenant("reference")
    (folder / "relations.md").write_text(relations_page(tenant))
    SCHEMA.write_text(schema(tenant))


if __name__ == "__main__":
    with Server() as started:
        write(started)
    print(f"{FOLDER.relative_to(ROOT)} and {SCHEMA.relative_to(ROOT)} are up to date")
