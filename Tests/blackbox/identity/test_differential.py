"""The SQL procedures against the naive model, over random histories; batches against single messages; mutations.

SEEDS, OPS   histories and their length, default 20 × 200 (`make show-thread-undo`: 300 × 200, `make show-identity-model`: 1,000 × 200)
CUTS         histories of the batch law, default 30 (500)
MUTATIONS    how many mutations are tried, default 3 (all)
FIRST_SEED   where the seeds begin, default 0

Runs on several processes, too (`-n 2`): each has a server of its own, and its share of the figures is added to the others'.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from compare import run_batch_law, run_seed
from mutations import MUTATIONS, Mutation, mutated
from server import Server
from targets import HttpTarget, Refused

FULL = os.environ.get("TANDEM_TEST_FULL") == "1"
FIRST_SEED = int(os.environ.get("FIRST_SEED", "0"))
SEEDS = int(os.environ.get("SEEDS", "300" if FULL else "20"))
OPS = int(os.environ.get("OPS", "200"))
CUTS = int(os.environ.get("CUTS", "500" if FULL else "30"))
MUTATION_COUNT = int(os.environ.get("MUTATIONS", str(len(MUTATIONS)) if FULL else "3"))
TENANTS = 8  # reused by all seeds; identifiers carry the seed's prefix
SEEDS_PER_MUTATION = 40

Figures = Callable[[str, Any], None]
AGREED = {"random histories equal to the model": 0, "with contacts": 0, "histories in batches equal to single messages": 0}


class Targets:
    """Tenants of the shared server by slug: `crm-…` with contacts, others with the module cdp alone."""

    def __init__(self, tandem: Server) -> None:
        self.tandem = tandem
        self.made: dict[str, HttpTarget] = {}

    def __call__(self, slug: str) -> HttpTarget:
        if slug not in self.made:
            tenant = self.tandem.tenant(slug, modules="cdp,crm" if slug.startswith("crm-") else "cdp")
            self.made[slug] = HttpTarget(
                self.tandem.base_url, tenant.write_key, tenant.secret_key, self.tandem.dsn, tenant.schema
            )
        return self.made[slug]

    def breaches(self) -> dict[str, Any]:
        """Where a derived table is not what nodes, edges and records say, but for the tenants that lived through a fault."""
        sound = {slug: target for slug, target in self.made.items() if not slug.startswith("fault-")}
        return {slug: found for slug, target in sound.items() if (found := target.query("invariants"))}


@pytest.fixture(scope="module")
def target_of(tandem: Server, counts: Figures) -> Iterator[Targets]:
    targets = Targets(tandem)
    yield targets
    try:
        assert not (breaches := targets.breaches()), breaches
    finally:
        for target in targets.made.values():
            target.close()
    for name, number in AGREED.items():
        counts(name, number)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
def test_a_random_history_leaves_the_server_as_it_leaves_the_model(target_of: Targets, seed: int) -> None:
    report = run_seed(seed, OPS, target_of(f"model-{seed % TENANTS}"), f"s{seed:05d}x")
    assert report is None, str(report)
    AGREED["random histories equal to the model"] += 1


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + max(SEEDS // 4, 1)))
def test_contacts_of_several_accounts_are_reviewed_as_the_model_says(target_of: Targets, seed: int) -> None:
    report = run_seed(seed, OPS, target_of(f"crm-{seed % TENANTS}"), f"c{seed:05d}x", contacts=True)
    assert report is None, str(report)
    AGREED["with contacts"] += 1


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + CUTS))
def test_a_batch_equals_its_messages_one_by_one(target_of: Targets, seed: int) -> None:
    diff = run_batch_law(seed, 50, target_of(f"batch-{seed % TENANTS}"), f"b{seed:05d}x")
    assert not diff, "\n".join(diff)
    AGREED["histories in batches equal to single messages"] += 1


def test_derived_tables_agree_with_nodes_edges_and_records(target_of: Targets) -> None:
    """Every tenant that histories were played on is looked at once more when the last one is done."""
    assert run_seed(0, 50, target_of("model-0"), "inv00x", shrinking=False) is None
    assert not (breaches := target_of.breaches()), breaches


def is_noticed(seed: int, target: HttpTarget) -> bool:
    """Whether the faulty server leaves the model, or the contract, in this history."""
    try:
        return run_seed(seed, OPS, target, f"f{seed:05d}x", shrinking=False) is not None
    except Refused:
        return True


@pytest.mark.parametrize("mutation", MUTATIONS[:MUTATION_COUNT], ids=lambda mutation: mutation.name)
def test_a_fault_in_the_procedures_is_caught(
    tandem: Server, target_of: Targets, mutation: Mutation, figures: Figures
) -> None:
    target = target_of(f"fault-{MUTATIONS.index(mutation)}")
    with mutated(tandem.dsn, mutation):
        caught = next((seed for seed in range(SEEDS_PER_MUTATION) if is_noticed(seed, target)), None)
    assert caught is not None, f"{mutation.description}: not noticed in {SEEDS_PER_MUTATION} histories"
    figures(f"{mutation.name} is caught by history", caught + 1)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_mutation_still_fits_its_file(mutation: Mutation) -> None:
    assert mutation.text() != mutation.original()
