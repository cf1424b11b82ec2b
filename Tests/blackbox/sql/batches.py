"""Builds calls of `ingest_batch` from plain messages, without the server in front."""

import hashlib
import json
import uuid
from datetime import datetime, timedelta, timezone

EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)
MAY_IDENTIFY, MAY_CREATE_ACCOUNTS, MAY_WRITE_CONTACTS, MAY_WRITE_LEADS, PUBLIC, LEAVE = 32, 64, 128, 256, 512, 1024
IMPORT = 16
TRUSTED = MAY_IDENTIFY | MAY_CREATE_ACCOUNTS | MAY_WRITE_CONTACTS

CALL = """
select r.idx, case when r.accepted then 'accepted' else 'duplicate' end as outcome, r.home, b.epoch
from ingest_batch(
    null::text, %(rules)s::int4, %(event_id)s::uuid[], %(message_id)s::text[], %(type)s::text[], %(name)s::text[],
    %(ts)s::timestamptz[], %(received_at)s::timestamptz[], %(flags)s::int4[], %(source)s::int2[], %(session)s::text[],
    %(payload)s::text[]::jsonb[], %(traits)s::text[]::jsonb[], %(consent)s::text[]::jsonb[], %(group_id)s::text[],
    %(previous_id)s::text[], %(id_msg)s::int4[], %(id_type)s::text[], %(id_value)s::text[],
    %(co_msg)s::int4[], %(co_kind)s::text[], %(co_value)s::text[], %(co_name)s::text[],
    %(pf_msg)s::int4[], %(pf_field)s::text[], %(pf_value)s::text[], %(email_norm)s::text[], %(phone_e164)s::text[]) b
cross join unnest(b.accepted, b.home) with ordinality r(accepted, home, idx)
order by r.idx
"""


def event_id(message_id):
    """The version-8 UUID of a message id."""
    digest = bytearray(hashlib.sha256(message_id.encode()).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x80
    digest[8] = (digest[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(digest))


def at(seconds):
    """A time, in seconds after the tests' epoch."""
    return EPOCH + timedelta(seconds=seconds)


def message(message_id, ids, kind="track", ts=0, **more):
    """A message. ids: [(type, value)] by priority; more: traits, group, previous, consent, flags, source, co, pf, email, phone."""
    return dict(id=message_id, ids=ids, type=kind, ts=ts, **more)


def columns(messages, rules):
    """The arguments of CALL."""
    out = {
        key: []
        for key in (
            "event_id message_id type name ts received_at flags source session payload traits consent group_id previous_id "
            "id_msg id_type id_value co_msg co_kind co_value co_name pf_msg pf_field pf_value email_norm phone_e164"
        ).split()
    }
    for position, item in enumerate(messages, 1):
        when = item["ts"] if isinstance(item["ts"], datetime) else at(item["ts"])
        out["event_id"].append(event_id(item["id"]))
        out["message_id"].append(item["id"])
        out["type"].append(item["type"])
        out["name"].append("Test" if item["type"] == "track" else None)
        out["ts"].append(when)
        out["received_at"].append(item.get("received_at", when))
        out["flags"].append(item.get("flags", TRUSTED))
        out["source"].append(item.get("source", 1))
        out["session"].append(item.get("session"))
        out["payload"].append(json.dumps(item.get("payload", {})))
        out["traits"].append(json.dumps(item["traits"]) if item.get("traits") is not None else None)
        out["consent"].append(json.dumps(item["consent"]) if item.get("consent") is not None else None)
        out["group_id"].append(item.get("group"))
        out["previous_id"].append(item.get("previous"))
        for kind, value in item["ids"]:
            out["id_msg"].append(position)
            out["id_type"].append(kind)
            out["id_value"].append(value)
        for kind, value, name in item.get("co", []):
            out["co_msg"].append(position)
            out["co_kind"].append(kind)
            out["co_value"].append(value)
            out["co_name"].append(name)
        for field, value in item.get("pf", {}).items():
            out["pf_msg"].append(position)
            out["pf_field"].append(field)
            out["pf_value"].append(value)
        out["email_norm"].append(item.get("email"))
        out["phone_e164"].append(item.get("phone"))
    out["rules"] = rules
    return out
