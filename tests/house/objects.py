"""For every address that names an object: who asks, and whose objects that party reaches.

Each case makes three objects: one of the asking party's own, one of a sibling (a colleague, a neighbouring body), and
one of a stranger. What is not reached must be answered exactly as an object that does not exist.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import LoginSession, RoleGrant
from accounts.permissions import COMMAND_LINE, Actor, Role, permissions_of
from accounts.service.devices import make_device_token
from accounts.service.exchanges import make_exchange_token
from accounts.service.firm_tokens import make_firm_token
from accounts.service.invitations import Invited, invite
from accounts.service.webhooks import add_endpoint, announce
from accounts.tokens import hash_of
from accounts.webhook_models import WebhookDelivery, WebhookEndpoint
from accounts.webhook_rules import WebhookKind
from checkpoints.models import Scan, ScanReceipt
from checkpoints.service import take_in
from foundation import clock
from foundation.files import keep_file
from foundation.models import TaskProgress
from passes.change_jobs import order_renewals
from passes.models import Application
from passes.notice_models import Notice
from passes.public import Driver
from passes.rules.counter import Document, Receiver
from passes.service.batch_review import take_batch
from passes.service.counter import WalkIn, enter
from passes.service.drafting import save_draft
from passes.service.seals import upload_seal
from passes.sheet_jobs import order_sheets
from tests.builders import NOON, a_body, an_issued_pass, some_tools
from tests.checkpoints.roadside import a_hand_over, a_sighting
from tests.checkpoints.roadside import an_officer as at_the_roadside
from tests.checkpoints.slipping import a_phone, a_slip, sent
from tests.passes.applying import a_firm, a_person, an_applicant, an_application, an_officer, asked
from tests.passes.batching import a_batch, a_row, accepted
from tests.passes.changing import amended
from tests.passes.deciding import a_batch as sent_together
from tests.passes.deciding import decide_all
from tests.passes.firm_programs import an_actor_of, wanted
from tests.passes.library import a_driver, a_route, a_vehicle
from tests.passes.signed_in import a_pass_of, an_administrator
from tests.passes.test_notices import a_commander, a_notice
from tests.passes.test_seals import a_picture
from tests.web.test_messages import an_email

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
    "accounts.invitation": "the token is the secret; unknown, expired, revoked and used ones are compared in "
    "tests/accounts/test_invitations.py",
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


DRIVERS = (Driver("李四", "13900000000", "123X"),)


def passes_with_drivers(session: Session) -> World:
    """The same with a driver who has a phone."""
    who, colleague, stranger = applicants(session)
    made = [a_pass_of(session, actor, drivers=DRIVERS).number for actor in (who, colleague, stranger)]
    return World(who, *({"number": one} for one in made))


def passes_of_bodies_with_drivers(session: Session) -> World:
    """Passes of bodies, with a driver who has a phone."""
    return passes_of_bodies(session, drivers=DRIVERS)


def passes_of_bodies(session: Session, **changes: Any) -> World:
    """Passes of the officer's body, of its neighbour in the prefecture, and of another prefecture."""
    bodies = ("changchun-transport", "changchun-agriculture", "jilin-transport")
    issued = [an_issued_pass(session, body=code, **changes) for code in bodies]
    return World(an_officer(session, "changchun-transport"), *({"number": one.number} for one in issued))


def changes(session: Session) -> World:
    """Amendments that the three applicants asked for and nobody has taken."""
    who, colleague, stranger = applicants(session)
    made = []
    for actor in (who, colleague, stranger):
        number = a_pass_of(session, actor).number
        made.append({"application_id": amended(session, actor, number, now=NOON, hours=96).application.id})
    return World(who, *made)


def renewals(session: Session) -> World:
    """Orders to renew a pass, of the three applicants."""
    made = []
    actors = applicants(session)
    for actor in actors:
        order = order_renewals(session, actor, [a_pass_of(session, actor).number], uuid4(), now=NOON)
        made.append({"order_id": order.id})
    return World(actors[0], *made)


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


