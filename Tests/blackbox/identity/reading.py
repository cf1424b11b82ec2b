"""From a message and the rules to identifiers, traits and times: what happens to a message before it meets a profile.

Times are integers, milliseconds since 1970 in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
WINDOWS_MS = {"weekly": 7 * DAY_MS, "monthly": 30 * DAY_MS, "annually": 365 * DAY_MS, "ever": None}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Identifier = tuple[str, str]  # (type, normalised value)


def parse_time(text: str) -> int:
    """ISO 8601 with zone → milliseconds since 1970."""
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // timedelta(milliseconds=1)


def format_time(ms: int) -> str:
    """Milliseconds since 1970 → `2025-01-31T08:00:00.000Z`, the form used in messages and in visible states."""
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def camel_case(key: str) -> str:
    head, *tail = key.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


# --- rules -------------------------------------------------------------------------------------------------------


class Rules:
    """The document of `PUT /v1/identity/rules`, with the defaults for what it leaves out."""

    DEFAULT = {
        "identifiers": [
            {"type": "user_id", "priority": 1, "limit": 1, "window": "ever"},
            {"type": "email", "priority": 2, "limit": 5, "window": "ever"},
        ],
        "default": {"limit": 5, "window": "ever"},
        "blocked": ["-1", "null", "anonymous"],
        "blocked_patterns": ["^[0-]*$"],
        "max_ids": 1000,
        "max_merges": 100,
        "anomaly_ids_per_hour": 20,
    }

    def __init__(self, document: dict[str, Any] | None = None) -> None:
        self.document = {**self.DEFAULT, **(document or {})}
        self.types = {entry["type"]: entry for entry in self.document["identifiers"]}
        self.places = {
            entry["type"]: entry.get("priority", number)
            for number, entry in enumerate(self.document["identifiers"], start=1)
        }

    def priority(self, identifier: Identifier) -> tuple:
        """Sort key: the configured list, then other types alphabetically; inside one type by value, byte order."""
        kind, value = identifier
        place = (0, self.places[kind], b"") if kind in self.places else (1, 0, kind.encode())
        return (*place, value.encode())

    def limit(self, kind: str) -> tuple[int, int | None]:
        """(most distinct values on one profile, window in ms or None for ever)."""
        fallback = self.document["default"]
        if kind == "user_id":
            fallback = {"limit": 1, "window": "ever"}
        entry = self.types.get(kind, {})
        return (
            entry.get("limit", fallback.get("limit", 5)),
            WINDOWS_MS[entry.get("window", fallback.get("window", "ever"))],
        )

    def is_blocked(self, identifier: Identifier) -> bool:
        kind, value = identifier
        entry = self.types.get(kind, {})
        exact = [*self.document["blocked"], *entry.get("blocked", [])]
        patterns = [*self.document["blocked_patterns"], *entry.get("blocked_patterns", [])]
        return value in exact or any(re.search(pattern, value) for pattern in patterns)

    @property
    def max_ids(self) -> int:
        return self.document["max_ids"]

    @property
    def max_merges(self) -> int:
        return self.document["max_merges"]

    @property
    def anomaly_ids(self) -> int:
        return self.document["anomaly_ids_per_hour"]

    def trait_keys(self) -> list[tuple[str, str]]:
        """(identifier type, key to look for) of the tenant's own types, each key as given and in camel case."""
        pairs = []
        for entry in self.document["identifiers"]:
            if entry.get("trait"):
                pairs += [(entry["type"], key) for key in sorted({entry["trait"], camel_case(entry["trait"])})]
        return pairs


# --- from a message to identifiers (section 1) ---------------------------------------------------------------------


def normalise(kind: str, value: Any) -> str | None:
    """String form, trimmed, e-mail in lower case; None for what is never an identifier or is empty."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value).strip()
    return (text.lower() if kind == "email" else text) or None


def raw_identifiers(message: dict[str, Any], rules: Rules) -> Iterable[tuple[str, Any]]:
    """Every place where a message may carry a person identifier, except an alias's two ids."""
    context = message.get("context") or {}
    yield "user_id", message.get("userId")
    yield "anonymous_id", message.get("anonymousId")
    # The traits of a group call describe the account.
    traits = {} if message["type"] == "group" else message.get("traits") or {}
    places = [traits, context.get("traits") or {}, message.get("properties") or {}]
    for place in places:
        yield "email", place.get("email")
        for kind, key in rules.trait_keys():
            yield kind, place.get(key)
    device = context.get("device") or {}
    if device.get("type") in ("ios", "android"):
        yield f"{device['type']}.id", device.get("id")
        yield f"{device['type']}.push_token", device.get("token")
        if device.get("adTrackingEnabled") is True:
            yield f"{device['type']}.idfa", device.get("advertisingId")
    for external in context.get("externalIds") or []:
        if external.get("collection") == "users" and external.get("encoding") == "none":
            yield external["type"], external.get("id")


def traits_of(message: dict[str, Any]) -> dict[str, Any]:
    """The trait changes of a message (section 7): of an identify only, `context.traits` only for want of others."""
    if message["type"] != "identify":
        return {}
    return message.get("traits") or (message.get("context") or {}).get("traits") or {}
