"""Tenants for tests that call the procedures themselves.

They are made on the session's server; with TANDEM_TEST_SQL_DSN the tests run in the tenant t_x of that database instead.
"""

import itertools
import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from records import Records
from server import code_schema
from tenant import Tenant

_numbers = itertools.count(1)


def _tenant(request, slug, modules):
    dsn, schema, role = os.environ.get("TANDEM_TEST_SQL_DSN"), "t_x", None
    if not dsn:
        server = request.getfixturevalue("tandem")
        dsn, schema = server.dsn, server.tenant(slug, modules=modules).schema
        role = f"{schema}_app"
    made = Tenant(dsn, f"{schema}, {schema}_i, {code_schema()}, pg_temp", role)
    made.rows(
        "insert into source (id, source_id, name, kind) "
        "values (101, uuidv7(), 'sql-server', 'server'), (102, uuidv7(), 'sql-web', 'browser') "
        "on conflict do nothing returning id"
    )
    return made


@pytest.fixture(scope="module")
def module_tenant(request):
    """A tenant with cdp and crm."""
    made = _tenant(request, f"sql-{os.getpid()}", "cdp,crm")
    yield made
    made.connection.close()


@pytest.fixture
def tenant(module_tenant):
    """The module's tenant, with default rules; identifiers of a test carry a prefix of their own (`tenant.id`)."""
    module_tenant.prefix = f"{os.getpid()}-{next(_numbers)}-"
    module_tenant.put_rules({})
    return module_tenant


@pytest.fixture(scope="module")
def records_connection(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """A tenant's connection: of the database that TANDEM_TEST_SQL_DSN names (schemas t_x and t_x_i), else a tenant of the
    session's server."""
    dsn = os.environ.get("TANDEM_TEST_SQL_DSN")
    schema = "t_x"
    if dsn is None:
        server = request.getfixturevalue("tandem")
        dsn, schema = server.dsn, server.tenant(f"records-{os.getpid()}-{next(_numbers)}").schema
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "select set_config('search_path', %s, false)", [f"{schema}, {schema}_i, {code_schema()}, pg_temp"]
        )
        connection.commit()
        yield connection
        connection.rollback()


@pytest.fixture
def crm(records_connection: psycopg.Connection) -> Iterator[Records]:
    records = Records(records_connection)
    for id, kind in ((1, "server"), (2, "browser"), (3, "import")):
        records.rows(
            "insert into source (id, source_id, name, kind) values (%s, gen_random_uuid(), %s, %s) "
            "on conflict (id) do update set kind = excluded.kind returning 1",
            id, f"s{id}-{uuid.uuid4()}", kind,
        )
    yield records
    records_connection.rollback()