def vehicles(session: Session) -> World:
    """Vehicles of the libraries of the three."""
    actors = applicants(session)
    return World(actors[0], *({"vehicle_id": a_vehicle(session, actor).id} for actor in actors))


def library_drivers(session: Session) -> World:
    """Drivers of the libraries of the three."""
    actors = applicants(session)
    made = [a_driver(session, actor, name=name) for actor, name in zip(actors, "甲乙丙", strict=True)]
    return World(actors[0], *({"driver_id": one.id} for one in made))


def saved_routes(session: Session) -> World:
    """Saved routes of the three."""
    actors = applicants(session)
    made = [a_route(session, actor, name=name) for actor, name in zip(actors, "甲乙丙", strict=True)]
    return World(actors[0], *({"route_id": one.id} for one in made))


def batches(session: Session) -> World:
    """Batches of the three, with one row that waits to be accepted."""
    actors = applicants(session)
    made = [a_batch(session, actor, [a_row()]) for actor in actors]
    return World(actors[0], *({"batch_id": one.id} for one in made))


def issued_batches(session: Session) -> World:
    """The same, accepted and decided."""
    actors = applicants(session)
    made = [accepted(session, actor, a_batch(session, actor, [a_row()])) for actor in actors]
    for actor, batch in zip(actors, made, strict=True):
        one = session.scalars(select(Application).where(Application.batch_id == batch.id)).one()
        one.state, one.pass_number = "issued", a_pass_of(session, actor).number
    session.flush()
    return World(actors[0], *({"batch_id": one.id} for one in made))


def waiting_batches(session: Session) -> World:
    """Batches that wait at the officer's body, at its neighbour in the county, and in another prefecture."""
    officer = an_officer(session)
    made = []
    for code in ("changchun-nanguan-commerce", "changchun-nanguan-agriculture", "jilin-commerce"):
        applicant = an_applicant(session)
        application = an_application(session, applicant)
        application.body_id = a_body(session, code).id
        made.append(sent_together(session, applicant, [application]).id)
    return World(officer, *({"batch_id": one} for one in made))


def taken_batches(session: Session) -> World:
    """The same, with the officer's own in hand."""
    world = waiting_batches(session)
    take_batch(session, world.who, UUID(str(world.own["batch_id"])), now=NOON)
    return world


def decided_batches(session: Session) -> World:
    """The same, with a pass that came of each; the officer gets what comes of the own body's part."""
    world = waiting_batches(session)
    for values in (world.own, world.sibling, world.foreign):
        decide_all(session, UUID(str(values["batch_id"])))
    return world


def decided_batches_of_applicants(session: Session) -> World:
    """Batches of the three applicants, with the pass that came of each."""
    actors = applicants(session)
    made = [sent_together(session, actor, [an_application(session, actor)]).id for actor in actors]
    for batch_id in made:
        decide_all(session, batch_id)
    return World(actors[0], *({"batch_id": one} for one in made))


def orders_of_one_file(session: Session) -> World:
    """Finished orders that are one PDF."""
    world = finished_orders(session)
    for values in (world.own, world.sibling, world.foreign):
        order = session.get_one(TaskProgress, values["order_id"])
        part = {"name": "sheets.pdf", "sha256": keep_file(session, b"%PDF-1.7", "application/pdf", now=NOON)}
        order.facts = {**order.facts, "form": "pdf", "parts": [part]}
    session.flush()
    return world


def entries(session: Session) -> World:
    """Entries at the officer's counter, at that of the neighbour in the county, and in another prefecture."""
    made, officers = [], []
    for code in ("changchun-nanguan-commerce", "changchun-nanguan-agriculture", "jilin-commerce"):
        officer = an_officer(session, code)
        receiver = Receiver("王德福", Document.IDENTITY_CARD, "123X")
        walk_in = WalkIn("王德福", receiver)
        made.append(enter(session, officer, uuid4(), asked(), walk_in, some_tools(session), now=NOON).id)
        officers.append(officer)
    return World(officers[0], *({"application_id": one} for one in made))


