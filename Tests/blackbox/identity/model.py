"""The naive reference model of Tandem's identity semantics.

Clarity over speed: nodes, identifier owners, edges, separations, events and memberships are kept as plain
append-only records, and everything a user sees is recomputed from them on every question. There is no
node → profile map, no trait cache and no batch path here, so that the model cannot share a fault with the
procedures it is compared with. Readings of ambiguous rules are listed in README.md beside this file.

Times are integers, milliseconds since 1970 in UTC.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from reading import DAY_MS, HOUR_MS, Identifier, Rules, format_time, normalise, parse_time, raw_identifiers, traits_of

__all__ = ["DAY_MS", "Model", "Rules", "format_time", "normalise", "parse_time", "traits_of"]


# --- records --------------------------------------------------------------------------------------------------------


LATER = 1 << 60  # after all events


@dataclass
class Owned:
    node: int
    attached_at: int
    source: str


@dataclass
class Event:
    message_id: str
    node: int | None  # the home for ever; None: unassigned
    type: str
    ts: int
    traits: dict[str, Any]


@dataclass
class Edge:
    ref: str
    home: int
    end: int
    at: int  # when it joined them: the event's time, or when a person did it
    active: bool = True


@dataclass
class Merge:
    ref: str
    cause: str  # event | manual | alias | review
    winner_node: int | None  # of a person's merge: the public node of the winner's profile at that moment
    winner_end: int
    undone: bool = False


@dataclass
class Review:
    """Profiles that a rule keeps apart until a person decides: the node that would be home, and what would join it."""

    refs: list[str]  # the first names the entry
    reason: str  # accounts | anomaly | manual
    home: int
    ends: list[int]
    state: str = "open"  # open | approved | rejected | obsolete


@dataclass
class Membership:
    node: int
    group_id: str
    at: int
    joined: bool
    message_id: str


@dataclass
class Statement:
    """What was said of consent."""

    node: int
    at: int
    message_id: str
    categories: dict[str, bool]


@dataclass
class Decision:
    """What one event is going to do, before anything is recorded."""

    kept: list[Identifier]
    demoted: list[tuple[Identifier, str]]
    home: int | None  # None: a new node
    new: list[Identifier]
    ends: list[int]  # the nodes that the home is joined with
    review: list[int] = field(default_factory=list)  # of a review to be opened: home first, then the ends
    reason: str = ""  # of that review


class Model:
    """Usage: `receive` messages, `merge`, `undo`, `put_rules`, `leave`; ask `visible_state`."""

    def __init__(self, source: str = "server", dedupe_days: int = 7) -> None:
        self.source = source
        self.dedupe_ms = dedupe_days * DAY_MS
        self.rules = Rules()
        self.node_count = 0
        self.owned: dict[Identifier, Owned] = {}
        self.events: list[Event] = []
        self.edges: list[Edge] = []
        self.merges: dict[str, Merge] = {}  # in order of creation
        self.separations: set[frozenset[int]] = set()
        self.memberships: list[Membership] = []
        self.statements: list[Statement] = []
        self.received: dict[str, int] = {}  # messageId → received_at of the copy that counts
        self.demotions: list[tuple[str, Identifier, str]] = []
        self.reviews: dict[str, Review] = {}  # by the first ref
        self.contact_accounts: dict[int, set[str]] = {}  # node → accounts of the CRM contacts linked to it

    # -- the forest --

    def component(self, node: int) -> frozenset[int]:
        """All nodes that active edges join with this one: the profile."""
        found, frontier = {node}, [node]
        while frontier:
            here = frontier.pop()
            for edge in self.edges:
                if edge.active and here in (edge.home, edge.end):
                    there = edge.end if here == edge.home else edge.home
                    if there not in found:
                        found.add(there)
                        frontier.append(there)
        return frozenset(found)

    def components(self) -> list[frozenset[int]]:
        """Every profile, oldest node first."""
        seen: set[int] = set()
        result = []
        for node in range(self.node_count):
            if node not in seen:
                result.append(self.component(node))
                seen |= result[-1]
        return result

    def public_node(self, component: frozenset[int]) -> int:
        for merge in reversed(self.merges.values()):
            if merge.winner_node is not None and not merge.undone and merge.winner_end in component:
                return merge.winner_node if merge.winner_node in component else merge.winner_end
        return min(component)

    def identifiers(self, component: frozenset[int]) -> list[Identifier]:
        return sorted(identifier for identifier, owned in self.owned.items() if owned.node in component)

    # -- one event (sections 2, 3, 4, 7, 10) --

    def receive(self, message: dict[str, Any], received_at: int) -> str:
        """`accepted`, `duplicate` or the code of a refusal."""
        message_id = message["messageId"]
        earlier = self.received.get(message_id)
        if earlier is not None and received_at - earlier < self.dedupe_ms:
            return "duplicate"
        identifiers, was_blocked = self.read_identifiers(message)
        if not identifiers and not was_blocked:
            return "no_user_anon_id"
        self.received[message_id] = received_at
        at = self.event_time(message, received_at)
        if not identifiers:
            self.events.append(Event(message_id, None, message["type"], at, {}))
            return "accepted"
        ref = message_id if earlier is None else f"{message_id}@{format_time(received_at)}"
        self.record(message, ref, at, self.decide(identifiers, at))
        return "accepted"

    @staticmethod
    def event_time(message: dict[str, Any], received_at: int) -> int:
        """The time of a server source's event: not corrected, but never later than a day after receipt."""
        text = message.get("originalTimestamp") or message.get("timestamp")
        at = parse_time(text) if text else received_at
        return received_at if at > received_at + DAY_MS else at

    def read_identifiers(self, message: dict[str, Any]) -> tuple[list[Identifier], bool]:
        """(identifiers that may be used, in priority order; whether one was dropped by blocking)."""
        if message["type"] == "alias":
            found = self.alias_identifiers(message)
        else:
            found = []
            for kind, value in raw_identifiers(message, self.rules):
                text = normalise(kind, value)
                if text is not None and (kind, text) not in found:
                    found.append((kind, text))
            found.sort(key=self.rules.priority)
        usable = [identifier for identifier in found if not self.rules.is_blocked(identifier)]
        return usable, len(usable) < len(found)

    def alias_identifiers(self, message: dict[str, Any]) -> list[Identifier]:
        """userId, then previousId: a user_id if one is known by that value, else an anonymous_id."""
        found = []
        user = normalise("user_id", message.get("userId"))
        if user is not None:
            found.append(("user_id", user))
        previous = normalise("user_id", message.get("previousId"))
        if previous is not None:
            kind = "user_id" if ("user_id", previous) in self.owned else "anonymous_id"
            if (kind, previous) not in found:
                found.append((kind, previous))
        return found

    def decide(self, identifiers: list[Identifier], at: int) -> Decision:
        kept, demoted, review, reason = list(identifiers), [], [], ""
        while len(kept) > 1:
            broken = self.violation(kept, at)
            if broken is None:
                break
            if broken in ("review", "anomaly") and not review:
                home, ends = self.home_and_ends(kept)
                review, reason = [home, *ends], "anomaly" if broken == "anomaly" else "accounts"
            demoted.append((kept.pop(), broken))
        home, ends = self.home_and_ends(kept)
        new = [identifier for identifier in kept if identifier not in self.owned]
        return Decision(kept, demoted, home, new, ends, review, reason)

    def home_and_ends(self, identifiers: list[Identifier]) -> tuple[int | None, list[int]]:
        """The owner of the first owned identifier, and per further profile the owner of its first one."""
        known = [self.owned[identifier].node for identifier in identifiers if identifier in self.owned]
        return self.first_of_each(known)

    def first_of_each(self, nodes: list[int]) -> tuple[int | None, list[int]]:
        """The first node, and of each further profile the first node."""
        ends: list[int] = []
        joined = self.component(nodes[0]) if nodes else frozenset()
        for node in nodes:
            if node not in joined:
                ends.append(node)
                joined |= self.component(node)
        return (nodes[0] if nodes else None), ends

    def violation(self, ids: list[Identifier], at: int) -> str | None:
        """The first rule that attaching these identifiers to one profile would break, in the order of section 3."""
        parts: list[frozenset[int]] = []
        for identifier in ids:
            if identifier in self.owned:
                part = self.component(self.owned[identifier].node)
                if part not in parts:
                    parts.append(part)
        new = [identifier for identifier in ids if identifier not in self.owned]
        if not new and len(parts) <= 1:
            return None  # nothing is added
        part_ids = [self.identifiers(part) for part in parts]
        candidate = [identifier for some in part_ids for identifier in some] + new
        for kind in sorted({kind for kind, _ in candidate}):
            limit, window = self.rules.limit(kind)
            count = self.count(candidate, kind, at, window)
            if count > limit and count > max([self.count(some, kind, at, window) for some in part_ids], default=0):
                return "limit"
        for separation in self.separations:
            if len({index for index, part in enumerate(parts) if separation & part}) > 1:
                return "separated"
        if len(candidate) > self.rules.max_ids:
            return "max_ids"
        edges = sum(1 for edge in self.edges if edge.active and any(edge.home in part for part in parts))
        if edges + max(len(parts) - 1, 0) > self.rules.max_merges:
            return "max_merges"
        if len(parts) > 1 and len(candidate) - max(self.old_stock(part, at) for part in parts) > self.rules.anomaly_ids:
            return "anomaly"
        return "review" if self.joins_accounts(parts) else None

    def old_stock(self, part: frozenset[int], at: int) -> int:
        """How many identifiers a profile has that it did not gain less than an hour from that time: not attached then; and of
        all nodes that were joined to others then, those of one alone."""
        recent = [edge for edge in self.edges if edge.active and edge.home in part and abs(at - edge.at) < HOUR_MS]
        joined = {end for edge in recent for end in (edge.home, edge.end)}
        old = {node: 0 for node in part}
        for owned in self.owned.values():
            if owned.node in part and abs(at - owned.attached_at) >= HOUR_MS:
                old[owned.node] += 1
        return sum(old[node] for node in part - joined) + max((old[node] for node in joined), default=0)

    def joins_accounts(self, parts: list[frozenset[int]]) -> bool:
        """Whether contacts of more accounts would come together than any one part has."""
        accounts = [set().union(*(self.contact_accounts.get(node, set()) for node in part)) for part in parts]
        return bool(accounts) and len(set().union(*accounts)) > max(len(some) for some in accounts)

    def count(self, ids: list[Identifier], kind: str, at: int, window: int | None) -> int:
        """How many of these count against the limit of their type for an event at that time."""
        total = 0
        for identifier in ids:
            if identifier[0] == kind:
                attached_at = self.owned[identifier].attached_at if identifier in self.owned else at
                total += window is None or abs(at - attached_at) < window
        return total

    def record(self, message: dict[str, Any], ref: str, at: int, decision: Decision) -> int:
        """Writes what was decided; answers the home node."""
        message_id = message["messageId"]
        if decision.review:  # before this event's own joins
            self.open_review(ref, decision.reason, decision.review[0], decision.review[1:])
        home = decision.home
        if home is None:
            home = self.node_count
            self.node_count += 1
        self.events.append(Event(message_id, home, message["type"], at, traits_of(message)))
        for identifier in decision.new:
            self.owned[identifier] = Owned(home, at, self.source)
        if decision.ends:
            cause = "alias" if message["type"] == "alias" else "event"
            self.merges[ref] = Merge(ref, cause, None, home)
            self.edges += [Edge(ref, home, end, at) for end in decision.ends]
        consent = ((message.get("context") or {}).get("consent") or {}).get("categoryPreferences")
        if consent:
            self.statements.append(Statement(home, at, message_id, consent))
        if message["type"] == "group":
            self.memberships.append(Membership(home, str(message["groupId"]), at, True, message_id))
        self.demotions += [(message_id, identifier, rule) for identifier, rule in decision.demoted]
        return home

    def open_review(self, ref: str, reason: str, home: int, ends: list[int]) -> None:
        """An open entry of the same pairs takes the ref instead; of an anomaly, one of the same profile takes all."""
        if reason == "anomaly":  # about the profile that grows
            nodes = [home, *ends]
            home = max(nodes, key=lambda node: len(self.identifiers(self.component(node))))
            ends = [node for node in nodes if node != home]
        for review in self.reviews.values():
            if (review.state, review.reason, review.home, set(review.ends)) == ("open", reason, home, set(ends)):
                review.refs.append(ref)
                return
        profile = self.component(home)
        for review in self.reviews.values():
            if (review.state, review.reason, reason) == ("open", "anomaly", "anomaly") and review.home in profile:
                review.refs.append(ref)
                review.ends = sorted({*review.ends, *ends} - {review.home})
                return
        self.reviews[ref] = Review([ref], reason, home, ends)

    # -- what people do (sections 5, 6, 7) --

    def end_of(self, side: dict[str, Any]) -> int | None:
        """`{type, value}`: the owning node. `{profile_of: {type, value}}`: that profile's id, so its public node."""
        wanted = side.get("profile_of", side)
        text = normalise(wanted["type"], wanted["value"])
        owned = self.owned.get((wanted["type"], text or ""))
        if owned is None:
            return None
        return self.public_node(self.component(owned.node)) if "profile_of" in side else owned.node

    def merge(self, winner: dict[str, Any], loser: dict[str, Any], ref: str, at: int = LATER, force: bool = False) -> str:
        """`applied`, `review`, or why it was refused without effect. Limits, caps and separations do not count here."""
        home, end = self.end_of(winner), self.end_of(loser)
        if home is None or end is None:
            return "unknown_identifier"
        if ref in self.merges or ref in self.reviews:
            return "ref_exists"
        if end in self.component(home):
            return "same_profile"
        if not force and self.joins_accounts([self.component(home), self.component(end)]):
            self.open_review(ref, "manual", home, [end])
            return "review"
        self.join_by_hand(ref, "manual", home, [end], at)
        return "applied"

    def join_by_hand(self, ref: str, cause: str, home: int, ends: list[int], at: int) -> None:
        self.merges[ref] = Merge(ref, cause, self.public_node(self.component(home)), home)
        self.edges += [Edge(ref, home, end, at) for end in ends]

    def decide_review(self, ref: str, approve: bool, at: int = LATER) -> str:
        """Joins or separates what is still apart: `approved`, `rejected`, `obsolete`, or why it was refused."""
        review = self.reviews.get(ref)
        if review is None:
            return "unknown_review"
        if review.state != "open":
            return "already_decided"
        apart = sorted(end for end in review.ends if end not in self.component(review.home))
        if not apart:
            review.state = "obsolete"
        elif approve:
            review.state = "approved"
            _, ends = self.first_of_each([review.home, *apart])
            self.join_by_hand(f"review:{ref}", "review", review.home, ends, at)
            if review.reason != "manual":
                self.merges[f"review:{ref}"].winner_node = None
        else:
            review.state = "rejected"
            self.separations |= {frozenset((review.home, end)) for end in apart}
        return review.state

    def undo(self, ref: str) -> str:
        """`undone`, or why it was refused without effect."""
        merge = self.merges.get(ref)
        if merge is None:
            return "unknown_merge"
        if merge.undone:
            return "already_undone"
        merge.undone = True
        for edge in self.edges:
            if edge.ref == ref:
                edge.active = False
                self.separations.add(frozenset((edge.home, edge.end)))
        return "undone"

    def leave(self, identifier: dict[str, str], group_id: str, at: int) -> str:
        """A person ends a whole profile's membership: recorded on every node that it has at that time."""
        end = self.end_of(identifier)
        if end is None or group_id not in self.groups(self.component(end)):
            return "unknown_membership"
        self.memberships += [Membership(node, group_id, at, False, "") for node in sorted(self.component(end))]
        return "left"

    def link_contact(self, who: dict[str, str], accounts: list[str]) -> str:
        """A CRM contact of these accounts is linked to the node that owns the identifier."""
        owned = self.owned.get((who["type"], who["value"]))
        if owned is None:
            return "unknown_identifier"
        self.contact_accounts[owned.node] = self.contact_accounts.get(owned.node, set()) | set(accounts)
        return "linked"

    def put_rules(self, document: dict[str, Any]) -> None:
        self.rules = Rules(document)

    # -- what a user sees --

    def traits(self, component: frozenset[int]) -> dict[str, tuple[Any, int, str]]:
        """key → (value, time, messageId) of the greatest (time, messageId); tombstones hide older values."""
        best: dict[str, tuple[Any, int, str]] = {}
        for event in self.events:
            if event.node in component:
                for key, value in event.traits.items():
                    old = best.get(key)
                    if old is None or (event.ts, event.message_id.encode()) > (old[1], old[2].encode()):
                        best[key] = (value, event.ts, event.message_id)
        return {key: found for key, found in best.items() if found[0] is not None}

    def groups(self, component: frozenset[int]) -> set[str]:
        """Groups in which the latest of (time, leave before join, messageId) of at least one node is a join."""
        latest: dict[tuple[int, str], Membership] = {}

        def rank(membership: Membership) -> tuple:
            return membership.at, membership.joined, membership.message_id.encode()

        for membership in self.memberships:
            key = (membership.node, membership.group_id)
            if membership.node in component and (key not in latest or rank(membership) > rank(latest[key])):
                latest[key] = membership
        return {membership.group_id for membership in latest.values() if membership.joined}

    def consent(self, component: frozenset[int]) -> dict[str, bool]:
        """Section 8: statements and active edges by time; whoever is one person at a time, of them a statement says it."""
        steps: list[tuple] = [(edge.at, 0, b"", number, edge) for number, edge in enumerate(self.edges)
                              if edge.active and edge.home in component]
        steps += [(said.at, 1, said.message_id.encode(), number, said) for number, said in enumerate(self.statements)
                  if said.node in component]
        persons = [({node}, {}) for node in component]

        def person(node: int) -> tuple[set[int], dict[str, bool]]:
            return next(one for one in persons if node in one[0])

        for *_, step in sorted(steps, key=lambda step: step[:4]):
            if isinstance(step, Statement):
                person(step.node)[1].update(step.categories)
                continue
            first, second = person(step.home), person(step.end)
            persons.remove(second)
            first[0].update(second[0])
            for category, granted in second[1].items():
                first[1][category] = first[1].get(category, True) and granted
        return persons[0][1]

    def name(self, component: frozenset[int]) -> str:
        """A profile's name without generated ids: its identifiers and a digest of its message ids."""
        messages = sorted(event.message_id.encode() for event in self.events if event.node in component)
        words = sorted(f"{kind}={value}".encode() for kind, value in self.identifiers(component))
        return b" ".join(words).decode() + " #" + hashlib.md5(b"\n".join(messages)).hexdigest()[:8]

    def visible_profile(self, component: frozenset[int]) -> list[list[Any]]:
        """The rows (section, profile, item, detail) of one profile, as in sql/tests/identity/visible_state.sql."""
        name, rows = self.name(component), []
        events = [event for event in self.events if event.node in component]
        public = self.public_node(component)
        first = min((event.message_id for event in events if event.node == public), key=str.encode, default="")
        rows.append(["public", name, first, {}])
        for identifier in self.identifiers(component):
            owned = self.owned[identifier]
            detail = {"first_seen_at": format_time(owned.attached_at), "source": owned.source}
            rows.append(["identifier", name, "=".join(identifier), detail])
        for event in events:
            rows.append(["event", name, event.message_id, {"type": event.type, "ts": format_time(event.ts)}])
        for key, (value, ts, message_id) in self.traits(component).items():
            rows.append(["trait", name, key, {"value": value, "ts": format_time(ts), "message_id": message_id}])
        rows += [["group", name, group_id, {}] for group_id in self.groups(component)]
        rows += [["consent", name, category, {"granted": granted}] for category, granted in self.consent(component).items()]
        return rows

    def visible_state(self) -> list[list[Any]]:
        rows = [["unassigned", "", event.message_id, {}] for event in self.events if event.node is None]
        for component in self.components():
            rows += self.visible_profile(component)
        return sorted(rows, key=lambda row: row[:3])
