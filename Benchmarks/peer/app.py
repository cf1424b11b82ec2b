"""An event collector as one writes it with FastAPI and asyncpg: Segment's paths, one plain insert a request, no identity.

Meant to be as fast as this stack goes: uvloop, httptools, orjson, no models, prepared statements, no reset of connections.
It answers after the commit, at the durability that the database is set to.
"""

import base64
import os
from contextlib import asynccontextmanager
from datetime import datetime, timezone

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response

TYPES = {"track", "page", "screen", "identify", "group", "alias"}
# What the Authorization header of each write key looks like: one look-up checks a request.
KEYS = {"Basic " + base64.b64encode(f"{key}:".encode()).decode() for key in os.environ["PEER_KEYS"].split(",")}
INSERT = """
insert into peer.event_log (person, ts, received_at, message_id, type, name, payload)
select * from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::jsonb[])
"""


async def leave_as_is(connection):
    """Instead of asyncpg's reset after each use, which costs a round trip and has nothing to reset here."""


@asynccontextmanager
async def lifespan(app):
    connections = int(os.environ["PEER_CONNECTIONS"])
    app.state.pool = await asyncpg.create_pool(
        os.environ["PEER_DSN"], min_size=connections, max_size=connections, reset=leave_as_is)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan, openapi_url=None)


def answer(status, body):
    return Response(orjson.dumps(body), status, media_type="application/json")


def row(message, kind, now):
    """A message as a row; KeyError, TypeError or ValueError if it is none."""
    kind = kind or message["type"]
    if kind not in TYPES:
        raise ValueError(kind)
    sent = message.get("timestamp")
    payload = {name: message[name] for name in ("properties", "traits", "context") if name in message}
    return (
        message.get("userId") or message["anonymousId"], datetime.fromisoformat(sent) if sent else now, now,
        message["messageId"], kind, message.get("event") or message.get("name"), orjson.dumps(payload).decode(),
    )


async def store(request, kind):
    if request.headers.get("authorization") not in KEYS:
        return answer(401, {"error": "unknown write key"})
    now = datetime.now(timezone.utc)
    try:
        body = orjson.loads(await request.body())
        rows = [row(message, kind, now) for message in (body["batch"] if kind is None else [body])]
    except (KeyError, TypeError, ValueError) as error:
        return answer(400, {"error": str(error)})
    # asyncpg prepares the statement at its first use on a connection and keeps it.
    await app.state.pool.execute(INSERT, *map(list, zip(*rows)))
    return answer(200, {"success": True, "accepted": len(rows), "duplicates": 0})


@app.post("/v1/batch")
async def batch(request: Request):
    return await store(request, None)


@app.post("/v1/{kind}")
async def single(request: Request, kind: str):
    return await store(request, kind)


@app.get("/healthz")
async def healthz():
    return answer(200, {})
