"""What a history is played on: the model, or a running Tandem through HTTP and SQL.

Both answer outcomes in the same words: a batch the list of `accepted`, `duplicate` or a refusal's code, in order of
the messages; a merge `applied`, `review` or `refused`; an undo `undone` or `refused`; a leave `left` or `refused`; a
contact `linked` or `refused`; a decision about a review `approved`, `rejected`, `obsolete` or `refused`.
"""

from __future__ import annotations

import base64
import http.client
import json
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import histories
from model import Model
from server import code_schema

SQL = Path(__file__).resolve().parents[3] / "sql" / "tests" / "identity"


class Target(Protocol):
    def send_batch(self, messages: list[dict]) -> dict[str, int]: ...
    def merge(self, winner: dict, loser: dict, ref: str) -> str: ...
    def undo(self, ref: str) -> str: ...
    def leave(self, who: dict, group_id: str) -> str: ...
    def put_rules(self, rules: dict) -> None: ...
    def link_contact(self, external_id: str, who: dict, accounts: list[str]) -> str: ...
    def decide_review(self, ref: str, approve: bool) -> str: ...
    def visible_state(self, prefix: str) -> list[list[Any]]: ...
    def profile(self, who: dict) -> dict[str, Any] | None: ...


def play(target: Target, op: dict[str, Any]) -> Any:
    """Plays one operation of a history; answers its outcome."""
    if op["op"] == "batch":
        return target.send_batch(op["messages"])
    if op["op"] == "merge":
        return target.merge(op["winner"], op["loser"], op["ref"])
    if op["op"] == "undo":
        return target.undo(op["ref"])
    if op["op"] == "leave":
        return target.leave(op["who"], op["group_id"])
    if op["op"] == "contact":
        return target.link_contact(op["external_id"], op["who"], op["accounts"])
    if op["op"] == "decide":
        return target.decide_review(op["ref"], op["approve"])
    target.put_rules(op["rules"])
    return "stored"


def counted(outcomes: list[str]) -> dict[str, int]:
    """Outcomes of a batch, one per message → the counts that the contract's answer holds."""
    accepted, duplicates = outcomes.count("accepted"), outcomes.count("duplicate")
    rejected = len(outcomes) - accepted - duplicates
    return {"accepted": accepted, "duplicates": duplicates, "rejected": rejected}


class ModelTarget:
    def __init__(self, now_ms: int | None = None) -> None:
        self.model = Model()
        self.now_ms = now_ms

    def now(self) -> int:
        return self.now_ms if self.now_ms is not None else int(time.time() * 1000)

    def apply(self, **op: Any) -> Any:
        return histories.apply_to_model(self.model, op, self.now())

    def send_batch(self, messages: list[dict]) -> dict[str, int]:
        return counted(self.apply(op="batch", messages=messages))

    def merge(self, winner: dict, loser: dict, ref: str) -> str:
        outcome = self.apply(op="merge", winner=winner, loser=loser, ref=ref)
        return outcome if outcome in ("applied", "review") else "refused"

    def undo(self, ref: str) -> str:
        outcome = self.apply(op="undo", ref=ref)
        return outcome if outcome == "undone" else "refused"

    def leave(self, who: dict, group_id: str) -> str:
        outcome = self.apply(op="leave", who=who, group_id=group_id)
        return outcome if outcome == "left" else "refused"

    def put_rules(self, rules: dict) -> None:
        self.apply(op="rules", rules=rules)

    def link_contact(self, external_id: str, who: dict, accounts: list[str]) -> str:
        outcome = self.apply(op="contact", external_id=external_id, who=who, accounts=accounts)
        return outcome if outcome == "linked" else "refused"

    def decide_review(self, ref: str, approve: bool) -> str:
        outcome = self.apply(op="decide", ref=ref, approve=approve)
        return outcome if outcome in ("approved", "rejected", "obsolete") else "refused"

    def visible_state(self, prefix: str) -> list[list[Any]]:
        return self.model.visible_state()

    def profile(self, who: dict) -> dict[str, Any] | None:
        """The parts of `GET /v1/profiles/by/{type}/{value}` that the model knows."""
        owned = self.model.owned.get((who["type"], who["value"]))
        if owned is None:
            return None
        component = self.model.component(owned.node)
        identifiers = self.model.identifiers(component)
        return {
            "identifiers": [list(identifier) for identifier in identifiers],
            "anonymous_ids": sorted(value for kind, value in identifiers if kind == "anonymous_id"),
            "has_user_id": any(kind == "user_id" for kind, _ in identifiers),
            "traits": {key: value for key, (value, _, _) in self.model.traits(component).items()},
            "groups": sorted(self.model.groups(component)),
            "merged": len(component) - 1,
        }


class Refused(AssertionError):
    """A request was answered in a way that the contract does not allow."""


