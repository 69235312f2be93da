"""The trust list: which keys sign for which area, signed by the root; and other provinces' lists, imported."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from accounts.public import Area, Body
from audit.public import record
from foundation.database import advisory_lock
from foundation.problems import DomainProblem
from passes.catalogue_models import GoodsCategory, GoodsItem, PassKind, Sector
from passes.ledgers import ImportedTrust, ListKey, SigningKey, TrustList
from passes.signing import PrivateKey, key_from_jwk, sign_jws, verify_jws

FORMAT = "changtong-trust/1"
TYPE = "changtong-trust+jws"
NEXT_UPDATE = timedelta(days=7)
AGES = {"list_old_hours": 24, "list_very_old_hours": 72, "near_edge_minutes": 15}
"""The limits of the judge, told to scanners (credential format, section 6)."""


def sign_trust(session: Session, actor: Actor, root: PrivateKey, public_url: str, *, now: datetime) -> bool:
    """Sign a new trust list if anything in it has changed; says whether it has."""
    advisory_lock(session, "passes.trust")
    content = _content(session, public_url)
    content_hash = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    newest = session.scalar(select(TrustList).order_by(TrustList.seq.desc()).limit(1))
    if newest is not None and newest.content_hash == content_hash:
        return False
    seq = (newest.seq if newest else 0) + 1
    kid = session.scalars(
        select(ListKey.kid).where(ListKey.purpose == "root", ListKey.retired_at.is_(None))
    ).one()
    times = {"issued_at": _iso(now), "next_update": _iso(now + NEXT_UPDATE)}
    payload = {"format": FORMAT, "seq": seq, **times, **content}
    jws = sign_jws(root, kid, json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(), TYPE)
    session.execute(insert(TrustList).values(seq=seq, issued_at=now, content_hash=content_hash, jws=jws))
    record(session, actor, "trust:sign", "trust_list", seq, now=now)
    return True


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _content(session: Session, public_url: str) -> dict[str, Any]:
    status = session.execute(
        select(ListKey.kid, ListKey.jwk).where(ListKey.purpose == "status").order_by(ListKey.kid)
    )
    return {
        "status_keys": [{"kid": row.kid, "jwk": row.jwk} for row in status],
        "issuers": [
            *_issuers(session, f"{public_url}/.well-known/changtong/status.jws"),
            *_imported_issuers(session),
        ],
        "sectors": [
            {"code": row.number, "name": {"zh": row.name, "en": row.name_en}}
            for row in session.scalars(select(Sector).order_by(Sector.number))
        ],
        "kinds": [
            {"code": row.number, "name": {"zh": row.name, "en": row.name_en}}
            for row in session.scalars(select(PassKind).order_by(PassKind.number))
        ],
        "goods": _goods(session),
        "ages": AGES,
    }


def _goods(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(
        select(
            GoodsItem.number,
            GoodsItem.code,
            GoodsItem.name,
            GoodsItem.name_en,
            GoodsCategory.name.label("category"),
        )
        .join(GoodsCategory, GoodsCategory.code == GoodsItem.category)
        .order_by(GoodsItem.number)
    )
    return [
        {"code": r.number, "item": r.code, "category": r.category, "name": {"zh": r.name, "en": r.name_en}}
        for r in rows
    ]


def _issuers(session: Session, status_url: str) -> list[dict[str, Any]]:
    keys: dict[str, list[dict[str, Any]]] = {}
    for row in session.scalars(select(SigningKey).order_by(SigningKey.area, SigningKey.key)):
        limits = {
            "not_before": _iso(row.announced_at),
            "not_after": _iso(row.retired_at) if row.retired_at else None,
        }
        keys.setdefault(row.area, []).append(
            {"key": row.key, "alg": "ES256", "jwk": row.jwk, **limits, "state": row.state}
        )
    names = session.execute(
        select(Area.code, Area.name, Area.name_en).where(Area.code.in_(keys)).order_by(Area.code)
    )
    phones = _duty_phones(session)
    return [
        {
            "area": row.code,
            "name": {"zh": row.name, "en": row.name_en or row.name},
            "phone": phones.get(row.code, ""),
            "status_url": status_url,
            "keys": keys[row.code],
        }
        for row in names
    ]


def _imported_issuers(session: Session) -> list[dict[str, Any]]:
    """Other provinces' issuers, for scanners; `root` tells by whose word they are here, which ours don't have."""
    rows = session.execute(
        select(ImportedTrust.root_kid, ImportedTrust.payload).order_by(ImportedTrust.root_kid)
    )
    return [issuer | {"root": row.root_kid} for row in rows for issuer in row.payload["issuers"]]


def _duty_phones(session: Session) -> dict[str, str]:
    """The phone of the transport body of each area answers for its passes."""
    rows = session.execute(select(Body.area, Body.phone).where(Body.duty == "issuing", Body.sector == 0))
    return {row.area: row.phone for row in rows}


def newest_trust(session: Session) -> TrustList | None:
    """The list that is served."""
    return session.scalar(select(TrustList).order_by(TrustList.seq.desc()).limit(1))


def import_trust(
    session: Session, actor: Actor, jws: str, root_jwk: Mapping[str, Any], kid: str, *, now: datetime
) -> int:
    """Take over another province's list, checked with the root key its administrator gave; returns its seq.

    Raises `jws.*` when the signature is wrong, `trust.not_a_list`, `trust.older` for a list that is not newer,
    and `trust.ours` when it speaks of an area that signs here.
    """
    payload = json.loads(verify_jws(jws, {kid: key_from_jwk(root_jwk)}, typ=TYPE))
    if not isinstance(payload, dict) or payload.get("format") != FORMAT:
        raise DomainProblem("trust.not_a_list")
    # A province speaks for itself alone; what it took over from others, us among them, is not its word.
    payload["issuers"] = [issuer for issuer in payload["issuers"] if "root" not in issuer]
    ours = set(session.scalars(select(SigningKey.area).distinct()))
    foreign = {issuer["area"] for issuer in payload["issuers"]}
    if ours & foreign:
        raise DomainProblem("trust.ours", areas=sorted(ours & foreign))
    known = session.get(ImportedTrust, kid)
    if known is not None and known.seq >= payload["seq"]:
        raise DomainProblem("trust.older", seq=payload["seq"], known=known.seq)
    row = {"root_kid": kid, "seq": payload["seq"], "payload": payload, "imported_at": now}
    session.execute(
        pg_insert(ImportedTrust).values(row).on_conflict_do_update(index_elements=["root_kid"], set_=row)
    )
    record(session, actor, "trust:import", "trust_list", kid, now=now, facts={"seq": payload["seq"]})
    return int(payload["seq"])


def imported_key(session: Session, area: str, key: int) -> dict[str, Any] | None:
    """The entry of a key in the imported lists: its `jwk` and `state`; None when no list names the area's key."""
    for payload in session.scalars(select(ImportedTrust.payload)):
        for issuer in payload["issuers"]:
            if issuer["area"] == area:
                return next((entry for entry in issuer["keys"] if entry["key"] == key), None)
    return None
