"""The well-known lists: trust, status and the audit's head, for scanners and whoever checks us."""

from flask import Blueprint, Response, request
from sqlalchemy import select

from accounts.guards import open_to_all
from audit.public import AuditHead
from foundation import clock
from foundation.database import transaction
from foundation.problems import DomainProblem, NotFound
from passes.keys import list_key_file
from passes.status import delta, publish_if_late, sign_status, status_kid
from passes.trust import newest_trust
from passes.workshop import workshop

lists = Blueprint("lists", __name__, url_prefix="/.well-known/changtong")
JOSE = "application/jose"


@lists.get("/trust.jws")
@open_to_all("holds public keys only; every scanner needs it")
def trust() -> Response:
    """The newest trust list as it was signed."""
    with transaction() as session:
        newest = newest_trust(session)
    if newest is None:
        raise NotFound
    return Response(newest.jws, content_type=JOSE)


@lists.get("/status.jws")
@open_to_all("holds numbers and states of serials only; every scanner needs it")
def status() -> Response:
    """The whole list, or with `?since=SEQ` what changed after it; always 200 with a fresh time, never cached."""
    now = clock.now()
    with transaction() as session:
        publish_if_late(session, now=now)
    with transaction() as session:
        kid = status_kid(session)
        if kid is None:
            raise DomainProblem("signing_key.missing", name="status")
        since = request.args.get("since", type=int)
        found = delta(session, since, now=now) if since is not None else None
        payload = found or workshop().book.full(session, now=now)
    signed = sign_status(payload, kid, workshop().keys.get(list_key_file("status")))
    return Response(signed, content_type=JOSE, headers={"Cache-Control": "no-store"})


@lists.get("/audit-head.jws")
@open_to_all("a hash and a signature; whoever keeps one can check the record later")
def audit_head() -> Response:
    """The newest signed head of the audit."""
    with transaction() as session:
        jws = session.scalar(select(AuditHead.jws).order_by(AuditHead.position.desc()).limit(1))
    if jws is None:
        raise NotFound
    return Response(jws, content_type=JOSE)
