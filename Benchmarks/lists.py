"""Lists over a million contacts and a hundred thousand opportunities, and single records, at 16 connections: p50, p99, and the rate
beside the bare SQL of the same rows (`pgbench`) and beside FastAPI + asyncpg, in the same run. Prints Markdown. See docs/benchmarks.md.

LISTS_CONTACTS=1000000 LISTS_OPPORTUNITIES=100000 LISTS_ROUNDS=5 LISTS_SECONDS=3"""

import base64
import dataclasses
import itertools
import json
import os
import statistics
import sys
import urllib.parse
import uuid

from blackbox import BINARY  # first: it makes load and server known
import closedloop
from peer.peer import CONNECTIONS, Peer
from pgbench import pgbench
from server import Server

CONTACTS = int(os.environ.get("LISTS_CONTACTS", "1000000"))
OPPORTUNITIES = int(os.environ.get("LISTS_OPPORTUNITIES", "100000"))
ROUNDS = int(os.environ.get("LISTS_ROUNDS", "5"))
SECONDS = float(os.environ.get("LISTS_SECONDS", "3"))
CLIENTS = 16
TITLE = "Buyer"
BATCH = 100
COLUMNS = ("id, external_id, owner_id, first_name, last_name, name, title, email, phone, do_not_contact, tags, created_at, updated_at, "
           "version")
# What the peer answers is asked of Tandem too (`fields`); all that it has is a line of its own.
CONTACT_FIELDS = COLUMNS.replace(" ", "")
OPPORTUNITY_FIELDS = "id,name,account_id,stage_id,amount,currency,close_date,probability,owner_id,version"


@dataclasses.dataclass
class Case:
    """One thing asked of Tandem, of the peer and, as SQL, of pgbench. `tandem` and `peer`: (method, path, body) of a turn."""

    title: str
    tandem: object
    peer: object
    sql: str
    samples: list = dataclasses.field(default_factory=list)


def encoded(**parameters):
    return urllib.parse.urlencode(parameters)


def fill(server, tenant):
    """A million contacts and the deals of a sales team, by insert-select; one in ten contacts is a buyer."""
    def sql(statement):
        server.sql(statement, schema=tenant.schema)

    stamps = "now() - make_interval(secs => i), now() - make_interval(secs => i), 'benchmark'"
    sql(f"""insert into accounts (id, name, domain, created_at, updated_at, created_by)
        select uuidv7(now() - make_interval(secs => i)), 'Account ' || i, 'account' || i || '.example', {stamps}
        from generate_series(1, {max(OPPORTUNITIES // 4, 1)}) i""")
    for first in range(1, CONTACTS + 1, 100_000):
        sql(f"""insert into contacts (id, first_name, last_name, title, email, email_norm, created_at, updated_at, created_by)
            select uuidv7(now() - make_interval(secs => i)), 'Given' || i % 5000, 'Family' || md5(i::text),
                case when i % 10 = 0 then '{TITLE}' else 'Engineer' end, e, e, {stamps}
            from generate_series({first}, {min(first + 99_999, CONTACTS)}) i
            cross join lateral (select 'person' || i || '@account' || i % 1000 || '.example' as e) m""")
    sql(f"""insert into opportunities (id, name, account_id, pipeline_id, stage_id, amount, currency, close_date, status, created_at,
            updated_at, created_by)
        select uuidv7(now() - make_interval(secs => i)), 'Deal ' || i, a.ids[1 + i % cardinality(a.ids)], s.pipeline_id, s.id,
            i % 9000, 'EUR', case when i % 20 <> 0 then current_date + i % 365 end, s.status, {stamps}
        from generate_series(1, {OPPORTUNITIES}) i
        cross join (select array_agg(id) as ids from accounts) a
        join (select row_number() over (order by position) as n, count(*) over () as of, * from stages) s on s.n = 1 + i % s.of""")
    sql("vacuum analyze")


