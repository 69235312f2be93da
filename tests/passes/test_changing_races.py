"""Changes at the same instant on real connections: one of them counts, and nothing is left half done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE, Actor
from foundation.problems import DomainProblem
from passes.models import Application, Pass
from passes.public import PassAction, PassReason, change_pass
from passes.service.changing import change_vehicle, renew_pass
from tests.builders import a_plate, own_transaction, some_tools, with_keys
from tests.passes.applying import an_applicant
from tests.passes.changing import SOON, a_reviewed_pass
from tests.races import race


@pytest.fixture
def shop(clone: Callable[..., Flask], tmp_path: Path) -> tuple[Flask, Actor, str, str]:
    """An app on a database of its own, a holder, and the number and plate of a pass that ends soon."""
    app = clone(KEY_DIR=str(tmp_path))
    with own_transaction(app) as session:
        with_keys(session, tmp_path)
    with own_transaction(app) as session:
        holder = an_applicant(session)
        found = a_reviewed_pass(session, holder)
        return app, holder, found.number, found.plate


def renewing(holder: Actor, number: str, form: UUID | None = None) -> Callable[[Session], object]:
    def work(session: Session) -> object:
        outcome = renew_pass(session, holder, number, form or uuid4(), some_tools(session, SOON), now=SOON)
        return outcome.number

    return work


def swapping(holder: Actor, number: str, plate: str) -> Callable[[Session], object]:
    def work(session: Session) -> object:
        tools = some_tools(session, SOON)
        return change_vehicle(session, holder, number, uuid4(), plate, 0, tools, now=SOON).number

    return work


def told(results: list[object]) -> list[object]:
    """The codes of refusals and the rest as it is."""
    return [found.code if isinstance(found, DomainProblem) else found for found in results]


def counted(app: Flask, *where: Any) -> int:
    with own_transaction(app) as session:
        return session.scalar(select(func.count()).select_from(Pass).where(*where)) or 0


def test_of_two_renewals_at_once_one_is_made_and_the_other_names_it(
    shop: tuple[Flask, Actor, str, str],
) -> None:
    app, holder, number, plate = shop
    results = race(app, [renewing(holder, number), renewing(holder, number)])
    (new,) = [found for found in results if isinstance(found, str)]
    (refused,) = [found for found in results if isinstance(found, DomainProblem)]
    assert (refused.code, refused.facts["number"]) == ("pass.renewed", new)
    assert counted(app, Pass.plate == plate) == 2


def test_one_form_sent_twice_at_once_is_one_renewal(shop: tuple[Flask, Actor, str, str]) -> None:
    app, holder, number, plate = shop
    form = uuid4()
    first, second = race(app, [renewing(holder, number, form), renewing(holder, number, form)])
    assert first == second
    assert counted(app, Pass.plate == plate) == 2


def test_a_swap_and_a_revocation_at_once_never_both_happen(shop: tuple[Flask, Actor, str, str]) -> None:
    app, holder, number, _ = shop
    other = a_plate()

    def revoking(session: Session) -> object:
        change_pass(session, COMMAND_LINE, number, PassAction.REVOKE, reason=PassReason.MISUSE, now=SOON)
        return "revoked"

    results = told(race(app, [swapping(holder, number, other), revoking]))
    with own_transaction(app) as session:
        state = session.scalars(select(Pass.state).where(Pass.number == number)).one()
    if "revoked" in results:
        assert (state, results[0]) == ("revoked", "pass.not_live")
        assert counted(app, Pass.plate == other) == 0
    else:
        assert (state, results[1]) == ("superseded", "move.not_allowed")
        assert counted(app, Pass.plate == other) == 1


def test_two_passes_swapped_to_one_truck_at_once_give_it_one_pass(
    shop: tuple[Flask, Actor, str, str],
) -> None:
    app, holder, number, _ = shop
    with own_transaction(app) as session:
        second = a_reviewed_pass(session, holder).number
    truck = a_plate()
    results = told(race(app, [swapping(holder, number, truck), swapping(holder, second, truck)]))
    refused = [found for found in results if found in {"pass.overlap", "pass.vehicle_taken"}]
    assert len(refused) == 1
    assert counted(app, Pass.plate == truck) == 1
    assert counted(app, Pass.number.in_([number, second]), Pass.state == "live") == 1


def test_a_renewal_and_a_swap_at_once_leave_one_open_end(shop: tuple[Flask, Actor, str, str]) -> None:
    app, holder, number, _ = shop
    results = told(race(app, [renewing(holder, number), swapping(holder, number, a_plate())]))
    assert all(isinstance(found, str) for found in results)
    with own_transaction(app) as session:
        made = session.scalars(select(Application).where(Application.about == number)).all()
        assert {one.state for one in made} <= {"issued"}
        assert "pass.replaced" in results or len(made) == 2
