"""The demo world: every state is there, nothing in it is impossible, and it never meets real data."""

from collections import Counter
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from accounts.permissions import Role
from accounts.public import Firm, is_identity_number
from checkpoints.models import PrintQuality, RoadsideFact, Scan, ShiftChange, Sighting, Slip
from foundation.base import new_id
from passes.ledgers import SigningKey
from passes.library_models import LibraryDriver, SavedRoute, Vehicle
from passes.models import Application, BodySeal
from passes.public import Pass
from passes.rules import ApplicationState, PassState
from seeds.demo import LOGINS, load_demo
from tests.builders import NOON, own_transaction, with_keys


def test_the_demo_world_has_two_hundred_applications_in_every_state_and_is_made_once(
    clone: Callable[..., Flask],
) -> None:
    app = clone(DEMO="1")
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
    assert load_demo(app)
    with own_transaction(app) as session:
        applications = Counter(session.scalars(select(Application.state)))
        passes = Counter(session.scalars(select(Pass.state)))
        assert set(applications) == {str(state) for state in ApplicationState}
        assert sum(applications.values()) >= 200
        assert set(passes) == {str(state) for state in PassState}
        by_slip = session.scalar(select(func.count()).select_from(Slip).where(Slip.state == "issued"))
        assert by_slip == 5
        assert applications["issued"] == sum(passes.values()) - by_slip
        problems = set(session.scalars(select(Slip.problem).where(Slip.problem.is_not(None))))
        assert problems == {"slip.has_pass", "slip.leaves_province", "slip.too_old"}
        assert all(session.scalars(select(Pass.demo)))
        assert session.scalar(select(SigningKey.area).where(SigningKey.state == "signing").limit(1))
        assert session.scalar(select(func.count()).select_from(Scan)) == 24 + 80 + 5
        assert {fact.kind for fact in session.scalars(select(RoadsideFact))} == {"refusal"}
        assert session.scalar(select(func.count()).select_from(ShiftChange)) == 3
        rules = set(session.scalars(select(Sighting.rule)))
        assert rules == {"too_fast", "two_plates", "after_surrender"}
        assert session.scalar(select(func.count()).select_from(PrintQuality))
        assert session.scalar(select(BodySeal.approved_at))
        kept = [
            session.scalar(select(func.count()).select_from(model))
            for model in (Vehicle, LibraryDriver, SavedRoute)
        ]
        assert kept == [12, 8, 3]
        assert all(
            is_identity_number(number or "")
            for number in session.scalars(select(LibraryDriver.identity_number))
        )
    assert not load_demo(app)


def test_a_demo_is_never_loaded_beside_a_real_firm(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        firm = Firm(
            id=new_id(),
            name="真实企业",
            credit_code="X",
            area="220102",
            phone="",
            state="approved",
            created_at=NOON,
        )
        session.add(firm)
    assert not load_demo(app)


def test_every_role_has_a_login() -> None:
    assert {login.role for login in LOGINS} == set(Role)
