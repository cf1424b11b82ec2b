"""A tenant as the SQL tests see it: one connection, its search path set, and what tests ask again and again."""

import time

import psycopg

import batches

PATH = "t_x, t_x_i, tandem_code, pg_temp"


class Tenant:
    """Calls procedures of one tenant. Retries what the server's client retries."""

    def __init__(self, dsn, path=PATH):
        self.dsn = dsn
        self.path = path
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.connection.execute("select set_config('search_path', %s, false)", [path])
        self.connection.execute("set plan_cache_mode = force_generic_plan")
        self.rules = self.value("select rules_version from identity_state")
        self.retries = 0

    def another(self):
        return Tenant(self.dsn, self.path)

    def rows(self, query, *parameters):
        return self.connection.execute(query, parameters or None).fetchall()

    def value(self, query, *parameters):
        row = self.connection.execute(query, parameters or None).fetchone()
        return row[0] if row else None

    def send(self, *messages):
        """Outcomes of one batch, in order."""
        arguments = batches.columns(messages, self.rules)
        while True:
            try:
                rows = self.connection.execute(batches.CALL, arguments).fetchall()
                return [row[1] for row in rows]
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                self.retries += 1
                time.sleep(0.01)

    def profile(self, kind, value):
        """The live profile of an identifier, or None."""
        return self.value(
            "select c.profile_id from identifier i join node n on n.id = i.node join component c on c.label = n.component "
            "where i.type = %s and i.value = %s",
            kind,
            value,
        )

    def same(self, *identifiers):
        """Whether all identifiers belong to one profile."""
        profiles = {self.profile(*identifier) for identifier in identifiers}
        return len(profiles) == 1 and None not in profiles
