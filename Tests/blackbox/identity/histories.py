"""Seeded random histories over a small hot universe, so that limits, separations and late events meet often.

A history is a list of JSON-able operations:

    {"op": "batch", "messages": [message, …]}           one request to /v1/batch
    {"op": "merge", "winner": side, "loser": side, "ref": text}
    {"op": "undo", "ref": text}
    {"op": "leave", "who": {"type", "value"}, "group_id": text}
    {"op": "rules", "rules": document}
    {"op": "contact", "external_id": text, "who": {"type", "value"}, "accounts": [external id, …]}     with contacts only
    {"op": "decide", "ref": text, "approve": bool}         where there are reviews: of contacts, and of the anomaly guard

A side is `{"type", "value"}` or `{"profile_of": {"type", "value"}}`. Every identifier, group and message id starts
with the history's prefix, so that many histories can share a tenant and a history can be replayed under another
prefix of the same length. The generator follows the model to find refs worth undoing; it never looks at a server.
"""

from __future__ import annotations

import json
import random
from typing import Any

from model import DAY_MS, Model, format_time
from reading import HOUR_MS

BLOCKED = ["anonymous", "-1", "null", "0000-0000", "00000000-0000-0000-0000-000000000000", "guest"]
TRAIT_KEYS = ["color", "plan", "seats", "nested", "flags", "score"]


def reprefixed(ops: list[dict], old: str, new: str) -> list[dict]:
    """The same history with other identifiers; of equal length, so that byte order stays."""
    assert len(old) == len(new)
    return json.loads(json.dumps(ops).replace(old, new))


