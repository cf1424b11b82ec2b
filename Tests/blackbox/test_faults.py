"""A network that misbehaves between the server and PostgreSQL: every request is answered within five seconds, and ten seconds
after the fault all is well. What was acknowledged is stored; what was not can be sent again and counts once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from flaky_proxy import Faults, FlakyProxy
from server import Server, Tenant, wait_until

ANSWER_S = 5.0
HEAL_S = 10.0


@dataclass
class Site:
    """A server whose PostgreSQL is behind the proxy, and the server that owns that PostgreSQL."""

    server: Server
    owner: Server
    proxy: FlakyProxy
    tenant: Tenant


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Server() as owner:
        made = owner.tenant("faults")
        place = owner.postgres
        proxy = FlakyProxy(f"{place['socket_dir']}/.s.PGSQL.{place['port']}")
        # The owner's own server would only share the processors.
        owner.kill()
        url = f"postgresql://tandem@127.0.0.1:{proxy.port}/{place['database']}"
        with Server(environment={"TANDEM_DATABASE_URL": url}) as server:
            tenant = Tenant(made.slug, made.id, made.schema, made.write_key, made.secret_key, server)
            yield Site(server, owner, proxy, tenant)
        proxy.close()


@dataclass
class Watch:
    """Requests of all kinds, all the time, from several clients; what was answered, and when."""

    site: Site
    prefix: str
    answers: list[tuple[str, float, float, int]] = field(default_factory=list)  # kind, begin, seconds, status (0: none)
    acknowledged: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    without_retry_after: int = 0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        kinds = [self._event, self._event, self._event, self._read, self._read, self._write]
        self._threads = [threading.Thread(target=self._run, args=(number, kind), daemon=True) for number, kind in enumerate(kinds)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self, number: int, ask: Callable[[requests.Session, str], requests.Response]) -> None:
        session = requests.Session()
        count = 0
        while not self._stop.wait(0.02):
            count += 1
            name = f"{self.prefix}-{number}-{count}"
            begin = time.monotonic()
            try:
                answer = ask(session, name)
                status = answer.status_code
                if status in (429, 503) and "Retry-After" not in answer.headers:
                    self.without_retry_after += 1
            except requests.RequestException:
                status = 0
            self.answers.append((ask.__name__, begin, time.monotonic() - begin, status))
            if ask.__name__ == "_event":
                (self.acknowledged if status == 200 else self.in_doubt).append(name)

    def _event(self, session: requests.Session, name: str) -> requests.Response:
        message = {"userId": name, "event": "E", "messageId": name}
        return session.post(
            f"{self.site.server.base_url}/v1/track", json=message, auth=(self.site.tenant.write_key, ""), timeout=30)

    def _read(self, session: requests.Session, name: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.site.tenant.secret_key}"}
        return session.get(f"{self.site.server.base_url}/v1/profiles?limit=1", headers=headers, timeout=30)

    def _write(self, session: requests.Session, name: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.site.tenant.secret_key}", "Idempotency-Key": name}
        return session.post(f"{self.site.server.base_url}/v1/accounts", json={"name": name}, headers=headers, timeout=30)


FAULTS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    # name: (what the proxy does, whether connections are reset at the begin, and at the end)
    "latency of 200 ms": ({"latency_s": 0.2}, False, False),
    "every connection reset": ({}, True, False),
    "all connections reset and new ones refused": ({"refuse": True}, True, False),
    "blackhole": ({"swallow": True}, False, False),
    "blackhole whose connections end with it": ({"swallow": True}, False, True),
    "answers swallowed": ({"swallow_answers": True}, False, False),
    "cut after 3,000 bytes": ({"cut_after": 3_000}, False, False),
}

SHORT = ("every connection reset", "blackhole")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[] if name in SHORT else pytest.mark.full) for name in FAULTS])
def test_a_fault_of_the_network_is_answered_and_heals(
    site: Site, fault: str, full: bool, figures: Callable[[str, Any], None]
) -> None:
    settings, is_reset_first, is_reset_last = FAULTS[fault]
    watch = Watch(site, f"f{time.monotonic_ns()}")
    time.sleep(3 if full else 1.5)
    begin = time.monotonic()
    for name, value in settings.items():
        setattr(site.proxy.faults, name, value)
    if is_reset_first:
        site.proxy.reset()
    time.sleep(12 if full else 7)
    end = time.monotonic()
    site.proxy.faults.__dict__.update(Faults().__dict__)
    if is_reset_last:
        site.proxy.reset()
    time.sleep(HEAL_S + (5 if full else 2))
    watch.end()
    before = [answer for answer in watch.answers if answer[1] < begin - 0.5]
    during = [answer for answer in watch.answers if begin <= answer[1] < end]
    late = [answer for answer in watch.answers if answer[1] >= end + HEAL_S]
    failures = [answer for answer in watch.answers if answer[3] not in (200, 201) and answer[1] >= end - ANSWER_S]
    healed = max((at + seconds - end for _, at, seconds, _ in failures), default=0.0)
    slowest = max(seconds for _, _, seconds, _ in watch.answers)
    figures(f"{fault}: requests before, during, after", f"{len(before)}, {len(during)}, {len(late)}")
    figures(f"{fault}: slowest answer, s", f"{slowest:.1f}")
    statuses = sorted({status for _, _, _, status in watch.answers})
    figures(f"{fault}: statuses", str({status: sum(1 for each in watch.answers if each[3] == status) for status in statuses}))
    figures(f"{fault}: last failed answer after the end, s", f"{max(0.0, healed):.1f}")
    assert before and all(status in (200, 201) for _, _, _, status in before)
    assert set(statuses) <= {200, 201, 503}, statuses
    assert watch.without_retry_after == 0
    assert slowest <= ANSWER_S + (0 if full else 2), sorted(watch.answers, key=lambda each: -each[2])[:5]
    assert late and all(status in (200, 201) for _, _, _, status in late), [each for each in late if each[3] not in (200, 201)][:5]
    check_events(site, watch)


def check_events(site: Site, watch: Watch) -> None:
    """What was acknowledged is stored once; what is in doubt is sent again, and is then."""
    for name in watch.in_doubt:
        answer = site.tenant.ingest("track", {"userId": name, "event": "E", "messageId": name})
        assert answer.status_code == 200, answer.text
    rows = site.owner.sql(
        "select count(*), count(distinct message_id) from event_log where message_id like %s", [watch.prefix + "-%"],
        schema=site.tenant.schema)
    sent = len(watch.acknowledged) + len(watch.in_doubt)
    assert rows == [(sent, sent)]


def test_a_key_is_not_used_twice_where_nobody_knows_what_the_first_request_did(site: Site) -> None:
    """The answer to the commit is lost: the record is there, and the same key makes no second one."""
    headers = {"Authorization": f"Bearer {site.tenant.secret_key}"}

    def post(key: str, subject: str) -> requests.Response:
        return requests.post(
            f"{site.server.base_url}/v1/activities", json={"type": "note", "subject": subject},
            headers={**headers, "Idempotency-Key": key}, timeout=30)

    assert post("whole", "whole").status_code == 201
    lost = 0
    for attempt in range(12):
        key = f"lost-{attempt}"
        thread = threading.Timer(0.004 * (attempt + 1), lambda: setattr(site.proxy.faults, "swallow_answers", True))
        thread.start()
        first = post(key, key)
        thread.cancel()
        site.proxy.faults.swallow_answers = False
        site.proxy.reset()
        wait_until(lambda: requests.get(f"{site.server.base_url}/readyz", timeout=5).status_code == 200)
        again = post(key, key)
        rows = site.owner.sql("select count(*) from activities where subject = %s", [key], schema=site.tenant.schema)[0][0]
        assert rows <= 1, f"{first.status_code}, then {again.status_code}: {rows} records"
        if first.status_code == 503 and again.status_code == 409:
            lost += 1
            assert "cut off" in again.json()["message"] or "no answer yet" in again.json()["message"]
    assert lost > 0, "no answer was lost: the test did not meet the fault"
