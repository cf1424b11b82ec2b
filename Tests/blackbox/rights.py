"""What a role allows, as a plain filter over all records: the model that the product's answers are compared with."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
SHARED = {"form", "pipeline", "stage", "product", "user", "team"}
WIDTH = {"none": 0, "own": 1, "team": 2, "all": 3}


class Model:
    """`records`: {object: [record]} with owner_id, and the links account_id, account_ids, linked; users and teams as the API has them."""

    def __init__(self, records: dict[str, list[Json]], users: list[Json], teams: list[Json]):
        self.records, self.users, self.teams = records, users, teams

    def level(self, role: Json, object: str, action: str) -> str:
        grants = role["grants"]
        return grants.get(object, {}).get(action) or grants.get("*", {}).get(action) or "none"

    def area(self, role: Json, area: str, action: str = "read") -> bool:
        """Parts of Tandem that are no records: all or nothing."""
        return self.level(role, area, action) == "all"

    def below(self, id: str) -> set[str]:
        return {id}.union(*(self.below(user["id"]) for user in self.users if user["manager_id"] == id))

    def inside(self, team: str) -> set[str]:
        return {team}.union(*(self.inside(part["id"]) for part in self.teams if part["parent_id"] == team))

    def may(self, role: Json, user: Json | None, object: str, action: str, owner: str | None) -> bool:
        """By the owner alone."""
        level = self.level(role, object, action)
        if level in ("all", "none") or object in SHARED:
            return level == "all" or level != "none" and action == "read"
        if user is None or owner is None:
            return False
        team = {one["id"] for one in self.users if user["team_id"] and one["team_id"] in self.inside(user["team_id"])}
        return owner in self.below(user["id"]) | (team if level == "team" else set())

    def gives(self, role: Json, user: Json | None, object: str, owner: str | None, to: str | None) -> bool:
        """What nobody owns counts as of whom it is given to."""
        taken = owner is None and user is not None and to == user["id"]
        return self.may(role, user, object, "edit", owner or to) and (taken or self.may(role, user, object, "assign", owner or to))

    def reads(self, role: Json, user: Json | None, object: str, record: Json) -> bool:
        level = self.level(role, object, "read")
        if level == "none":
            return False
        if level == "team" and user and record["owner_id"] is None and not (object == "activity" and record.get("links")):
            return True
        if self.may(role, user, object, "read", record["owner_id"]):
            return True
        if object == "account":
            return any(
                self.may(role, user, kind, "read", other["owner_id"]) for kind in ("opportunity", "contact") for other in self.records[kind]
                if record["id"] in other["accounts_of"])
        linked = {id for link in record.get("links", []) for id in [link["record_id"]]} if object == "activity" else set()
        return any(
            self.reads(role, user, kind, other) for kind in ("account", "contact", "lead", "opportunity")
            for other in self.records[kind] if other["id"] in linked)