class History:
    """`ops` holds the history; `base_ms` is a full hour in the recent past that all timestamps are relative to."""

    def __init__(
        self,
        seed: int,
        count: int,
        prefix: str,
        base_ms: int,
        rules: bool = True,
        people: bool = True,
        alias: bool = True,
        contacts: bool = False,
    ) -> None:
        self.random = random.Random(f"tandem-{seed}")
        self.consents = random.Random(f"tandem-consent-{seed}")
        self.guards = random.Random(f"tandem-guard-{seed}")
        self.borders = random.Random(f"tandem-border-{seed}")
        self.bordered = self.borders.random() < 0.3
        self.guarded = contacts or self.guards.random() < 0.5
        self.prefix = prefix
        self.base_ms = base_ms
        self.with_rules, self.with_people, self.with_alias, self.with_contacts = rules, people, alias, contacts
        self.model = Model()
        self.messages: list[dict] = []
        self.refs = 0
        self.ops: list[dict] = []
        self.scale = self.random.choice([1, 2, 3, 6])
        self.undo_share = self.random.choice([0.04, 0.08, 0.12])
        self.append({"op": "rules", "rules": self.rules_document(first=True)})
        while len(self.ops) < count:
            self.append(self.next_op())

    def append(self, op: dict) -> None:
        self.ops.append(op)
        apply_to_model(self.model, op, self.base_ms)

    # -- the universe --

    def pick(self, kind: str) -> str:
        sizes = {"u": 3, "a": 5, "e": 4, "i": 2, "d": 2, "x": 3, "m": 2, "g": 3}
        return f"{self.prefix}{kind}{self.random.randrange(sizes[kind] * self.scale)}"

    def email(self) -> str:
        return self.pick("e") + "@example.test"

    def time(self) -> int:
        """Six-hourly instants over 40 days, so that ties occur; seldom in the future. Where the guard is tight, many are of one
        day; in some histories all are exactly a week or thirty days from others: by chance a window's border decides in hardly any."""
        if self.random.random() < 0.03:
            return self.base_ms + self.random.randrange(3, 20) * HOUR_MS
        instant = self.random.randrange(160)
        if self.guarded and self.guards.random() < 0.6:
            instant %= 4  # much within one hour
        if self.bordered:
            instant = self.borders.choice([0, 28, 120, 148])
        return self.base_ms - DAY_MS - instant * 6 * HOUR_MS

    def manual_identifier(self) -> dict[str, str]:
        """Of a type that every rules document lists or has by default, and never a blocked value."""
        kind = self.random.choice(["user_id", "user_id", "anonymous_id", "email", "loyalty", "member"])
        value = {
            "user_id": lambda: self.pick("u"),
            "anonymous_id": lambda: self.pick("a"),
            "email": self.email,
            "loyalty": lambda: self.pick("x"),
            "member": lambda: self.pick("m"),
        }[kind]()
        return {"type": kind, "value": value}

    # -- operations --

    def next_op(self) -> dict[str, Any]:
        if self.with_contacts and self.random.random() < 0.15:
            return self.decide_op() if self.model.reviews and self.random.random() < 0.4 else self.contact_op()
        if self.with_people and self.model.reviews and not self.with_contacts and self.guards.random() < 0.06:
            return self.decide_op()
        roll = self.random.random()
        if self.with_people:
            if roll < 0.08:
                return self.merge_op()
            if roll < 0.08 + self.undo_share and self.model.merges:
                return {"op": "undo", "ref": self.undo_ref()}
            if 0.20 <= roll < 0.23 and not self.with_contacts:
                group_id = self.pick("g")
                return {"op": "leave", "who": self.manual_identifier(), "group_id": group_id}
        if self.with_rules and 0.23 <= roll < 0.27:
            return {"op": "rules", "rules": self.rules_document()}
        size = self.random.choice([1, 1, 1, 1, 2, 3, 5])
        return {"op": "batch", "messages": [self.next_message() for _ in range(size)]}

    def merge_op(self) -> dict[str, Any]:
        sides = []
        for _ in range(2):
            side: dict[str, Any] = self.manual_identifier()
            known = (side["type"], side["value"]) in self.model.owned
            if known and self.random.random() < 0.4:
                side = {"profile_of": side}
            sides.append(side)
        self.refs += 1
        ref = f"{self.prefix}r{self.refs:04d}"
        if self.model.merges and self.random.random() < 0.05:
            ref = self.random.choice(list(self.model.merges))
        return {"op": "merge", "winner": sides[0], "loser": sides[1], "ref": ref}

    def contact_op(self) -> dict[str, Any]:
        self.refs += 1
        accounts = self.random.sample([f"{self.prefix}c{number}" for number in range(3)], self.random.choice([1, 1, 1, 2]))
        external_id = f"{self.prefix}r{self.refs:04d}"
        return {"op": "contact", "external_id": external_id, "who": self.manual_identifier(), "accounts": sorted(accounts)}

    def decide_op(self) -> dict[str, Any]:
        refs = [ref for ref, review in self.model.reviews.items() if review.state == "open"] or list(self.model.reviews)
        return {"op": "decide", "ref": self.random.choice(refs), "approve": self.random.random() < 0.5}

    def undo_ref(self) -> str:
        roll = self.random.random()
        active = [merge.ref for merge in self.model.merges.values() if not merge.undone]
        undone = [merge.ref for merge in self.model.merges.values() if merge.undone]
        if active and roll < 0.85:
            return self.random.choice(active)
        if undone and roll < 0.95:
            return self.random.choice(undone)
        return f"{self.prefix}unknown"

    def rules_document(self, first: bool = False) -> dict[str, Any]:
        """Now and then it leaves limits, or user_id, to their defaults. In every second history the anomaly guard is tight."""
        chance = self.random
        tight = self.with_rules and not (first and chance.random() < 0.3)
        listed = ["user_id", "email", "loyalty", "member"]
        if tight and chance.random() < 0.3:
            chance.shuffle(listed)
        if tight and chance.random() < 0.3:
            listed.append("anonymous_id")
        entries = []
        for priority, kind in enumerate(listed, start=1):
            entry: dict[str, Any] = {"type": kind, "priority": priority, "limit": 1000, "window": "ever"}
            if tight:
                entry["limit"] = chance.choice([1, 1, 2] if kind == "user_id" else [1, 2, 3, 5])
                entry["window"] = chance.choice(["ever", "ever", "weekly", "monthly", "annually"])
            if kind == "member":
                entry["trait"] = "member_no"
            if kind == "loyalty" and tight and chance.random() < 0.5:
                entry["blocked"] = [f"{self.prefix}x1"]
            if tight and chance.random() < 0.1:
                del entry["limit"], entry["window"]  # then the default's, and of user_id 1 for ever
            entries.append(entry)
        if tight and chance.random() < 0.1:
            entries = [entry for entry in entries if entry["type"] != "user_id"]
        default = {"limit": 1000, "window": "ever"}
        if tight:
            default = {"limit": chance.choice([1, 2, 3, 5]), "window": chance.choice(["ever", "ever", "weekly"])}
        return {
            "identifiers": entries,
            "default": default,
            "blocked": ["-1", "null", "anonymous", "guest"],
            "blocked_patterns": ["^[0-]*$"],
            "max_ids": chance.choice([6, 10, 1000, 1000]) if tight else 1000,
            "max_merges": chance.choice([1, 2, 4, 100, 100]) if tight else 1000,
            "anomaly_ids_per_hour": self.guards.choice([1, 2, 3, 5]) if tight and self.guarded else 1_000_000,
        }

    # -- messages --

    def next_message(self) -> dict[str, Any]:
        chance = self.random
        if self.messages and chance.random() < 0.08:
            return self.redelivery()
        weighted = {"track": 28, "identify": 34, "page": 12, "screen": 4, "group": 14, "alias": 8}
        if not self.with_alias:
            del weighted["alias"]
        if self.with_contacts:
            del weighted["group"]  # groups name accounts, and a node with an account gets a contact by itself
        types, weights = list(weighted), list(weighted.values())
        kind = chance.choices(types, weights)[0]
        message: dict[str, Any] = {
            "type": kind,
            "messageId": f"{self.prefix}m{len(self.messages):04d}",
            "timestamp": format_time(self.time()),
        }
        if kind == "alias":
            message["userId"] = self.pick("u")
            message["previousId"] = self.pick(chance.choice(["a", "a", "u"]))
            if message["previousId"] == message["userId"]:
                message["previousId"] = self.pick("a")
        else:
            self.add_ids(message)
            self.add_body(message)
            self.add_consent(message)
        self.messages.append(message)
        return message

    def add_consent(self, message: dict[str, Any]) -> None:
        """By a generator of its own, so that histories of a seed stay what they were."""
        chance = self.consents
        if chance.random() < 0.12:
            names = chance.sample(["marketing", "analytics", "email.marketing"], chance.choice([1, 1, 2]))
            preferences = {name: chance.random() < 0.6 for name in names}
            message.setdefault("context", {})["consent"] = {"categoryPreferences": preferences}

    def redelivery(self) -> dict[str, Any]:
        """An earlier messageId again: the same copy, or one with another body, which is ignored as well."""
        message = json.loads(json.dumps(self.random.choice(self.messages)))
        if self.random.random() < 0.5 and message["type"] != "alias":
            message["userId"] = self.pick("u")
            message["anonymousId"] = self.pick("a")
        return message

    def add_ids(self, message: dict[str, Any]) -> None:
        chance = self.random
        context: dict[str, Any] = {}
        if chance.random() < 0.45:
            message["userId"] = self.pick("u")
        if chance.random() < 0.6:
            message["anonymousId"] = self.pick("a")
        if chance.random() < 0.06:
            message[chance.choice(["userId", "anonymousId"])] = chance.choice(BLOCKED)
        if chance.random() < 0.05 and "userId" in message:
            message["userId"] = f"  {message['userId']} "
        if chance.random() < 0.12:
            context["device"] = self.device()
        if chance.random() < 0.14:
            context["externalIds"] = [self.external_id() for _ in range(chance.choice([1, 1, 2]))]
        if context:
            message["context"] = context
        if "userId" not in message and "anonymousId" not in message:
            if chance.random() < 0.5:
                message["anonymousId"] = self.pick("a")
            else:
                # Accepted without either, because of the identifier that it does carry.
                message["anonymousId"] = None
                external = {"type": "loyalty", "id": self.pick("x"), "collection": "users", "encoding": "none"}
                message.setdefault("context", {}).setdefault("externalIds", []).append(external)

    def device(self) -> dict[str, Any]:
        kind = self.random.choice(["ios", "android"])
        device: dict[str, Any] = {"type": kind, "id": self.pick("d")}
        if self.random.random() < 0.4:
            device["advertisingId"] = self.pick("i")
            device["adTrackingEnabled"] = self.random.random() < 0.6
        if self.random.random() < 0.4:
            device["token"] = f"{self.pick('d')}-token"
        return device

    def external_id(self) -> dict[str, Any]:
        return {
            "type": self.random.choice(["loyalty", "loyalty", "store"]),
            "id": self.pick("x"),
            "collection": self.random.choice(["users", "users", "users", "accounts"]),
            "encoding": self.random.choice(["none", "none", "none", "sha256"]),
        }

    def traits(self) -> dict[str, Any]:
        chance = self.random
        found: dict[str, Any] = {}
        for key in chance.sample(TRAIT_KEYS, chance.randrange(0, 4)):
            found[key] = chance.choice(
                [None, None, "red", "blue", "", 1, 2, 2.5, True, False, ["a", 1], {"deep": {"er": None}}]
            )
        return found

    def person_traits(self) -> dict[str, Any]:
        """Traits that may carry identifiers: e-mail in odd letter case, the tenant's own type in both spellings."""
        chance = self.random
        found = self.traits()
        if chance.random() < 0.35:
            email = self.email()
            found["email"] = email.replace("@example.test", "@Example.TEST") if chance.random() < 0.3 else email
        if chance.random() < 0.15:
            found[chance.choice(["member_no", "memberNo"])] = self.pick("m")
        return found

    def add_body(self, message: dict[str, Any]) -> None:
        chance, kind = self.random, message["type"]
        if kind == "identify":
            if chance.random() < 0.85:
                message["traits"] = self.person_traits()
            elif chance.random() < 0.5:
                message["traits"] = None
            if chance.random() < 0.2:
                message.setdefault("context", {})["traits"] = self.person_traits()
        elif kind == "group":
            message["groupId"] = self.pick("g")
            message["traits"] = {"name": "an account", "email": self.email(), "member_no": self.pick("m")}
            if chance.random() < 0.2:
                message.setdefault("context", {})["traits"] = self.person_traits()
        else:
            message["event" if kind == "track" else "name"] = chance.choice(["Opened", "Bought", "Pricing"])
            message["properties"] = {"amount": chance.randrange(100)}
            if chance.random() < 0.12:
                message["properties"]["email"] = self.email()
            if chance.random() < 0.06:
                message["properties"]["memberNo"] = self.pick("m")
            if chance.random() < 0.1:
                message.setdefault("context", {})["traits"] = self.person_traits()


def apply_to_model(model: Model, op: dict[str, Any], now_ms: int) -> Any:
    """Plays one operation on the model; answers the outcome as the targets do."""
    if op["op"] == "batch":
        return [model.receive(message, now_ms) for message in op["messages"]]
    if op["op"] == "merge":
        return model.merge(op["winner"], op["loser"], op["ref"], now_ms)
    if op["op"] == "undo":
        return model.undo(op["ref"])
    if op["op"] == "leave":
        return model.leave(op["who"], op["group_id"], now_ms)
    if op["op"] == "contact":
        return model.link_contact(op["who"], op["accounts"])
    if op["op"] == "decide":
        return model.decide_review(op["ref"], op["approve"], now_ms)
    model.put_rules(op["rules"])
    return "stored"


def batch_history(seed: int, count: int, prefix: str, base_ms: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(rules, messages) for the law that a batch equals its messages one by one."""
    history = History(seed, count, prefix, base_ms, people=False)
    messages = [message for op in history.ops if op["op"] == "batch" for message in op["messages"]]
    return history.ops[0]["rules"], messages