def returned_entries(session: Session) -> World:
    """The same, returned by the body that decides."""
    world = entries(session)
    for values in (world.own, world.sibling, world.foreign):
        found = session.get_one(Application, values["application_id"])
        found.state, found.pass_number = "returned", None
    session.flush()
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


def leads(session: Session) -> tuple[Actor, Actor, Actor]:
    """Leads of a firm, of another firm of the county, and of one far away."""
    first, second, third = (
        an_applicant(session, a_firm(session, area=area), role=Role.FIRM_LEAD)
        for area in ("220102", "220102", "220202")
    )
    for lead in (first, second, third):
        session.add(RoleGrant(person_id=lead.id, role=Role.FIRM_LEAD, granted_at=NOON))
    session.flush()
    return first, second, third


def people_of_firms(session: Session) -> World:
    """A colleague, and people of the two other firms."""
    actors = leads(session)
    made = [a_person(session, Role.APPLICANT, firm_id=lead.firm_id).id for lead in actors]
    return World(actors[0], *({"person_id": one} for one in made))


def people_without_lead(session: Session) -> World:
    """People of firms of the administrator's prefecture, of a county below it, and of another prefecture."""
    firms_of = [a_firm(session, area=area) for area in ("220100", "220102", "220202")]
    made = [a_person(session, Role.APPLICANT, firm_id=firm.id).id for firm in firms_of]
    return World(an_administrator(session), *({"person_id": one} for one in made))


def invitations(session: Session) -> World:
    """An invitation of each of these firms."""
    actors = leads(session)
    made = [
        invite(session, lead, Invited("孙丽", Role.APPLICANT), secret_key="test", now=clock.now())[0].id
        for lead in actors
    ]
    return World(actors[0], *({"invitation_id": one} for one in made))


def firm_tokens(session: Session) -> World:
    """A token of each of these firms."""
    actors = leads(session)
    made = [
        make_firm_token(session, lead, "ERP", ["firm:read"], days=1, now=clock.now())[0].id for lead in actors
    ]
    return World(actors[0], *({"token_id": one} for one in made))


def exchange_tokens(session: Session) -> World:
    """Tokens made by the administrator, in a county below, and in another prefecture."""
    bodies = ("changchun-transport", "changchun-nanguan-agriculture", "jilin-transport")
    makers = [an_administrator(session, code) for code in bodies]
    made = [
        make_exchange_token(session, maker, "平台", ["pass:read"], days=1, now=clock.now())[0].id
        for maker in makers
    ]
    return World(makers[0], *({"token_id": one} for one in made))


def webhooks(session: Session) -> World:
    """Servers of the lead's firm, of another firm of the county, and of one far away."""
    leads = [
        an_applicant(session, a_firm(session, area=area), role=Role.FIRM_LEAD)
        for area in ("220102", "220102", "220202")
    ]
    made = [add_endpoint(session, lead, "https://example.com/", private=False, now=NOON) for lead in leads]
    return World(leads[0], *({"endpoint_id": one.id} for one in made))


def webhook_deliveries(session: Session) -> World:
    """A test sent to each of these servers."""
    world = webhooks(session)
    made = []
    for values in (world.own, world.sibling, world.foreign):
        endpoint = session.get_one(WebhookEndpoint, values["endpoint_id"])
        announce(session, endpoint.firm_id, WebhookKind.PING, {}, key=str(endpoint.id), now=NOON)
        (sent,) = session.scalars(
            select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == endpoint.id)
        )
        made.append({"delivery_id": sent})
    return World(world.who, *made)


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


def shifts(session: Session) -> World:
    """A shift handed over at each of the three checkpoints."""
    now = clock.now()
    made = []
    for code in ("CP002", "CP012", "CP003"):
        event = a_hand_over(now, checkpoint=code)
        take_in(session, COMMAND_LINE, [event], now=now)
        made.append({"code": code, "shift_id": UUID(str(event["event_id"]))})
    return World(at_the_roadside(session), *made)


