"""The procedures themselves against the model, without a server's HTTP in between: many histories in little time.

SEEDS, FIRST_SEED as in test_differential.py; PROCEDURE_SEEDS overrides the number here.
"""

import os
import sys
from pathlib import Path

import pytest

from compare import base_now, run_batch_law, run_seed
from server import code_schema
from sql_target import SqlTarget

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sql"))

from tenant import Tenant  # noqa: E402

FIRST_SEED = int(os.environ.get("FIRST_SEED", "0"))
SEEDS = int(os.environ.get("PROCEDURE_SEEDS", os.environ.get("SEEDS", "20")))
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def target(request):
    """One tenant with the module cdp; all histories have prefixes of their own."""
    dsn, path, role = os.environ.get("TANDEM_TEST_SQL_DSN"), f"t_x, t_x_i, {code_schema()}, pg_temp", None
    if not dsn:
        server = request.getfixturevalue("tandem")
        schema = server.tenant("procedures", modules="cdp").schema
        dsn, path, role = server.dsn, f"{schema}, {schema}_i, {code_schema()}, pg_temp", f"{schema}_app"
    tenant = Tenant(dsn, path, role)
    tenant.rows(
        "insert into source (id, source_id, name, kind) values (1, uuidv7(), 'server', 'server') "
        "on conflict do nothing returning id"
    )
    made = SqlTarget(tenant, base_now() + HOUR_MS - 1)
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
def test_a_random_history_leaves_the_procedures_as_it_leaves_the_model(target, seed):
    report = run_seed(seed, 200, target, f"p{os.getpid() % 10000:04d}{seed:05d}x")
    assert report is None, str(report)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
def test_batches_of_the_procedure_equal_its_messages_one_by_one(target, seed):
    diff = run_batch_law(seed, 50, target, f"q{os.getpid() % 10000:04d}{seed:05d}x")
    assert not diff, "\n".join(diff)


def test_all_that_is_derived_agrees_after_the_histories(target):
    assert target.tenant.rows("select * from check_identity()") == []
    assert target.query("invariants") == []
