"""Seeded batches of messages, as the columns of `ingest_batch`."""

import hashlib
import itertools
import json
import random
import uuid
from datetime import datetime, timedelta, timezone

USERS = 20_000
MAY_IDENTIFY = 32
START = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)
# Events a second of event time, so that "at most once a minute" is met as it would be in life.
RATE = 20_000

CONTEXT = {
    "library": {"name": "analytics-python", "version": "2.4.0"},
    "page": {"path": "/pricing", "url": "https://acme.example/pricing", "title": "Pricing"},
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Safari/537.36",
    "ip": "192.0.2.7",
}
COLUMNS = (
    ("event_id", "uuid[]"), ("message_id", "text[]"), ("type", "text[]"), ("name", "text[]"), ("ts", "timestamptz[]"),
    ("received_at", "timestamptz[]"), ("flags", "int4[]"), ("source", "int2[]"), ("session", "text[]"),
    ("payload", "jsonb[]"), ("traits", "jsonb[]"), ("consent", "jsonb[]"), ("group_id", "text[]"),
    ("previous_id", "text[]"), ("id_msg", "int4[]"), ("id_type", "text[]"), ("id_value", "text[]"), ("co_msg", "int4[]"),
    ("co_kind", "text[]"), ("co_value", "text[]"), ("co_name", "text[]"), ("pf_msg", "int4[]"), ("pf_field", "text[]"),
    ("pf_value", "text[]"), ("email_norm", "text[]"), ("phone_e164", "text[]"),
)


class Mix:
    """Messages of one mix; new people and merges are counted on, so that no message repeats another."""

    def __init__(self, name, seed=1):
        self.random = random.Random(f"{name}-{seed}")
        self.name = name
        self.number = itertools.count()
        self.people = itertools.count()

    def known(self):
        user = self.random.randrange(USERS)
        return [("user_id", f"user-{user}"), ("anonymous_id", f"anon-{user}")]

    def kind(self):
        weights = {"a": (100, 0, 0), "b": (70, 20, 10), "c": (25, 10, 65)}[self.name]
        return self.random.choices(("track", "page", "identify"), weights)[0]

    def messages(self, count):
        """(kind, identifiers, traits) per message."""
        shares = {"a": (0, 0), "b": (0.05, 0.005), "c": (0.10, 0.01)}[self.name]
        while count > 0:
            roll = self.random.random()
            if roll < shares[0]:
                # A new visitor, by anonymous id alone, or a new user.
                person = f"{self.name}-{next(self.people)}"
                ids = [("anonymous_id", f"new-anon-{person}")]
                if self.random.random() < 0.5:
                    ids.insert(0, ("user_id", f"new-user-{person}"))
                yield self.kind(), ids
                count -= 1
            elif roll < sum(shares) and count > 1:
                # A visitor who turns out to be a user: two profiles, then one. The visitor comes first.
                person = f"{self.name}-{next(self.people)}"
                yield "page", [("anonymous_id", f"merge-anon-{person}")]
                yield "identify", [self.known()[0], ("email", f"m-{person}@acme.example"), ("anonymous_id", f"merge-anon-{person}")][::2]
                count -= 2
            else:
                yield self.kind(), self.known()
                count -= 1

    def batch(self, size):
        """One batch: column name → list."""
        out = {name: [] for name, _ in COLUMNS}
        for position, (kind, ids) in enumerate(self.messages(size), 1):
            self.add(out, position, kind, ids)
        return out

    def add(self, out, position, kind, ids, traits=None):
        number = next(self.number)
        message_id = f"{self.name}-{number}-{self.random.getrandbits(64):016x}"
        ts = START + timedelta(seconds=number / RATE)
        if kind == "identify" and traits is None:
            traits = {"plan": self.random.choice(("free", "pro")), "seats": self.random.randrange(50), "title": "Buyer"}
        values = {
            "event_id": uuid.UUID(bytes=hashlib.sha256(message_id.encode()).digest()[:16], version=4),
            "message_id": message_id, "type": kind, "name": None if kind == "identify" else "Pricing Viewed", "ts": ts,
            "received_at": ts, "flags": MAY_IDENTIFY, "source": 1, "session": None,
            "payload": json.dumps({"properties": {"price": self.random.randrange(1000), "currency": "EUR", "sku": "A-100"},
                                   "context": CONTEXT}),
            "traits": json.dumps(traits) if traits else None,
        }
        for name, _ in COLUMNS[:14] + COLUMNS[-2:]:
            out[name].append(values.get(name))
        for type_, value in ids:
            out["id_msg"].append(position)
            out["id_type"].append(type_)
            out["id_value"].append(value)

    def known_users(self, size):
        """Batches that make the known users."""
        for first in range(0, USERS, size):
            out = {name: [] for name, _ in COLUMNS}
            for position, user in enumerate(range(first, min(first + size, USERS)), 1):
                ids = [("user_id", f"user-{user}"), ("email", f"user-{user}@acme.example"), ("anonymous_id", f"anon-{user}")]
                self.add(out, position, "identify", ids, {"email": f"user-{user}@acme.example", "plan": "free"})
            yield out
