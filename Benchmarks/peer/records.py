"""The routes of lists as one writes them with FastAPI and asyncpg: explicit SQL over the same tables, no rights, no history, no validation
beyond the types. As fast as this stack goes, like app.py."""

import base64
import json
import os
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timezone

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response

COLUMNS = ("id, external_id, owner_id, first_name, last_name, name, title, email, phone, do_not_contact, tags, created_at, updated_at, "
           "version")
SORTED = f"select {COLUMNS} from contacts where title = $1 and (name, id) > ($2, $3) order by name, id limit $4"
FOUND = f"select {COLUMNS} from contacts where name ilike $1 order by id desc limit $2"
COLUMN = ("select id, name, account_id, stage_id, amount, currency, close_date, probability, owner_id, version from opportunities "
          "where pipeline_id = $1 and stage_id = $2 and close_date is not null order by close_date, id limit $3")
SUMS = "select stage_id, currency, count(*), sum(amount) from opportunities where pipeline_id = $1 group by 1, 2"
INSERT = """
insert into peer.contacts (id, first_name, last_name, title, email, created_at, updated_at)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $6::timestamptz[])
"""
KEYS = {"Bearer " + key for key in os.environ["PEER_KEYS"].split(",")}
FIRST = uuid.UUID(int=0)


async def leave_as_is(connection):
    """Instead of asyncpg's reset after each use, which costs a round trip and has nothing to reset here."""


@asynccontextmanager
async def lifespan(app):
    connections = int(os.environ["PEER_CONNECTIONS"])
    app.state.pool = await asyncpg.create_pool(
        os.environ["PEER_DSN"], min_size=connections, max_size=connections, reset=leave_as_is,
        server_settings={"search_path": os.environ["PEER_SCHEMA"]})
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan, openapi_url=None)


def answer(status, body):
    return Response(orjson.dumps(body, default=str), status, media_type="application/json")


async def items(request, sql, *values, limit=None):
    if request.headers.get("authorization") not in KEYS:
        return answer(401, {"error": "unknown key"})
    rows = [dict(row) for row in await app.state.pool.fetch(sql, *values)]
    next_ = None
    if limit and len(rows) > limit:
        rows.pop()
        place = orjson.dumps([rows[-1]["name"], str(rows[-1]["id"])])
        next_ = base64.urlsafe_b64encode(place).decode()
    return answer(200, {"items": rows, "page": {"next": next_, "has_more": next_ is not None}})


@app.get("/v1/contacts")
async def contacts(request: Request, title: str = "", contains: str = "", after: str = "", limit: int = 50):
    if contains:
        return await items(request, FOUND, f"%{contains}%", limit)
    name, last = json.loads(base64.urlsafe_b64decode(after)) if after else ("", str(FIRST))
    return await items(request, SORTED, title, name, uuid.UUID(last), limit + 1, limit=limit)


@app.get("/v1/opportunities")
async def opportunities(request: Request, pipeline_id: uuid.UUID, stage_id: uuid.UUID, limit: int = 50):
    return await items(request, COLUMN, pipeline_id, stage_id, limit)


@app.get("/v1/opportunities/sums")
async def sums(request: Request, pipeline_id: uuid.UUID):
    return await items(request, SUMS, pipeline_id)


@app.get("/v1/contacts/{id}")
async def contact(request: Request, id: uuid.UUID):
    return await items(request, f"select {COLUMNS} from contacts where id = $1", id)


async def insert(request, bodies):
    if request.headers.get("authorization") not in KEYS:
        return answer(401, {"error": "unknown key"})
    now = datetime.now(timezone.utc)
    rows = [(uuid.uuid4(), each.get("first_name"), each.get("last_name"), each.get("title"), each["email"], now) for each in bodies]
    # asyncpg prepares the statement at its first use on a connection and keeps it.
    await app.state.pool.execute(INSERT, *map(list, zip(*rows)))
    return answer(201, {"items": [{"id": row[0]} for row in rows]})


@app.post("/v1/contacts")
async def create(request: Request):
    return await insert(request, [orjson.loads(await request.body())])


@app.post("/v1/contacts/batch")
async def batch(request: Request):
    return await insert(request, orjson.loads(await request.body())["items"])


@app.get("/healthz")
async def healthz():
    return answer(200, {})
