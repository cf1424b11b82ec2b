"""Records made from the product's own description of its objects, for tests that know no object by name.

`described()` is what `tandem object list` answers, without a server; `Maker` makes valid records of any of them on a tenant:
each value by its field's type, records that it links to first, keys that nobody else has.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from server import BINARY, Tenant

Json = dict[str, Any]
# The exceptions, each with its reason. Fields that a writer sets under conditions only:
CONDITIONAL = {
    ("opportunity", "closed_at"): "null while the stage is an open one",
    ("activity", "recurrence"): "a rule of its own form, of tasks that are due: test_tasks.py",
}
# Optional fields that null does not empty:
NEVER_EMPTY = {
    ("opportunity", "pipeline_id"): "there is always one: null keeps it",
    ("opportunity", "stage_id"): "there is always one: null keeps it",
    ("opportunity", "probability"): "null is the stage's",
    ("opportunity", "probability_manual"): "follows probability",
    ("opportunity", "forecast_category"): "null is the stage's",
}
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def described() -> list[Json]:
    """Every object of the binary under test."""
    command = [str(BINARY), "object", "list", "-o", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["items"]


def plain_id(text: str) -> str:
    """The UUID that `acct_…` stands for."""
    number = 0
    for character in text.rsplit("_", 1)[1]:
        number = number * 32 + ALPHABET.index(character)
    return str(uuid.UUID(int=number))


def unknown_id(prefix: str) -> str:
    return f"{prefix}_00000000000000000000000001"


def writable(object: Json) -> list[Json]:
    """The fields that a writer may set at will."""
    return [field for field in object["fields"] if not field["read_only"] and (object["name"], field["name"]) not in CONDITIONAL]


class Maker:
    """Makes records on a tenant. All its texts begin with `word`, a lower-case word."""

    def __init__(self, tenant: Tenant, word: str | None = None):
        self.tenant = tenant
        self.word = word or "w" + uuid.uuid4().hex[:8]
        self.objects: dict[str, Json] = {item["name"]: item for item in tenant.get("/v1/objects").json()["items"]}
        self._count = 0

    def by_plural(self, plural: str) -> Json:
        return next(object for object in self.objects.values() if object["object"] == plural)

    def value(self, field: Json) -> Any:
        """A valid value, another at every call where the type has so many; not for links. Dates and times ascend."""
        self._count += 1
        n, kind = self._count, field["type"]
        mark = f"{self.word}x{n}"
        day = datetime.date(2020, 1, 1) + datetime.timedelta(days=n)
        if kind in ("text", "long_text"):
            return mark[-field["maximum_bytes"]:]
        if kind == "integer":
            return field["minimum"] + n % (min(field["maximum"], field["minimum"] + 1000) - field["minimum"])
        return {
            "decimal": n + 0.25, "money": f"{n}.50", "currency": "EUR", "percent": n % 90 + 0.5, "boolean": n % 2 == 0,
            "date": day.isoformat(), "timestamp": f"{day.isoformat()}T12:30:00Z", "email": f"{mark}@people.example",
            "phone": f"+49301{n:06}", "domain": f"{mark}.example", "url": f"https://{mark}.example/a", "tags": [mark, "key"],
            # Of whatever object: what all of them have.
            "condition": {"field": "version", "op": "gt", "value": n},
            "field_names": [["id"], ["created_at", "id"], ["updated_at"]][n % 3],
        }[kind]

    def fields(self, fields: list[Json], shared: dict[str, str], only_required: bool = False) -> Json:
        """Values for fields. `shared` holds the records linked so far, by object: links to one object lead to one record,
        so that a deal's stage is one of the deal's pipeline."""
        body: Json = {}
        for field in fields:
            if field["read_only"] or only_required and not field["required"]:
                continue
            if field["type"] == "link":
                target = field["target"]
                if target not in self.objects:
                    continue
                if target not in shared:
                    shared[target] = self.create(target, only_required=True, shared=shared)["id"]
                body[field["name"]] = shared[target]
            elif field["type"] == "select":
                # The first word is where a record begins: a later one may have conditions (a lead is converted by converting it).
                body[field["name"]] = field["options"][0]
            elif field["type"] not in ("record", "links"):
                body[field["name"]] = self.value(field)
        self.name_records(fields, body)
        return body

    def name_records(self, fields: list[Json], body: Json) -> None:
        """Links to a record of the object that the field beside them names."""
        for field in fields:
            if field["type"] == "record" and not field["read_only"] and field["object"] in body:
                body[field["name"]] = self.create(body[field["object"]], only_required=True)["id"]

    def body(self, name: str, only_required: bool = False, shared: dict[str, str] | None = None) -> Json:
        return self.fields(writable(self.objects[name]), {} if shared is None else shared, only_required)

    def rows(self, child: Json, count: int = 2) -> list[Json]:
        """Rows of a child array."""
        return [self.fields([field for field in child["fields"] if field["type"] != "boolean"], {}) for _ in range(count)]

    def create(self, name: str, only_required: bool = False, shared: dict[str, str] | None = None, **data: Any) -> Json:
        body = {**self.body(name, only_required, shared), **data}
        answer = self.tenant.post(f"/v1/{self.objects[name]['object']}", body)
        assert answer.status_code == 201, f"{name} {body}: {answer.text}"
        return answer.json()

    def changed(self, object: Json, record: Json) -> Json:
        """Another value for each field that a writer may change at will: links lead to new records."""
        body = self.fields([field for field in writable(object) if field["type"] != "boolean"], {})
        for field in writable(object):
            if field["type"] == "boolean":
                body[field["name"]] = not record[field["name"]]
            elif field["type"] == "select" and len(field["options"]) > 1:
                body[field["name"]] = field["options"][1]
        self.name_records(writable(object), body)
        return body


def same(field: Json, sent: Any, got: Any) -> bool:
    """Whether an answer shows what was sent."""
    if sent is None or got is None:
        return sent is got
    if field["type"] == "timestamp":
        return moment(sent) == moment(got)
    if field["type"] in ("decimal", "percent", "money"):
        return Decimal(str(sent)) == Decimal(str(got))
    return sent == got


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def differences(fields: list[Json], sent: Json, got: Json) -> Iterator[str]:
    """The fields of `sent` that `got` shows otherwise."""
    for field in fields:
        name = field["name"]
        if name in sent and not same(field, sent[name], got.get(name)):
            yield f"{name}: sent {sent[name]!r}, shown {got.get(name)!r}"


def in_sql(field: Json, shown: Any, stored: Any) -> bool:
    """Whether a column holds what the API shows."""
    if shown is None or stored is None:
        return shown is stored
    if field["type"] in ("id", "link", "record"):
        return plain_id(shown) == str(stored)
    if field["type"] == "links":
        return [plain_id(id) for id in shown] == [str(id) for id in stored]
    if field["type"] == "timestamp":
        return moment(shown) == stored
    if field["type"] == "date":
        return shown == stored.isoformat()
    if field["type"] in ("decimal", "percent", "money"):
        return Decimal(str(shown)) == stored
    return shown == stored


def cell(value: Any) -> str:
    """A value as a CSV file has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value)