def sightings(session: Session) -> World:
    """Something found in the commander's prefecture, at a place of it and one far away, and far away alone."""
    who = at_the_roadside(session, checkpoint=None, role=Role.COMMAND, body="changchun-transport")
    pairs = (("CP025", "CP026"), ("CP003", "CP027"), ("CP003", "CP002"))
    made = [a_sighting(session, *pair, now=NOON) for pair in pairs]
    return World(who, *({"sighting_id": one.id} for one in made))


def bodies(session: Session) -> World:
    """The officer's body, its neighbour in the county, and one of another prefecture."""
    codes = ("changchun-nanguan-commerce", "changchun-nanguan-agriculture", "jilin-commerce")
    return World(an_officer(session, codes[0]), *({"code": code} for code in codes))


def bodies_of_command(session: Session) -> World:
    """The same bodies, seen by command of the prefecture of two of them."""
    who = at_the_roadside(session, checkpoint=None, role=Role.COMMAND, body="changchun-transport")
    return replace(bodies(session), who=who)


def slips(session: Session) -> World:
    """A pass issued on the spot at each of the three checkpoints."""
    now = clock.now()
    made = [
        sent(session, a_phone(session, code), a_slip(now, checkpoint=code), now)
        for code in ("CP002", "CP012", "CP003")
    ]
    return World(at_the_roadside(session), *({"slip_id": one.event_id} for one in made))


def program_applications(session: Session) -> World:
    """Applications of the program's firm: by the program, by a person of it; and of another firm."""
    firm = a_firm(session)
    program = an_actor_of(firm)
    makers = (program, an_applicant(session, firm), an_applicant(session))
    return World(program, *({"application_id": an_application(session, maker).id} for maker in makers))


def program_passes(session: Session) -> World:
    """Passes of the program's firm: asked for by the program, by a person of it; and of another firm.

    They are days apart, so that the same other truck can take each of them over.
    """
    firm = a_firm(session)
    program = an_actor_of(firm)
    makers = (replace(program, id=None), an_applicant(session, firm), an_applicant(session))
    starts = (NOON, NOON + timedelta(days=5), NOON)
    pairs = zip(makers, starts, strict=True)
    made = [a_pass_of(session, maker, not_before=start) for maker, start in pairs]
    return World(program, *({"number": one.number} for one in made))


def program_batches(session: Session) -> World:
    """Batches of the program's firm, read to their end: by the program, by a person of it; and of another firm."""
    firm = a_firm(session)
    program = an_actor_of(firm)
    makers = (program, an_applicant(session, firm), an_applicant(session))
    return World(program, *({"batch_id": a_batch(session, maker, [a_row()]).id} for maker in makers))


def notices(session: Session) -> World:
    """Drafts for the commander's prefecture, for a county below it, and for another prefecture."""
    who, stranger = a_commander(session), a_commander(session, "jilin-transport")
    drafts = ((who, "220100"), (who, "220102"), (stranger, "220200"))
    return World(who, *({"notice_id": a_notice(session, actor, area=area).id} for actor, area in drafts))


def notices_under_way(session: Session) -> World:
    """The same notices, already being sent."""
    world = notices(session)
    for values in (world.own, world.sibling, world.foreign):
        found = session.get_one(Notice, values["notice_id"])
        found.state, found.started_at = "sending", NOON
    return world


def failed_messages(session: Session) -> World:
    """E-mails that failed, to anybody: messages belong to no area, and whoever looks after them reaches all."""
    made = [an_email(session, number, "failed").id for number in range(3)]
    return World(an_administrator(session), *({"message_id": one} for one in made))


