"""One tenant's records as the SQL tests see them: what write_records is asked, what it answered, what is there now."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import Any

import psycopg

T0 = datetime(2026, 1, 1, tzinfo=timezone.utc)
HAND, SERVER, IMPORT, PUBLIC = 40, 30, 20, 10


class Records:
    """One tenant's procedures, in a transaction that is rolled back at the end of the test."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, parameters or None).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        rows = self.rows(query, *parameters)
        return rows[0][0] if rows else None

    def write(
        self, object: str, *items: dict[str, Any], source: int = 0, rank: int = HAND, at: datetime = T0, cause: str = "edit",
        procedure: str = "write_records",
    ) -> list[dict[str, Any]]:
        rows = self.rows(
            f"select idx, id, outcome, version, code, detail from {procedure}(%s, %s::int2, %s::int2, %s, %s, %s, %s)",
            object, source, rank, at, "tester", cause, json.dumps(list(items), default=str),
        )
        names = ("idx", "id", "outcome", "version", "code", "detail")
        return [dict(zip(names, row)) for row in rows]

    def create(self, object: str, **data: Any) -> uuid.UUID:
        (result,) = self.write(object, {"op": "create", "data": data})
        assert result["outcome"] == "created", result
        return result["id"]

    def update(self, object: str, id: uuid.UUID, **data: Any) -> dict[str, Any]:
        return self.write(object, {"op": "update", "id": str(id), "data": data})[0]

    def record(self, relation: str, id: uuid.UUID) -> dict[str, Any] | None:
        return self.value(f"select to_jsonb(t) from {relation} t where id = %s", id)

    def stage(self, key: str) -> uuid.UUID:
        return self.value("select id from stages where key = %s", key)

    def person(self, **traits: Any) -> tuple[int, uuid.UUID]:
        """A node alone in its profile."""
        id = uuid.uuid4()
        node = self.value(
            "insert into node (public_id, component, created_at) values (%s, nextval('component_label'), %s) returning id",
            id, T0,
        )
        self.rows(
            "insert into component (label, profile_id, public_node) select component, public_id, id from node "
            "where id = %s returning 1", node,
        )
        self.rows("insert into profiles (profile_id) values (%s) returning 1", id)
        if traits:
            self.say(node, 1, T0, **traits)
        return node, id

    def say(self, node: int, source: int, at: datetime, message_id: str = "m", **traits: Any) -> None:
        """What an identify does to a node."""
        self.value(
            "select apply_traits(null::text, array[%s::bigint], array[%s], array['identify'], "
            "array[%s::timestamptz], array[%s::int2], array[%s::jsonb])",
            node, message_id, at, source, json.dumps(traits),
        )
