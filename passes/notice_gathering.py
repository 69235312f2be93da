"""Whom a notice means, and the messages to them: found pass by pass in the order of numbers, a thousand at a time.

A notice means the holders of live passes that were issued in its area, or begin, end or stop there; of all goods, or of
one category. A holder is the person, or every active person of the firm; a pass of nobody's account (from a counter)
is reached by text message alone, under the telephone number of its application. Nobody is told twice: an address gets
each notice once, however many passes, firms or accounts it stands in.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from accounts.permissions import area_prefix
from passes.notice_messages import NOTICE
from passes.notice_models import Notice

STEP: Final = 1000
"""Passes looked at in one transaction: a tenth of a second, so that a pause is heard at once."""
FIRST_NUMBER: Final = ""

_MEANT = """
    meant AS (
        SELECT DISTINCT pass.firm_id,
            CASE WHEN pass.firm_id IS NULL THEN pass.person_id END AS person_id,
            CASE WHEN pass.firm_id IS NULL AND pass.person_id IS NULL THEN application.contact_phone END AS phone
        FROM looked
        JOIN pass ON pass.plate = looked.plate AND pass.number = looked.number
        JOIN pass_revision AS said ON said.plate = pass.plate AND said.number = pass.number
            AND said.revision = pass.revision
        LEFT JOIN application ON application.id = pass.application_id
        WHERE pass.state = 'live' AND upper(pass.validity) > :now
        AND (starts_with(pass.number, :within) OR starts_with(said.origin, :within)
            OR starts_with(said.destination, :within)
            OR EXISTS (SELECT FROM unnest(said.stops) AS stop WHERE starts_with(stop, :within)))
        AND (CAST(:category AS text) IS NULL
            OR said.goods IN (SELECT number FROM goods_item WHERE category = :category))
    ),
    reached AS (
        SELECT person.id, person.email, person.phone, person.locale
        FROM meant JOIN person ON person.firm_id = meant.firm_id WHERE person.active
        UNION
        SELECT person.id, person.email, person.phone, person.locale
        FROM meant JOIN person ON person.id = meant.person_id WHERE person.active
        UNION
        SELECT NULL, NULL, phone, 'zh' FROM meant WHERE phone IS NOT NULL AND :by_sms
    )
"""
_LOOKED = """
    looked AS MATERIALIZED (
        SELECT number, plate FROM pass_number WHERE number > :cursor ORDER BY number LIMIT :step
    )
"""
_DIGITS = "regexp_replace(phone, '[^0-9+]', '', 'g')"
# A UUIDv7 (RFC 9562 5.7) made by the database: milliseconds in front of random bits, the version set.
_NEW_ID = """
    encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(CAST(:milliseconds AS bigint)) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
"""
GATHER: Final = text(f"""
    WITH {_LOOKED}, {_MEANT}, written AS (
        INSERT INTO message (id, unique_key, recipient_id, notice_id, channel, address, template, facts,
            state, urgent, attempts, created_at, sent_at)
        SELECT {_NEW_ID},
            concat('notice:', CAST(:notice AS text), ':', coalesce(way.address, reached.id::text), ':', way.channel),
            reached.id, CAST(:notice AS uuid), way.channel, way.address, :template,
            jsonb_build_object('notice', CAST(:notice AS text), 'locale', reached.locale),
            CASE way.channel WHEN 'inbox' THEN 'sent' ELSE 'held' END, :urgent, 0, :now,
            CASE way.channel WHEN 'inbox' THEN CAST(:now AS timestamptz) END
        FROM reached CROSS JOIN LATERAL (VALUES
            ('inbox', NULL, reached.id IS NOT NULL),
            ('email', lower(reached.email), reached.email <> ''),
            ('sms', {_DIGITS}, :by_sms AND {_DIGITS} <> '')) AS way (channel, address, used)
        WHERE way.used
        ON CONFLICT (unique_key) DO NOTHING
        RETURNING channel, recipient_id
    )
    SELECT (SELECT max(number) FROM looked) AS cursor,
        (SELECT count(*) FROM written WHERE channel = 'inbox' OR recipient_id IS NULL) AS found
""")  # noqa: S608 - the pieces are constants of this file
COUNT: Final = text(f"""
    WITH looked AS (SELECT number, plate FROM pass), {_MEANT}
    SELECT count(*) AS holders, count(*) FILTER (WHERE id IS NULL) AS without_account,
        count(DISTINCT lower(email) COLLATE "C") FILTER (WHERE email <> '') AS emails,
        count(DISTINCT {_DIGITS} COLLATE "C") FILTER (WHERE :by_sms AND {_DIGITS} <> '') AS text_messages
    FROM reached
""")  # noqa: S608 - the pieces are constants of this file


@dataclass(frozen=True)
class Reach:
    """Whom a notice would reach now: distinct holders, and the messages they would get."""

    holders: int
    without_account: int
    emails: int
    text_messages: int


def reach_of(session: Session, notice: Notice, *, now: datetime) -> Reach:
    """Count whom a notice means, and write nothing."""
    row = session.execute(COUNT, _meaning(notice, now)).one()
    return Reach(row.holders, row.without_account, row.emails, row.text_messages)


def gather_step(session: Session, notice: Notice, *, now: datetime) -> None:
    """Look at the next passes and write the messages to their holders; `gathered_at` is set when none is left."""
    given = {
        **_meaning(notice, now),
        "cursor": notice.cursor or FIRST_NUMBER,
        "step": STEP,
        "notice": str(notice.id),
        "template": NOTICE,
        "urgent": notice.urgent,
        "milliseconds": int(now.timestamp() * 1000),
    }
    row = session.execute(GATHER, given).one()
    if row.cursor is None:
        notice.gathered_at = now
        return
    notice.cursor, notice.found = row.cursor, notice.found + row.found


def _meaning(notice: Notice, now: datetime) -> dict[str, Any]:
    return {
        "within": area_prefix(notice.area),
        "category": notice.category,
        "by_sms": notice.by_sms,
        "now": now,
    }
