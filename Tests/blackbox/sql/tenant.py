"""A tenant as the SQL tests see it: one connection, its search path set, and what tests ask again and again."""

import json
import time

import psycopg

import batches


class Tenant:
    """Calls procedures of one tenant. Retries what the server's client retries."""

    def __init__(self, dsn, path, role=None):
        self.dsn, self.path, self.role = dsn, path, role
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.connection.execute("select set_config('search_path', %s, false)", [path])
        self.connection.execute("set plan_cache_mode = force_generic_plan")
        if role:
            self.connection.execute(f'set role "{role}"')
        self.rules = self.value("select reading_version from identity_state")
        self.prefix = ""
        self.retries = 0

    def another(self):
        made = Tenant(self.dsn, self.path, self.role)
        made.prefix = self.prefix
        return made

    def rows(self, query, *parameters):
        return self.connection.execute(query, parameters or None).fetchall()

    def value(self, query, *parameters):
        row = self.connection.execute(query, parameters or None).fetchone()
        return row[0] if row else None

    def put_rules(self, rules):
        self.rules = self.value("select identity_rules_put(null, %s::jsonb, 'tests')", json.dumps(rules))["version"]

    def id(self, kind, value):
        """An identifier of this test alone."""
        return (kind, self.prefix + value)

    def user(self, value):
        return self.id("user_id", value)

    def anonymous(self, value):
        return self.id("anonymous_id", value)

    def email(self, value):
        return self.id("email", value + "@example.test")

    def message(self, name, ids, kind="track", ts=0, **more):
        """A message of this test alone; its source is the server's, with full trust."""
        more.setdefault("source", 101)
        return batches.message(self.prefix + name, ids, kind, ts, **more)

    def send(self, *messages):
        """Outcomes of one batch, in order."""
        arguments = batches.columns(messages, self.rules)
        while True:
            try:
                rows = self.connection.execute(batches.CALL, arguments).fetchall()
                return [row[1] for row in rows]
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure,
                    psycopg.errors.UniqueViolation):
                self.retries += 1
                time.sleep(0.01)

    def track(self, name, *ids, ts=0, **more):
        """Sends one track message."""
        return self.send(self.message(name, list(ids), ts=ts, **more))

    def identify(self, name, *ids, ts=0, traits=None, **more):
        return self.send(self.message(name, list(ids), "identify", ts, traits=traits, **more))

    def profile(self, kind, value):
        """The live profile of an identifier, or None."""
        return self.value(
            "select c.profile_id from identifier i join node n on n.id = i.node join component c on c.label = n.component "
            "where i.type = %s and i.value = %s",
            kind,
            value,
        )

    def show(self, identifier):
        return self.value("select profile_by_identifier(%s, %s)", *identifier)

    def same(self, *identifiers):
        """Whether all identifiers belong to one profile."""
        profiles = {self.profile(*identifier) for identifier in identifiers}
        return len(profiles) == 1 and None not in profiles

    def apart(self, *identifiers):
        """Whether no two of the identifiers belong to one profile."""
        profiles = [self.profile(*identifier) for identifier in identifiers]
        return None not in profiles and len(set(profiles)) == len(profiles)

    def home(self, name):
        """The node of a message."""
        return self.value("select node from event_log where message_id = %s", self.prefix + name)

    def owner(self, identifier):
        """The node that owns an identifier."""
        return self.value("select node from identifier where type = %s and value = %s", *identifier)

    def merge(self, winner, loser, ref=None, force=False, dry_run=False):
        sides = [json.dumps(one if isinstance(one, dict) else {"type": one[0], "value": one[1]}) for one in (winner, loser)]
        return self.value(
            "select apply_merge(%s::jsonb, %s::jsonb, %s, null, %s, 'tests', %s)",
            *sides, ref and self.prefix + ref, force, dry_run,
        )

    def undo(self, ref):
        return self.value("select undo_merge(null, %s, 'tests')", self.prefix + ref)

    def demotions(self, name):
        """(type, value, rule) of a message's demotions."""
        return [
            (kind, value.removeprefix(self.prefix), rule)
            for kind, value, rule in self.rows(
                "select type, value, rule from demotion where message_id = %s order by seq", self.prefix + name
            )
        ]

    def breaches(self):
        return self.rows("select * from check_identity()")


class refused:
    """A block that must end with an error of that SQLSTATE."""

    def __init__(self, sqlstate):
        self.sqlstate = sqlstate

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert isinstance(error, psycopg.Error), f"not refused; expected {self.sqlstate}"
        assert error.sqlstate == self.sqlstate, error
        return True
