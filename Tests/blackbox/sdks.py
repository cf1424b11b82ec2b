"""The vendors' own SDKs from PyPI, unmodified, behind the calls that both have."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import rudderstack.analytics.client
import segment.analytics.client

from server import Tenant

VENDORS = ["segment", "rudder"]


class Sender:
    """One client; keeps what the SDK's on_error was told: the error, and the events that the SDK gave up on."""

    def __init__(self, vendor: str, tenant: Tenant, **options: Any):
        self.errors: list[Any] = []
        self.given_up: list[tuple[Any, list[dict[str, Any]]]] = []
        module = {"segment": segment.analytics.client, "rudder": rudderstack.analytics.client}[vendor]
        options = {"host": tenant.server.base_url, "max_retries": 3, **options}
        self.client = module.Client(tenant.write_key, on_error=self._failed, **options)

    def _failed(self, error: Any, items: Any) -> None:
        self.errors.append(error)
        self.given_up.append((error, items))

    def flush(self) -> None:
        self.client.flush()
        assert self.errors == []


@contextlib.contextmanager
def sender(vendor: str, tenant: Tenant, **options: Any) -> Iterator[Sender]:
    client = Sender(vendor, tenant, **options)
    try:
        yield client
    finally:
        client.client.join()