class HttpTarget:
    """A tenant of a running Tandem: operations through HTTP, the visible state through SQL as a superuser."""

    def __init__(self, base_url: str, write_key: str, secret_key: str, dsn: str, schema: str) -> None:
        import psycopg

        address = urlsplit(base_url)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        basic = base64.b64encode(f"{write_key}:".encode()).decode()
        self.write = {"Authorization": f"Basic {basic}"}
        self.secret = {"Authorization": f"Bearer {secret_key}"}
        self.schema = schema
        self.sql = psycopg.connect(dsn, autocommit=True)
        self.sql.execute(
            "select set_config('search_path', %s, false)", [f"{schema}, {schema}_i, {code_schema()}, pg_temp"]
        )

    def close(self) -> None:
        self.connection.close()
        self.sql.close()

    def request(self, method: str, path: str, headers: dict, body: Any = None) -> tuple[int, Any]:
        text = None if body is None else json.dumps(body)
        headers = {**headers, "Content-Type": "application/json"}
        try:
            self.connection.request(method, path, text, headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # An idle connection that the server has closed meanwhile; every request here can be repeated.
            self.connection.close()
            self.connection.request(method, path, text, headers)
            response = self.connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content else None

    def expect(self, statuses: tuple[int, ...], method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, answer = self.request(method, path, self.secret, body)
        if status not in statuses:
            raise Refused(f"{method} {path} {json.dumps(body)} → {status} {json.dumps(answer)}")
        return status, answer

    def send_batch(self, messages: list[dict]) -> dict[str, int]:
        status, answer = self.request("POST", "/v1/batch", self.write, {"batch": messages})
        if status != 200:
            raise Refused(f"POST /v1/batch → {status} {json.dumps(answer)}")
        return {
            "accepted": answer["accepted"],
            "duplicates": answer["duplicates"],
            "rejected": len(answer["rejected"]) + answer["quarantined"],
        }

    def find(self, who: dict) -> dict[str, Any] | None:
        path = f"/v1/profiles/by/{quote(who['type'], safe='')}/{quote(who['value'], safe='')}"
        status, answer = self.expect((200, 404), "GET", path)
        return answer if status == 200 else None

    def side(self, side: dict) -> Any:
        if "profile_of" not in side:
            return side
        found = self.find(side["profile_of"])
        return found["id"] if found else side["profile_of"]

    def merge(self, winner: dict, loser: dict, ref: str) -> str:
        body = {"winner": self.side(winner), "loser": self.side(loser), "ref": ref}
        status, _ = self.expect((201, 202, 409, 422), "POST", "/v1/merges", body)
        return {201: "applied", 202: "review"}.get(status, "refused")

    def undo(self, ref: str) -> str:
        _, found = self.expect((200,), "GET", f"/v1/merges?ref={quote(ref, safe='')}")
        if not found["items"]:
            return "refused"
        status, _ = self.expect((200, 201, 409), "POST", f"/v1/merges/{found['items'][0]['id']}:undo", {})
        return "refused" if status == 409 else "undone"

    def leave(self, who: dict, group_id: str) -> str:
        found = self.find(who)
        accounts = [one for one in (found or {}).get("accounts", []) if one["group_id"] == group_id]
        if not accounts:
            return "refused"
        self.expect((200, 204), "DELETE", f"/v1/profiles/{found['id']}/accounts/{accounts[0]['id']}")
        return "left"

    def put_rules(self, rules: dict) -> None:
        self.expect((200,), "PUT", "/v1/identity/rules", rules)

    def link_contact(self, external_id: str, who: dict, accounts: list[str]) -> str:
        if self.find(who) is None:
            return "refused"  # a contact of an unknown person is another subject
        for account in accounts:
            self.expect((200, 201), "PUT", f"/v1/accounts/by/external_id/{quote(account)}", {"name": account})
        roles = [{"external_id": account, "role": "buyer"} for account in accounts]
        self.expect((201,), "POST", "/v1/contacts", {"external_id": external_id, "profile": who, "accounts": roles})
        return "linked"

    def decide_review(self, ref: str, approve: bool) -> str:
        verb = "approve" if approve else "reject"
        after = ""
        while True:
            _, found = self.expect((200,), "GET", f"/v1/merge-reviews?limit=100{after}")
            for review in found["items"]:
                if review["ref"] == ref:
                    status, answer = self.expect((200, 409), "POST", f"/v1/merge-reviews/{review['id']}:{verb}", {})
                    return answer["state"] if status == 200 else "refused"
            if not found["page"]["has_more"]:
                return "refused"
            after = f"&after={quote(found['page']['next'], safe='')}"

    def query(self, name: str, prefix: str = "") -> list[list[Any]]:
        """Rows of a file of sql/tests/identity."""
        self.sql.execute("select set_config('tandem.visible_prefix', %s, false)", [prefix])
        return [list(row) for row in self.sql.execute((SQL / f"{name}.sql").read_text()).fetchall()]

    def visible_state(self, prefix: str) -> list[list[Any]]:
        return self.query("visible_state", prefix)

    def profile(self, who: dict) -> dict[str, Any] | None:
        found = self.find(who)
        if found is None:
            return None
        return {
            "identifiers": sorted([one["type"], one["value"]] for one in found["identifiers"]),
            "anonymous_ids": sorted(found["anonymous_ids"]),
            "has_user_id": found["user_id"] is not None,
            "traits": found["traits"],
            "groups": sorted(one["group_id"] for one in found["accounts"] if one["group_id"]),
            "merged": len(found["merged_ids"]),
        }
