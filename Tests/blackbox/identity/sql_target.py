"""Plays histories straight on the procedures, without a server in front: what the server does to a message before the
call (reading identifiers, blocking, priorities, the clock) is done by the model's own reading functions.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg

from model import Model, Rules, parse_time, traits_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sql"))

import batches  # noqa: E402
from tenant import Tenant  # noqa: E402

SQL = Path(__file__).resolve().parents[3] / "sql" / "tests" / "identity"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class SqlTarget:
    """A tenant's procedures, as an implementation of the histories' operations."""

    def __init__(self, tenant: Tenant, now_ms: int) -> None:
        self.tenant = tenant
        self.now_ms = now_ms
        self.reader = Model()

    def close(self) -> None:
        self.tenant.connection.close()

    def prepared(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """The message as `batches` wants it; None if it would be refused."""
        usable, was_blocked = self.reader.read_identifiers(message)
        if not usable and not was_blocked:
            return None
        previous = None
        if message["type"] == "alias":
            # The procedure looks previousId up itself, as user_id and as anonymous_id; to a reader that owns nothing it
            # is always the latter.
            previous = next((value for kind, value in usable if kind == "anonymous_id"), None)
            usable = [one for one in usable if one[0] == "user_id"]
        flags = batches.MAY_IDENTIFY | (0 if usable or previous else 8)
        traits = message.get("traits") if message["type"] == "group" else traits_of(message)
        return batches.message(
            message["messageId"],
            usable,
            message["type"],
            EPOCH + timedelta(milliseconds=Model.event_time(message, self.now_ms)),
            traits=traits or None,
            group=message.get("groupId") if message["type"] == "group" else None,
            previous=previous,
            flags=flags,
            received_at=EPOCH + timedelta(milliseconds=self.now_ms),
            payload={"properties": message.get("properties") or {}},
            consent=((message.get("context") or {}).get("consent") or {}).get("categoryPreferences"),
        )

    def send_batch(self, messages: list[dict]) -> dict[str, int]:
        ready = [found for found in map(self.prepared, messages) if found is not None]
        outcomes = self.tenant.send(*ready) if ready else []
        return {
            "accepted": outcomes.count("accepted"),
            "duplicates": outcomes.count("duplicate"),
            "rejected": len(messages) - len(ready),
        }

    def node_of(self, side: dict) -> dict:
        """A side as `apply_merge` takes it."""
        if "profile_of" in side:
            who = side["profile_of"]
            found = self.tenant.profile(who["type"], who["value"])
            return {"id": str(found)} if found else who
        return side

    def merge(self, winner: dict, loser: dict, ref: str) -> str:
        try:
            self.tenant.value(
                "select apply_merge(%s::jsonb, %s::jsonb, %s, null, false, 'tests', false)",
                json.dumps(self.node_of(winner)),
                json.dumps(self.node_of(loser)),
                ref,
            )
        except psycopg.Error as error:
            assert error.sqlstate in ("TD006", "TD007", "TD008"), error
            return "refused"
        return "applied"

    def undo(self, ref: str) -> str:
        try:
            self.tenant.value("select undo_merge(null, %s, 'tests')", ref)
        except psycopg.Error as error:
            assert error.sqlstate in ("TD001", "TD009"), error
            return "refused"
        return "undone"

    def leave(self, who: dict, group_id: str) -> str:
        found = self.tenant.profile(who["type"], who["value"])
        try:
            self.tenant.value("select profile_leave_account(%s, null, %s, 'tests')", found, group_id)
        except psycopg.Error as error:
            assert error.sqlstate == "TD001", error
            return "refused"
        return "left"

    def decide_review(self, ref: str, approve: bool) -> str:
        found = self.tenant.value("select (select id from review where ref = %s)", ref)
        if found is None:
            return "refused"
        try:
            return self.tenant.value("select decide_review(%s, %s, 'tests')", found, approve)["state"]
        except psycopg.Error as error:
            assert error.sqlstate == "TD012", error
            return "refused"

    def put_rules(self, rules: dict) -> None:
        self.reader.rules = Rules(rules)
        found = self.tenant.value("select identity_rules_put(null, %s::jsonb, 'tests')", json.dumps(rules))
        self.tenant.rules = found["version"]

    def query(self, name: str, prefix: str = "") -> list[list[Any]]:
        """Rows of a file of sql/tests/identity."""
        self.tenant.connection.execute("select set_config('tandem.visible_prefix', %s, false)", [prefix])
        return [list(row) for row in self.tenant.connection.execute((SQL / f"{name}.sql").read_text()).fetchall()]

    def visible_state(self, prefix: str) -> list[list[Any]]:
        return self.query("visible_state", prefix)

    def profile(self, who: dict) -> dict[str, Any] | None:
        if self.tenant.profile(who["type"], who["value"]) is None:
            return None
        found = self.tenant.value("select profile_by_identifier(%s, %s)", who["type"], who["value"])
        return {
            "identifiers": sorted([one["type"], one["value"]] for one in found["identifiers"]),
            "anonymous_ids": sorted(found["anonymous_ids"]),
            "has_user_id": found["user_id"] is not None,
            "traits": found["traits"],
            "groups": sorted(one["group_id"] for one in found["accounts"] if one["group_id"]),
            "merged": len(found["merged_ids"]),
        }
