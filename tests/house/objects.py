"""For every address that names an object: who asks, and whose objects that party reaches.

Each case makes three objects: one of the asking party's own, one of a sibling (a colleague, a neighbouring body), and
one of a stranger. What is not reached must be answered exactly as an object that does not exist.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from accounts.models import LoginSession
from accounts.permissions import COMMAND_LINE, Actor, Role, permissions_of
from accounts.service.devices import make_device_token
from accounts.tokens import hash_of
from checkpoints.models import Scan, ScanReceipt
from foundation import clock
from foundation.models import TaskProgress
from passes.service.drafting import save_draft
from passes.service.seals import upload_seal
from passes.sheet_jobs import order_sheets
from tests.builders import NOON, a_body, an_issued_pass
from tests.checkpoints.roadside import an_officer as at_the_roadside
from tests.passes.applying import a_firm, an_applicant, an_application, an_officer, asked
from tests.passes.signed_in import a_pass_of, an_administrator
from tests.passes.test_seals import a_picture

Values = Mapping[str, object]
OWN, SIBLING, FOREIGN = "own", "sibling", "foreign"


@dataclass(frozen=True)
class World:
    """Who asks, and the three objects, as values of the address."""

    who: Actor
    own: Values
    sibling: Values
    foreign: Values


@dataclass(frozen=True)
class Case:
    """One party and its reach. `data` is a form that would be taken; `common` completes the address."""

    make: Callable[[Session], World]
    reached: frozenset[str] = frozenset({OWN})
    method: str = "GET"
    data: Mapping[str, Any] = field(default_factory=dict)
    common: Values = field(default_factory=dict)


NAMES_NO_OBJECT: dict[str, str] = {
    "accounts.areas_below": "areas belong to nobody",
    "passes.driver_pass": "the token is the secret; unknown and revoked ones are compared in tests/passes/test_links.py",
    "passes.public_pass": "the digits are signed and open to all",
    "web.switch_language": "a language",
}
"""Addresses with parts that name nothing of anybody's, with the reason."""


def applicants(session: Session) -> tuple[Actor, Actor, Actor]:
    """Somebody of a firm, a colleague, and somebody of another firm."""
    firm = a_firm(session)
    return an_applicant(session, firm), an_applicant(session, firm), an_applicant(session)


def applications(session: Session) -> World:
    """Submitted applications of the three."""
    who, colleague, stranger = applicants(session)
    made = [an_application(session, actor).id for actor in (who, colleague, stranger)]
    return World(who, *({"application_id": one} for one in made))


def drafts(session: Session) -> World:
    """Drafts of the three."""
    who, colleague, stranger = applicants(session)
    made = [save_draft(session, actor, uuid4(), asked(), now=NOON).id for actor in (who, colleague, stranger)]
    return World(who, *({"application_id": one} for one in made))


def queue(session: Session) -> World:
    """Applications at the officer's body, at its neighbour in the county, and in another prefecture."""
    officer = an_officer(session, "changchun-nanguan-commerce")
    made = []
    for code in ("changchun-nanguan-commerce", "changchun-nanguan-agriculture", "jilin-commerce"):
        application = an_application(session, an_applicant(session))
        application.body_id = a_body(session, code).id
        made.append(application.id)
    return World(officer, *({"application_id": one} for one in made))


def passes_of_holders(session: Session) -> World:
    """Passes that a person, a colleague and a stranger applied for."""
    who, colleague, stranger = applicants(session)
    return World(who, *({"number": a_pass_of(session, actor).number} for actor in (who, colleague, stranger)))


def passes_of_bodies(session: Session) -> World:
    """Passes of the officer's body, of its neighbour in the prefecture, and of another prefecture."""
    bodies = ("changchun-transport", "changchun-agriculture", "jilin-transport")
    issued = [an_issued_pass(session, body=code) for code in bodies]
    return World(an_officer(session, "changchun-transport"), *({"number": one.number} for one in issued))


def seals(session: Session) -> World:
    """Seals of the same three bodies; whoever asks approves seals in 长春 and below."""
    return World(an_administrator(session, "changchun-transport"), *_seals(session))


def seals_of_bodies(session: Session) -> World:
    """The same seals; an officer sees those of the own body."""
    return World(an_officer(session, "changchun-transport"), *_seals(session))


def _seals(session: Session) -> list[Values]:
    made: list[Values] = []
    for code in ("changchun-transport", "changchun-nanguan-agriculture", "jilin-transport"):
        seal = upload_seal(session, an_officer(session, code), a_picture(), now=NOON)
        made.append({"seal_id": seal.id})
    return made


def orders(session: Session) -> World:
    """Orders of many sheets, of the three applicants."""
    made = []
    actors = applicants(session)
    for actor in actors:
        number = a_pass_of(session, actor).number
        order = order_sheets(session, actor, [number], now=NOON)
        made.append({"order_id": order.id})
    return World(actors[0], *made)


def finished_orders(session: Session) -> World:
    """The same orders, with their sheets made."""
    world = orders(session)
    for values in (world.own, world.sibling, world.foreign):
        order = session.get_one(TaskProgress, values["order_id"])
        order.state, order.done = "done", order.total
    return world


