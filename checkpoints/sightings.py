"""Passes seen where they cannot be: found in the scans that arrived lately, and put on the watch list.

A code on paper can be copied; what stops the copy is the plate, and the same pass in two places. Two phones without
a network cannot know of each other, so the server looks when their scans arrive.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from checkpoints.models import Sighting
from foundation.base import new_id
from foundation.database import advisory_lock
from passes.public import Watch, watch_passes

FASTEST: Final = 130
"""Kilometres an hour between two checkpoints, as the crow flies. No vehicle may go faster than 120 on a Chinese
motorway and no heavy lorry faster than 100 (道路交通安全法实施条例 第七十八条), and roads are longer than the crow's way."""

CLOCKS_MINUTES: Final = 10
"""Two phones of which each may be five minutes wrong and is still believed (credential format, section 6)."""

WITHIN: Final = timedelta(hours=24)
"""How far apart two scans of one pass may lie to be compared."""

OLDEST: Final = timedelta(days=14)
"""Phones that come back later than this are compared with nothing: it bounds what a run can read."""

MOST_OTHERS: Final = 60
"""Scans of one pass that each new one is compared with, the newest first."""

WATCHED: Final = timedelta(hours=24)
"""How long a pass is watched that has ended already, or whose end nobody knows."""

PAIRS = text(
    """
    WITH fresh AS MATERIALIZED (
        SELECT event_id, received_at, plate, number, checkpoint, time_low, level, flags, plate_seen, seen_plate,
            greatest(time_low, least(time_high, received_at)) AS latest
        FROM scan
        WHERE received_at >= :since AND number IS NOT NULL AND means IN ('camera', 'picture', 'address')
        AND (level IN ('green', 'amber') OR verdict = 'plate_mismatch')
        AND NOT reasons && ARRAY['unknown_key', 'unknown_issuer'] AND NOT 'token_revoked' = ANY(flags)
        AND coalesce(server_verdict, 'valid') NOT IN
            ('malformed', 'not_canonical', 'key_revoked', 'bad_signature', 'never_issued')
    ), pairs AS MATERIALIZED (
        SELECT f.number, f.plate, f.event_id AS f_id, f.checkpoint AS f_at, f.time_low AS f_low, f.level AS f_level,
            f.flags AS f_flags, f.plate_seen AS f_seen, f.seen_plate AS f_plate, o.event_id AS o_id,
            o.checkpoint AS o_at, o.time_low AS o_low, o.level AS o_level, o.flags AS o_flags, o.plate_seen AS o_seen,
            o.seen_plate AS o_plate,
            extract(epoch FROM greatest(f.latest - o.time_low, o.latest - f.time_low))::float8 / 60 AS minutes,
            12742 * asin(least(1, sqrt(
                sin(radians(b.latitude - a.latitude) / 2) ^ 2 + cos(radians(a.latitude)) * cos(radians(b.latitude))
                * sin(radians(b.longitude - a.longitude) / 2) ^ 2
            ))) AS km
        FROM fresh AS f
        CROSS JOIN LATERAL (
            SELECT s.event_id, s.checkpoint, s.time_low, s.level, s.flags, s.plate_seen, s.seen_plate,
                greatest(s.time_low, least(s.time_high, s.received_at)) AS latest
            FROM scan AS s
            WHERE s.number = f.number AND s.received_at >= f.time_low - CAST(:within AS interval)
            AND s.received_at >= :oldest AND s.event_id <> f.event_id
            AND (s.checkpoint <> f.checkpoint OR s.seen_plate <> f.seen_plate)
            AND s.means IN ('camera', 'picture', 'address')
            AND (s.level IN ('green', 'amber') OR s.verdict = 'plate_mismatch')
            AND NOT s.reasons && ARRAY['unknown_key', 'unknown_issuer'] AND NOT 'token_revoked' = ANY(s.flags)
            AND coalesce(s.server_verdict, 'valid') NOT IN
                ('malformed', 'not_canonical', 'key_revoked', 'bad_signature', 'never_issued')
            ORDER BY s.received_at DESC
            LIMIT :others
        ) AS o
        JOIN checkpoint AS a ON a.code = f.checkpoint
        JOIN checkpoint AS b ON b.code = o.checkpoint
    ), found AS (
        SELECT 'too_fast' AS rule, * FROM pairs
        WHERE f_level <> 'red' AND o_level <> 'red' AND NOT 'clock_off' = ANY(f_flags || o_flags)
        AND km > :fastest * (minutes + :clocks) / 60
        UNION ALL
        SELECT 'two_plates' AS rule, * FROM pairs
        WHERE minutes * interval '1 minute' <= CAST(:within AS interval) AND (
            (f_at <> o_at AND ARRAY[f_seen, o_seen] @> ARRAY['matches', 'differs'])
            OR (f_plate <> o_plate AND (f_at <> o_at OR minutes > :clocks))
        )
    ), named AS (
        SELECT rule, number, plate, km, minutes, greatest(f_low, o_low) AS at,
            CASE WHEN (f_low, f_id) > (o_low, o_id) THEN f_id ELSE o_id END AS scan_id,
            CASE WHEN (f_low, f_id) > (o_low, o_id) THEN o_id ELSE f_id END AS other_scan_id,
            CASE WHEN (f_low, f_id) > (o_low, o_id) THEN f_at ELSE o_at END AS checkpoint,
            CASE WHEN (f_low, f_id) > (o_low, o_id) THEN o_at ELSE f_at END AS other_checkpoint,
            concat_ws(':', rule, number, least(f_at, o_at), greatest(f_at, o_at),
                to_char(greatest(f_low, o_low) AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD')) AS unique_key
        FROM found
    )
    SELECT DISTINCT ON (n.unique_key) n.*, upper(p.validity) AS ends
    FROM named AS n
    LEFT JOIN pass AS p ON p.plate = n.plate AND p.number = CAST(n.number AS bpchar)
    WHERE NOT EXISTS (SELECT FROM sighting AS known WHERE known.unique_key = n.unique_key)
    ORDER BY n.unique_key, n.at
    """
)
"""Two scans of one pass. A span that is not trusted is wide, so its longest time is long and nothing follows from it.
What a revoked phone hands in is kept, but whoever stole it could put any pass on the watch list by it."""

