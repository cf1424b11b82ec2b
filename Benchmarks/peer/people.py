"""The look-up of a profile by identifier as one writes it with FastAPI and asyncpg: people and identifiers in two tables, one prepared
statement, no rights. As fast as this stack goes, like app.py."""

import os
from contextlib import asynccontextmanager

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response

SHOW = """
select p.id, p.traits::text as traits, p.first_seen_at, p.last_seen_at,
    (select json_agg(json_build_object('type', i.type, 'value', i.value, 'first_seen_at', i.first_seen_at) order by i.first_seen_at)
     from identifiers i where i.profile_id = p.id)::text as identifiers
from profiles p
where p.id = (select i.profile_id from identifiers i where i.type = $1 and i.value = $2)
"""
KEYS = {"Bearer " + key for key in os.environ["PEER_KEYS"].split(",")}


async def leave_as_is(connection):
    """Instead of asyncpg's reset after each use, which costs a round trip and has nothing to reset here."""


@asynccontextmanager
async def lifespan(app):
    connections = int(os.environ["PEER_CONNECTIONS"])
    app.state.pool = await asyncpg.create_pool(
        os.environ["PEER_DSN"], min_size=connections, max_size=connections, reset=leave_as_is,
        server_settings={"search_path": "peer"})
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan, openapi_url=None)


def answer(status, body):
    return Response(orjson.dumps(body, default=str), status, media_type="application/json")


@app.get("/v1/profiles/by/{type}/{value}")
async def by_identifier(request: Request, type: str, value: str):
    if request.headers.get("authorization") not in KEYS:
        return answer(401, {"error": "unknown key"})
    row = await app.state.pool.fetchrow(SHOW, type, value)
    if row is None:
        return answer(404, {"error": "unknown profile"})
    whole = {key: orjson.Fragment(text) if key in ("traits", "identifiers") else text for key, text in row.items()}
    return answer(200, whole)


@app.get("/healthz")
async def healthz():
    return answer(200, {})