def logins(session: Session) -> World:
    """Logged-in browsers of an officer, of a colleague and of a stranger."""
    actors = [an_officer(session), an_officer(session), an_officer(session, "jilin-commerce")]
    made = []
    for actor in actors:
        times = {"created_at": NOON, "last_seen_at": NOON, "expires_at": NOON + timedelta(days=1)}
        login = LoginSession(
            token_hash=hash_of(str(actor.id)), person_id=actor.id, device_name="Chrome", **times
        )
        session.add(login)
        session.flush()
        made.append({"session_id": login.id})
    return World(actors[0], *made)


def people(session: Session) -> World:
    """Staff of the administrator's body, of a county below it, and of another prefecture."""
    bodies = ("changchun-transport", "changchun-nanguan-agriculture", "jilin-transport")
    made = [an_officer(session, code).id for code in bodies]
    return World(an_administrator(session), *({"person_id": one} for one in made))


def identities(session: Session) -> World:
    """The same people, asked about by somebody who may also read identity numbers."""
    found = people(session)
    roles = frozenset({Role.ADMINISTRATOR, Role.ISSUING_OFFICER})
    return replace(found, who=replace(found.who, roles=roles, permissions=permissions_of(roles)))


def firms(session: Session) -> World:
    """Firms of the prefecture, of a county below it, and of another prefecture."""
    made = [a_firm(session, area=area, state="pending").id for area in ("220100", "220102", "220202")]
    return World(an_administrator(session), *({"firm_id": one} for one in made))


def device_tokens(session: Session) -> World:
    """Tokens of the lead's checkpoint, of the next one in the county, and of one far away."""
    lead = at_the_roadside(session, checkpoint="CP002", role=Role.CHECKPOINT_LEAD)
    made = [
        make_device_token(session, COMMAND_LINE, "手机", code, now=NOON)[0].id
        for code in ("CP002", "CP012", "CP003")
    ]
    return World(lead, *({"token_id": one} for one in made))


def checkpoints(session: Session) -> World:
    """The officer's checkpoint, the next one in the county, and one far away."""
    return World(at_the_roadside(session), {"code": "CP002"}, {"code": "CP012"}, {"code": "CP003"})


def scans(session: Session) -> World:
    """A scan at each of the three checkpoints."""
    now = clock.now()
    made = []
    for code in ("CP002", "CP012", "CP003"):
        event_id = uuid4()
        session.add(
            Scan(
                plate="吉A12345",
                received_at=now,
                event_id=event_id,
                checkpoint=code,
                scanned_at=now,
                time_low=now,
                time_high=now,
                level="red",
                verdict="malformed",
                reasons=[],
                plate_seen="matches",
                offline=False,
                flags=[],
            )
        )
        session.add(
            ScanReceipt(
                event_id=event_id, kind="scan", plate="吉A12345", content_hash=bytes(32), received_at=now
            )
        )
        made.append({"scan_id": event_id})
    session.flush()
    return World(at_the_roadside(session), *made)


BOTH = frozenset({OWN, SIBLING})
HOLDER = Case(passes_of_holders, BOTH)
BODY = Case(passes_of_bodies)
PERSON = Case(people, BOTH, "POST")

OBJECTS: dict[str, tuple[Case, ...]] = {
    "accounts.revoke_session": (Case(logins, method="POST"),),
    "accounts.person": (Case(people, BOTH),),
    "accounts.activate_person": (PERSON,),
    "accounts.deactivate_person": (PERSON,),
    "accounts.make_reset_code": (PERSON,),
    "accounts.clear_totp": (PERSON,),
    "accounts.require_totp": (replace(PERSON, common={"choice": "require"}),),
    "accounts.set_roles": (replace(PERSON, data={"roles": str(Role.ISSUING_OFFICER)}),),
    "accounts.read_identity": (Case(identities, BOTH, "POST", {"reason": "核对身份证件"}),),
    "accounts.change_firm": (Case(firms, BOTH, "POST", common={"action": "approve"}),),
    "accounts.revoke_token": (Case(device_tokens, method="POST"),),
    "checkpoints.scans": (Case(checkpoints),),
    "checkpoints.staff_scan": (Case(scans),),
    "checkpoints.act": (Case(scans, method="POST", data={"event_id": str(uuid4()), "action": "passed"}),),
    "passes.own_application": (Case(applications, BOTH),),
    "passes.edit_application": (Case(drafts, BOTH),),
    "passes.move_application": (Case(applications, BOTH, "POST", common={"action": "withdraw"}),),
    "passes.review_application": (Case(queue),),
    "passes.decide_application": (Case(queue, method="POST", common={"action": "take"}),),
    "passes.pass_page": (HOLDER, BODY),
    "passes.move_pass": (
        replace(HOLDER, method="POST", common={"action": "surrender"}, data={"reason": "holder_request"}),
        replace(BODY, method="POST", common={"action": "revoke"}, data={"reason": "misuse"}),
    ),
    "passes.sheet": (HOLDER, BODY),
    "passes.make_driver_link": (replace(HOLDER, method="POST"), replace(BODY, method="POST")),
    "passes.revoke_driver_links": (replace(HOLDER, method="POST"), replace(BODY, method="POST")),
    "passes.seal_image": (Case(seals, BOTH), Case(seals_of_bodies)),
    "passes.approve_a_seal": (Case(seals, BOTH, "POST"),),
    "passes.retire_a_seal": (Case(seals, BOTH, "POST"),),
    "passes.sheet_order": (Case(orders),),
    "passes.sheet_order_progress": (Case(orders),),
    "passes.sheet_order_file": (Case(finished_orders),),
}
"""Every address that names an object; an endpoint with parts in its address and no entry fails the test."""