AFTER_THE_END = text(
    """
    SELECT DISTINCT ON (unique_key) * FROM (
        SELECT 'after_surrender' AS rule, s.number, s.plate, CAST(NULL AS float8) AS km,
            CAST(NULL AS float8) AS minutes, s.time_low AS at, s.event_id AS scan_id,
            CAST(NULL AS uuid) AS other_scan_id, s.checkpoint, CAST(NULL AS text) AS other_checkpoint,
            concat_ws(':', 'after_surrender', s.number, to_char(s.time_low AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD'))
                AS unique_key,
            upper(p.validity) AS ends
        FROM scan AS s
        JOIN pass AS p ON p.plate = s.plate AND p.number = CAST(s.number AS bpchar)
        LEFT JOIN pass_number AS successor ON successor.number = p.superseded_by
        WHERE s.received_at >= :since AND s.number IS NOT NULL AND s.means IN ('camera', 'picture', 'address')
        AND s.verdict NOT IN ('malformed', 'not_canonical', 'key_revoked', 'bad_signature', 'never_issued')
        AND coalesce(s.server_verdict, 'valid') NOT IN
            ('malformed', 'not_canonical', 'key_revoked', 'bad_signature', 'never_issued')
        AND (p.state IN ('surrendered', 'superseded') OR (p.state = 'revoked' AND p.state_reason = 'lost'))
        AND successor.plate IS DISTINCT FROM s.plate
        AND s.time_low > p.state_changed_at + :clocks * interval '1 minute'
    ) AS found
    WHERE NOT EXISTS (SELECT FROM sighting AS known WHERE known.unique_key = found.unique_key)
    ORDER BY unique_key, at
    """
)
"""A pass that was given back, lost or replaced. A truck that was given a new pass and still shows its old paper is left
out: that is no other truck, and there are many of them."""


def find_sightings(session: Session, *, since: datetime, now: datetime) -> int:
    """Look through the scans received since then; how many entries for command that made.

    The same scans may be looked at as often as one likes: one entry for each rule, pass, pair of checkpoints and day.
    """
    # Two workers that find the same thing would wait for each other's rows in whatever order they come.
    advisory_lock(session, "checkpoints.sightings")
    given = {
        "since": since,
        "within": WITHIN,
        "oldest": now - OLDEST,
        "others": MOST_OTHERS,
        "fastest": FASTEST,
        "clocks": CLOCKS_MINUTES,
    }
    ended = {"since": since, "clocks": CLOCKS_MINUTES}
    found = [*session.execute(PAIRS, given), *session.execute(AFTER_THE_END, ended)]
    fresh = _keep(session, found, now=now)
    watch_passes(session, [_watch(row, now) for row in found if row.unique_key in fresh], now=now)
    return len(fresh)


def _keep(session: Session, found: Sequence[Row[Any]], *, now: datetime) -> set[str]:
    """The keys of those that nobody had found before."""
    if not found:
        return set()
    names = (
        "unique_key",
        "rule",
        "number",
        "plate",
        "scan_id",
        "other_scan_id",
        "checkpoint",
        "other_checkpoint",
        "km",
        "minutes",
        "at",
    )
    rows = [
        {"id": new_id(), "found_at": now, **{name: row._mapping[name] for name in names}} for row in found
    ]
    added = insert(Sighting).values(rows).on_conflict_do_nothing(index_elements=["unique_key"])
    return set(session.scalars(added.returning(Sighting.unique_key)))


def _watch(row: Row[Any], now: datetime) -> Watch:
    """Until the pass ends; one that has ended can still be shown to a phone with an old list."""
    lasting = row.ends is not None and row.ends > now
    return Watch(row.number, row.rule, row.ends if lasting else now + WATCHED)
