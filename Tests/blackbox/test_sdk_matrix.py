"""The vendors' own SDKs through every answer that the protocol knows: each event is stored once, or refused so that one sees it.

The server itself gives the answers 200, 400, 413 and 429; a proxy before it says 503, makes bodies too large and cuts connections.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from answer_proxy import Act, AnswerProxy
from sdks import VENDORS, sender
from server import Server, Tenant
from test_limits import until_limited

# Events of one case, which the SDKs send as one batch.
COUNT = 20
_numbers = itertools.count(1)


@dataclass
class Run:
    """One SDK in one case: what it was given, what came by, what it gave up on."""

    vendor: str
    tenant: Tenant
    gzip: bool
    proxy: AnswerProxy = field(init=False)
    sent: list[str] = field(default_factory=list)
    given_up: list[tuple[Any, list[dict[str, Any]]]] = field(default_factory=list)
    name: str = field(default_factory=lambda: f"case{next(_numbers)}")

    def __post_init__(self) -> None:
        self.proxy = AnswerProxy(self.tenant.server.base_url)

    def messages(self, count: int = COUNT) -> list[dict[str, Any]]:
        """Calls of all kinds in turn, as arguments of the SDKs."""
        user, visitor = f"u-{self.name}", f"a-{self.name}"
        kinds: list[dict[str, Any]] = [
            {"call": "page", "anonymous_id": visitor, "name": "Pricing"},
            {"call": "identify", "user_id": user, "anonymous_id": visitor, "traits": {"plan": "pro"}},
            {"call": "track", "user_id": user, "event": "Order Placed", "properties": {"total": 17.5}},
            {"call": "group", "user_id": user, "group_id": f"g-{self.name}", "traits": {"name": "Acme"}},
            {"call": "screen", "user_id": user, "name": "Home"},
            {"call": "alias", "previous_id": f"old-{self.name}", "user_id": user},
        ]
        return [
            {"message_id": f"{self.vendor}-{self.name}-{number}", **kind}
            for number, kind in zip(range(count), itertools.cycle(kinds))
        ]

    def broken(self, **arguments: Any) -> dict[str, Any]:
        """A track call with something wrong in it."""
        name = f"{self.vendor}-{self.name}-broken"
        return {"call": "track", "message_id": name, "user_id": "u", "event": "Order Placed", **arguments}

    def send(self, *flushes: list[dict[str, Any]]) -> None:
        """Sends messages through the SDK, each flush as one batch, with the retries that the SDK has by itself."""
        whole = {"upload_size": len(flushes[0]), "upload_interval": 1}
        with sender(self.vendor, self.tenant, host=self.proxy.url, gzip=self.gzip, max_retries=10, **whole) as to:
            for messages in flushes:
                for message in messages:
                    self.sent.append(message["message_id"])
                    arguments = dict(message)
                    getattr(to.client, arguments.pop("call"))(**arguments)
                to.client.flush()
        self.given_up += to.given_up

    @property
    def statuses(self) -> list[int | None]:
        """What the SDK was answered, in turn; None is a reset."""
        return [seen.status for seen in self.proxy.seen]

    @property
    def said(self) -> list[str]:
        """The codes that the SDK handed to on_error."""
        return [getattr(error, "code", repr(error)) for error, _ in self.given_up]

    def outcome(self) -> dict[str, Any]:
        """What became of the messages, by SQL and by what the SDK was told."""
        sql = self.tenant.server.sql
        stored = sql(
            "select message_id, count(*) from event_log where message_id = any(%s) group by 1", [self.sent], self.tenant.schema)
        kept = sql("select message_id, code from quarantine where message_id = any(%s)", [self.sent], self.tenant.schema)
        told = {item["messageId"] for error, items in self.given_up if getattr(error, "status", 0) for item in items}
        accounted = {name for name, _ in stored} | {name for name, _ in kept} | told
        return {
            "requests": len(self.statuses),
            "answers": ", ".join(str(status or "reset") for status in self.statuses),
            "events": len(set(self.sent)),
            "stored": len(stored),
            "doubled": sum(1 for _, count in stored if count > 1),
            "lost": len(set(self.sent) - accounted),
            "in quarantine": ", ".join(f"{count} {code}" for code, count in Counter(code for _, code in kept).items()) or 0,
            "refused, as the SDK was told": f"{len(told)} {self.said[0]}" if told else 0,
        }


def ok(run: Run) -> dict[str, Any]:
    run.send(run.messages())
    assert run.statuses == [200] and not run.given_up
    return {"stored": COUNT}


def one_invalid_event(run: Run) -> dict[str, Any]:
    """The batch is answered 200 and names it: SDKs drop what is answered 400, and its neighbours with it."""
    run.send(run.messages() + [run.broken(user_id="x" * 600)])
    assert run.statuses == [200] and not run.given_up
    assert [item["code"] for item in run.proxy.seen[0].answer["rejected"]] == ["identifier_too_long"]
    return {"stored": COUNT, "in quarantine": "1 identifier_too_long"}


def an_invalid_batch(run: Run) -> dict[str, Any]:
    """Python writes a NaN that is no JSON; the SDK gives up at once and says so."""
    run.send(run.messages() + [run.broken(properties={"ratio": float("nan")})])
    assert run.statuses == [400] and run.said == ["invalid_json"]
    return {"stored": 0, "refused, as the SDK was told": f"{COUNT + 1} invalid_json"}


def too_large(run: Run) -> dict[str, Any]:
    run.proxy.acts.append(Act.ENLARGE)
    run.send(run.messages())
    assert run.statuses == [413] and run.said == ["body_too_large"]
    return {"stored": 0, "refused, as the SDK was told": f"{COUNT} body_too_large"}


def rate_limited(run: Run) -> dict[str, Any]:
    """The tenant's rate is used up; the SDK comes again, segment's after as long as the header says."""
    run.tenant.server.cli("tenant", "update", run.tenant.slug, "--rate", "10", "--burst", str(COUNT))
    until_limited(run.tenant, COUNT)
    run.send(run.messages())
    assert set(run.statuses[:-1]) == {429} and run.statuses[-1] == 200 and not run.given_up
    refused = run.proxy.seen[0]
    assert refused.code == "rate_limited" and refused.retry_after is not None
    waited = run.proxy.seen[1].at_s - refused.at_s
    assert run.vendor != "segment" or waited >= refused.retry_after, (waited, refused)
    return {"stored": COUNT}


def unavailable_three_times(run: Run) -> dict[str, Any]:
    run.proxy.acts.extend([Act.UNAVAILABLE] * 3)
    run.send(run.messages())
    assert run.statuses == [503, 503, 503, 200] and not run.given_up
    assert run.proxy.seen[-1].answer["accepted"] == COUNT
    return {"stored": COUNT}


def cut_after_the_commit(run: Run) -> dict[str, Any]:
    run.proxy.acts.append(Act.CUT)
    run.send(run.messages())
    assert run.statuses == [None, 200] and not run.given_up
    first, second = (seen.answer for seen in run.proxy.seen)
    assert (first["accepted"], second["accepted"], second["duplicates"]) == (COUNT, 0, COUNT)
    return {"stored": COUNT}


def duplicates(run: Run) -> dict[str, Any]:
    """The same messageIds twice in one batch, and the batch once more."""
    twice = run.messages() + run.messages()
    run.send(twice, twice)
    assert run.statuses == [200, 200] and not run.given_up
    assert [seen.answer["duplicates"] for seen in run.proxy.seen] == [COUNT, 2 * COUNT]
    return {"stored": COUNT}


CASES: dict[str, Callable[[Run], dict[str, Any]]] = {
    "200": ok,
    "400 for one event of a batch": one_invalid_event,
    "400 for a batch": an_invalid_batch,
    "413": too_large,
    "429 with Retry-After": rate_limited,
    "503 three times": unavailable_three_times,
    "cut after the commit": cut_after_the_commit,
    "duplicates": duplicates,
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("swapped", [False, pytest.param(True, marks=pytest.mark.full)], ids=["", "gzip-swapped"])
def test_each_event_is_stored_once_or_refused_visibly(
    tandem: Server, case: str, swapped: bool, figures: Callable[[str, Any], None]
) -> None:
    def run(vendor: str) -> Run:
        # A rate is its tenant's own.
        suffix = f"-limited-{next(_numbers)}" if case.startswith("429") else ""
        tenant = tandem.tenant(f"matrix-{vendor}{suffix}")
        # By itself rudder compresses and segment does not.
        found = Run(vendor, tenant, gzip=(vendor == "rudder") != swapped)
        expected = {"doubled": 0, "lost": 0, "in quarantine": 0, "refused, as the SDK was told": 0, **CASES[case](found)}
        outcome = found.outcome()
        found.proxy.close()
        figures(f"{vendor}{' with gzip' if found.gzip else ''}: {case}", outcome)
        assert {name: outcome[name] for name in expected} == expected, outcome
        return found

    # Both at once, since both mostly wait.
    with ThreadPoolExecutor(len(VENDORS)) as pool:
        for done in [pool.submit(run, vendor) for vendor in VENDORS]:
            done.result()