BOTH = frozenset({OWN, SIBLING})
ALL = frozenset({OWN, SIBLING, FOREIGN})
BATCH = Case(batches, BOTH)
DECIDED_TOGETHER_POST = (
    Case(decided_batches_of_applicants, BOTH, "POST"),
    Case(decided_batches, method="POST"),
)
PROGRAM = Case(program_applications, BOTH)
PROGRAM_PASS = Case(program_passes, BOTH)
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
    "accounts.appoint_firm_lead": (Case(people_without_lead, BOTH, "POST"),),
    "accounts.firm_person": (Case(people_of_firms),),
    "accounts.change_firm_role": (Case(people_of_firms, method="POST", data={"role": "firm_lead"}),),
    "accounts.remove_firm_person": (Case(people_of_firms, method="POST"),),
    "accounts.revoke_invitation": (Case(invitations, method="POST"),),
    "accounts.revoke_firm_token": (Case(firm_tokens, method="POST"),),
    "accounts.revoke_exchange": (Case(exchange_tokens, BOTH, "POST"),),
    "accounts.webhook": (Case(webhooks),),
    "accounts.webhook_deed": (Case(webhooks, method="POST", common={"deed": "ping"}),),
    "accounts.webhook_log": (Case(webhooks),),
    "accounts.webhook_again": (Case(webhook_deliveries, method="POST"),),
    "accounts.revoke_token": (Case(device_tokens, method="POST"),),
    "passes_api.application": (PROGRAM,),
    "passes_api.change_application": (
        replace(PROGRAM, method="PUT", data=wanted(not_before=NOON.isoformat())),
    ),
    "passes_api.withdraw_application": (replace(PROGRAM, method="POST"),),
    "passes_api.one_pass": (PROGRAM_PASS,),
    "passes_api.sheet": (PROGRAM_PASS,),
    "passes_api.driver_link": (replace(PROGRAM_PASS, method="POST"),),
    "passes_api.renew": (replace(PROGRAM_PASS, method="POST", data={"from_now": True}),),
    "passes_api.other_vehicle": (
        replace(PROGRAM_PASS, method="POST", data={"plate": "吉C54321", "plate_colour": "blue"}),
    ),
    "passes_api.other_drivers": (
        replace(PROGRAM_PASS, method="POST", data={"drivers": [{"name": "李四", "last4": "123X"}]}),
    ),
    "passes_api.batch": (Case(program_batches, BOTH),),
    "passes_api.batch_rows": (Case(program_batches, BOTH),),
    "passes_api.accept_batch": (Case(program_batches, BOTH, "POST"),),
    "passes_api.surrender": (replace(PROGRAM_PASS, method="POST", data={"reason": "lost"}),),
    "checkpoints.scans": (Case(checkpoints),),
    "checkpoints.shifts": (Case(checkpoints),),
    "checkpoints.shift_sheet": (Case(shifts),),
    "checkpoints.sighting": (
        Case(sightings, BOTH),
        Case(sightings, BOTH, "POST", {"note": "已电话核实，系误扫。", "unwatch": "1"}),
    ),
    "checkpoints.print_quality_of": (Case(bodies), Case(bodies_of_command, BOTH)),
    "checkpoints.slips": (Case(checkpoints),),
    "checkpoints.slip": (Case(slips),),
    "checkpoints.print_slip_sheet": (Case(slips, method="POST"),),
    "checkpoints.print_slip_strip": (Case(slips, method="POST"),),
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
    "passes.change_a_pass": tuple(
        replace(HOLDER, method=method, common={"change": change}, data=data)
        for method, change, data in (
            ("GET", "renew", {}),
            ("GET", "amend", {}),
            ("POST", "renew", {"start": "now", "hours": "24"}),
            ("GET", "vehicle", {}),
            ("POST", "drivers", {"drivers.0.name": "赵六", "drivers.0.last4": "4567"}),
        )
    ),
    "passes.mend_change": (Case(changes, BOTH),),
    "passes.renewals": (Case(renewals),),
    "passes.renewals_progress": (Case(renewals),),
    "passes.send_driver_link": (
        replace(HOLDER, make=passes_with_drivers, method="POST"),
        replace(BODY, make=passes_of_bodies_with_drivers, method="POST"),
    ),
    "checkpoints.pass_scans": (HOLDER, BODY),
    "passes.sheet": (HOLDER, BODY),
    "passes.make_driver_link": (replace(HOLDER, method="POST"), replace(BODY, method="POST")),
    "passes.revoke_driver_links": (replace(HOLDER, method="POST"), replace(BODY, method="POST")),
    "passes.vehicle": (Case(vehicles, BOTH),),
    "passes.archive_vehicle": (Case(vehicles, BOTH, "POST"),),
    "passes.library_driver": (Case(library_drivers, BOTH),),
    "passes.read_library_driver": (Case(library_drivers, BOTH, "POST", {"reason": "核对身份证件"}),),
    "passes.library_driver_left": (Case(library_drivers, BOTH, "POST"),),
    "passes.surrender_passes_of_driver": (Case(library_drivers, BOTH, "POST"),),
    "passes.saved_route": (Case(saved_routes, BOTH),),
    "passes.archive_route": (Case(saved_routes, BOTH, "POST"),),
    "passes.seal_image": (Case(seals, BOTH), Case(seals_of_bodies)),
    "passes.approve_a_seal": (Case(seals, BOTH, "POST"),),
    "passes.retire_a_seal": (Case(seals, BOTH, "POST"),),
    "passes.batch": (BATCH,),
    "passes.batch_progress": (BATCH,),
    "passes.batch_result": (BATCH,),
    "passes.batch_sheets": (Case(issued_batches, BOTH, "POST"),),
    "passes.mend_batch_row": (replace(BATCH, method="POST", common={"position": 1}),),
    "passes.move_batch_row": (replace(BATCH, method="POST", common={"position": 1, "deed": "leave-out"}),),
    "passes.move_batch": (replace(BATCH, method="POST", common={"action": "discard"}),),
    "passes.notice": (Case(notices, BOTH), Case(notices_under_way, BOTH)),
    "passes.notice_progress": (Case(notices_under_way, BOTH),),
    "passes.change_notice": (
        Case(notices, BOTH, "POST", common={"action": "start"}),
        Case(notices_under_way, BOTH, "POST", common={"action": "stop"}),
    ),
    "passes.discard_notice": (Case(notices, BOTH, "POST"),),
    "passes.sheet_order": (Case(orders),),
    "passes.sheet_order_progress": (Case(orders),),
    "passes.sheet_order_file": (Case(finished_orders),),
    "passes.sheet_order_pdf": (Case(orders_of_one_file),),
    "passes.retry_sheet_order": (Case(orders, method="POST"),),
    "passes.review_batch": (Case(waiting_batches),),
    "passes.review_batch_progress": (Case(waiting_batches),),
    "passes.move_review_batch": (
        Case(waiting_batches, method="POST", common={"action": "take"}),
        Case(taken_batches, method="POST", common={"action": "issue"}, data={"groups": "clean.warned"}),
    ),
    "passes.counter_entry": (Case(entries),),
    "passes.mend_entry": (Case(returned_entries),),
    "passes.print_pass": (replace(BODY, method="POST"),),
    "passes.hand_over_pass": (
        BODY,
        replace(
            BODY,
            method="POST",
            data={"handed_to": "王德福", "document": "identity_card", "document_last4": "123X"},
        ),
    ),
    "passes.show_link": (replace(BODY, method="POST"),),
    "passes.order_batch": DECIDED_TOGETHER_POST,
    "passes.batch_links": (Case(decided_batches_of_applicants, BOTH), Case(decided_batches)),
    "passes.make_batch_links": DECIDED_TOGETHER_POST,
    "passes.send_batch_links": DECIDED_TOGETHER_POST,
    "web.move_message": (Case(failed_messages, ALL, "POST", common={"action": "resend"}),),
}
"""Every address that names an object; an endpoint with parts in its address and no entry fails the test."""
