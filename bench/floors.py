"""The floors: the same work without the house. Bare psycopg, prepared statements, same rows, same commits, same signing."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange

from foundation.base import new_id
from passes.credential import Credential, encode_payload
from passes.public import Content
from passes.service.issue import new_check_code
from passes.signing import PrivateKey, sign_payload


def issue(
    connection: "psycopg.Connection[Any]", content: Content, body: Any, key: PrivateKey, now: datetime
) -> str:
    """Write the rows of one pass in one transaction: number, pass, revision, status change, audit event and its place."""
    with connection.transaction():
        cursor = connection.cursor()
        serial, number_of_key = cursor.execute(
            "UPDATE serial_counter SET last_serial = last_serial + 1 WHERE area = %s RETURNING last_serial, "
            "(SELECT key FROM signing_key WHERE area = %s AND state = 'signing')",
            (body.area, body.area),
            prepare=True,
        ).fetchone() or (0, 0)
        number = f"{body.area}{serial:06d}"
        payload = encode_payload(
            Credential(
                key=number_of_key,
                area=body.area,
                serial=serial,
                sector=0,
                kind=content.kind,
                revision=0,
                plate=content.plate,
                plate_colour=content.plate_colour,
                origin=content.origin,
                destination=content.destination,
                roads=content.roads,
                goods=content.goods,
                not_before=content.not_before,
                duration_minutes=content.hours * 60,
            )
        )
        signature = sign_payload(key, payload)
        ends = content.not_before + timedelta(hours=content.hours)
        cursor.execute(
            "INSERT INTO pass_number (number, plate) VALUES (%s, %s)", (number, content.plate), prepare=True
        )
        cursor.execute(
            "INSERT INTO pass (plate, number, plate_colour, kind, state, state_changed_at, validity, revision, step, "
            "body_id, channel, holder_name, issued_at, demo) "
            "VALUES (%s, %s, %s, %s, 'live', %s, %s, 0, 0, %s, 'command_line', %s, %s, false) "
            "ON CONFLICT DO NOTHING RETURNING number",
            (
                content.plate,
                number,
                content.plate_colour,
                content.kind,
                now,
                TimestamptzRange(content.not_before, ends),
                body.id,
                "压测企业",
                now,
            ),
            prepare=True,
        )
        cursor.execute(
            "INSERT INTO pass_revision (plate, number, revision, key, goods, origin, destination, stops, roads, "
            "not_before, duration_minutes, drivers, check_code, payload, signature, issued_at) "
            "VALUES (%s, %s, 0, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                content.plate,
                number,
                number_of_key,
                content.goods,
                content.origin,
                content.destination,
                [],
                list(content.roads),
                content.not_before,
                content.hours * 60,
                Jsonb([]),
                new_check_code(),
                payload,
                signature,
                now,
            ),
            prepare=True,
        )
        cursor.execute(
            "INSERT INTO status_change (id, number, code, revision, step, ends_at, changed_at) "
            "VALUES (%s, %s, 1, 0, 0, %s, %s)",
            (new_id(), number, ends, now),
            prepare=True,
        )
        event = new_id()
        facts = {"kind": content.kind, "body": body.code, "replaces": None, "key": number_of_key}
        cursor.execute(
            "INSERT INTO audit_event (id, at, actor_kind, tag, subject_kind, subject_id, to_state, facts, content_hash) "
            "VALUES (%s, %s, 'command_line', 'pass:issue', 'pass', %s, 'live', %s, %s)",
            (event, now, number, Jsonb(facts), hashlib.sha256(json.dumps(facts).encode()).digest()),
            prepare=True,
        )
        cursor.execute("INSERT INTO audit_pending (event_id) VALUES (%s)", (event,), prepare=True)
    return number