class Lists:
    def __init__(self, server):
        self.server = server
        self.tenant = server.tenant("lists")
        fill(server, self.tenant)
        self.peer = Peer(server, "records", PEER_SCHEMA=f"{self.tenant.schema},peer")
        server.sql(f"create table peer.contacts (like {self.tenant.schema}.contacts including defaults including indexes)")
        server.sql("alter table peer.contacts alter created_by set default 'peer', alter version set default 1")
        self.numbers = itertools.count()
        self.cases = list(self.make_cases())

    def row(self, statement):
        return self.server.sql(statement, schema=self.tenant.schema)[0]

    def deep_page(self, pages=1_000):
        """The cursors of Tandem and of the peer behind so many pages of fifty."""
        skipped = min(pages * 50, CONTACTS // 20)
        name, last = self.row(f"select name, id from contacts where title = '{TITLE}' order by name, id offset {skipped - 1} limit 1")
        asked, after, seen = dict(title=TITLE, sort="name", fields="name", limit=1_000), None, 0
        while seen < skipped:
            page = self.tenant.get("/v1/contacts?" + encoded(**asked, **({"after": after} if after else {})))
            assert page.status_code == 200, page.text
            after, seen = page.json()["page"]["next"], seen + len(page.json()["items"])
        return after, base64.urlsafe_b64encode(json.dumps([name, str(last)]).encode()).decode(), name, last

    def make_cases(self):
        after, peer_after, name, last = self.deep_page()
        pipeline, stage = self.row("select pipeline_id, id from stages order by position limit 1")
        some = [row[0] for row in self.server.sql("select id from contacts order by id limit 500", schema=self.tenant.schema)]
        word = "amily" + self.row("select substr(last_name, 7, 6) from contacts limit 1")[0]
        sorted_ = f"select {COLUMNS} from contacts where title = '{TITLE}' {{}} order by name, id limit 51;\n"

        def get(path, **parameters):
            return lambda number: ("GET", path + ("?" + encoded(**parameters) if parameters else ""), b"")

        def post(path, body):
            return lambda number: ("POST", path, json.dumps(body(number)).encode())

        def one(number):
            return "GET", f"/v1/contacts/{some[number % len(some)]}", b""

        def person(number):
            address = f"new{uuid.uuid4().hex}@account.example"
            return {"first_name": "New", "last_name": f"Family{number}", "title": TITLE, "email": address}

        def people(number):
            return [person(each) for each in range(BATCH)]

        asked = dict(title=TITLE, sort="name", fields=CONTACT_FIELDS)
        board = dict(pipeline_id=pipeline, stage_id=stage)
        sums = {"group": ["stage_id"], "measures": [{"fn": "count"}, {"fn": "sum", "field": "amount"}],
                "where": {"field": "pipeline_id", "value": str(pipeline)}}
        yield Case(
            "page 1 of a filtered, sorted list", get("/v1/contacts", **asked), get("/v1/contacts", title=TITLE), sorted_.format(""))
        yield Case("page 1 with all fields and channels", get("/v1/contacts", title=TITLE, sort="name"), None, "")
        yield Case(
            "page 1,000 of it", get("/v1/contacts", **asked, after=after),
            get("/v1/contacts", title=TITLE, after=peer_after), sorted_.format(f"and (name, id) > ('{name}', '{last}')"))
        yield Case(
            "contacts by a part of the name", get("/v1/contacts", filter=f'name contains "{word}"', fields=CONTACT_FIELDS),
            get("/v1/contacts", contains=word),
            f"select {COLUMNS} from contacts where name ilike '%{word}%' order by id desc limit 51;\n")
        yield Case("search in all records", post("/v1/search", lambda number: {"q": word}), None, "")
        yield Case(
            "a column of the board", get("/v1/opportunities", sort="close_date", fields=OPPORTUNITY_FIELDS, **board),
            get("/v1/opportunities", **board),
            f"select * from opportunities where pipeline_id = '{pipeline}' and stage_id = '{stage}' and close_date is not null "
            "order by close_date, id limit 51;\n")
        yield Case(
            "count and sum of all its columns", post("/v1/opportunities:aggregate", lambda number: sums),
            get("/v1/opportunities/sums", pipeline_id=pipeline),
            f"select stage_id, currency, count(*), sum(amount) from opportunities where pipeline_id = '{pipeline}' group by 1, 2;\n")
        array = f"(array{[str(each) for each in some]}::uuid[])[:n]"
        yield Case("read one", one, one, f"\\set n random(1, {len(some)})\nselect {COLUMNS} from contacts where id = {array};\n")
        yield Case("create one", post("/v1/contacts", person), post("/v1/contacts", person), self.insert(1))
        yield Case(
            f"create {BATCH} in a batch",
            post("/v1/contacts:batch", lambda number: {"items": [{"op": "create", "data": each} for each in people(number)]}),
            post("/v1/contacts/batch", lambda number: {"items": people(number)}), self.insert(BATCH))

    @staticmethod
    def insert(rows):
        return ("insert into peer.contacts (id, first_name, last_name, title, email, created_at, updated_at) "
                f"select gen_random_uuid(), 'New', 'Family' || i, '{TITLE}', 'new' || gen_random_uuid() || '@account.example', "
                f"now(), now() from generate_series(1, {rows}) i;\n")

    def over_http(self, base_url, key, turn, seconds):
        host = urllib.parse.urlsplit(base_url).netloc

        def make(number):
            method, path, body = turn(number)
            return closedloop.request(method, path, host, key, body)

        return closedloop.run(base_url, make, seconds, CLIENTS)

    def measure(self, case, seconds):
        path, peer = f"{self.tenant.schema}, peer", self.peer
        length = ["-T", str(int(max(seconds, 1)))]
        return {
            "plain": pgbench(self.server.dsn, path, CLIENTS, length, case.sql)[0] if case.sql else None,
            "own": self.over_http(self.server.base_url, self.tenant.secret_key, case.tandem, seconds),
            "peer": self.over_http(peer.server.base_url, peer.write_key, case.peer, seconds) if case.peer else None,
        }

    def run(self):
        for case in self.cases:
            self.measure(case, 1)
        for number in range(ROUNDS):
            for case in self.cases:
                case.samples.append(self.measure(case, SECONDS))
            print(f"lists: round {number + 1} of {ROUNDS}", file=sys.stderr)


def median(case, *path):
    return statistics.median(sample[path[0]][path[1]] for sample in case.samples)


def ratio(case, name, key=None):
    if case.samples[0][name] is None:
        return None
    return statistics.median(sample["own"]["rate"] / (sample[name][key] if key else sample[name]) for sample in case.samples)


def cell(value, form=".2f"):
    return "" if value is None else format(value, form)


def report(lists, version):
    peers = [(case, ratio(case, "peer", "rate")) for case in lists.cases]
    compared = [(case.title, value) for case, value in peers if value is not None]
    slower = [title for title, value in compared if value < 1]
    print(f"{len(compared) - len(slower)} of {len(compared)} are at least as fast as FastAPI + asyncpg"
          f"{'; not: ' + '; '.join(slower) if slower else ''}.")
    print(f"\nPostgreSQL {version}; server, database, peer and generator on the same {os.cpu_count()} cores; {CONTACTS:,} contacts, "
          f"{OPPORTUNITIES:,} opportunities, {CLIENTS} connections, pages of 50. Medians of {ROUNDS} rounds of {SECONDS:g} s, in which "
          "pgbench, Tandem and the peer stand right behind each other; ratios are taken within such a triple. The peer: "
          f"{os.cpu_count()} workers of {CONNECTIONS} connections each, explicit SQL, no rights, no history, no duplicates looked for.\n")
    print("| | requests/s | p50 ms | p99 ms | ÷ bare SQL | ÷ FastAPI + asyncpg | its p50 ms | its p99 ms |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    refused = {case.title: sum(sample["own"]["refused"] for sample in case.samples) for case, _ in peers}
    for case, over in peers:
        own = [cell(median(case, "own", key), form) for key, form in (("rate", ",.0f"), ("p50_ms", ".1f"), ("p99_ms", ".1f"))]
        peer = [cell(median(case, "peer", key), ".1f") if over is not None else "" for key in ("p50_ms", "p99_ms")]
        print("| " + " | ".join([case.title, *own, cell(ratio(case, "plain")), cell(over), *peer]) + " |")
    print("\nRefused by Tandem because it was too busy: " + (
        "; ".join(f"{title} {count}" for title, count in refused.items() if count) or "none") + ".")


def main():
    # Reading single records comes near the rate that a tenant has by default.
    with Server(BINARY, {"TANDEM_REQUEST_RATE": "0"}) as server:
        lists = Lists(server)
        try:
            lists.run()
        finally:
            lists.peer.close()
        report(lists, server.sql("show server_version")[0][0])


if __name__ == "__main__":
    main()
