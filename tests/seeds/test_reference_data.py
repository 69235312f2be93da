"""Loading the reference data: twice is once, and what an administrator changed since stays."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accounts.public import Area, Body
from checkpoints.models import ServiceArea
from passes.catalogue_models import Regime
from seeds.reference_data import load_reference


def counts(session: Session) -> list[int]:
    return [
        session.scalar(select(func.count()).select_from(model)) or 0
        for model in (Area, Body, ServiceArea, Regime)
    ]


def test_loading_twice_changes_nothing(session: Session) -> None:
    before = counts(session)
    load_reference(session)
    assert counts(session) == before
    assert before[2] == 8


def test_a_phone_and_a_closed_service_area_survive_the_next_start(session: Session) -> None:
    session.execute(
        update(Body).where(Body.code == "jl-transport").values(phone="0431-12345678", name="旧名")
    )
    session.execute(update(ServiceArea).values(open=False))
    load_reference(session)
    session.expire_all()
    body = session.scalars(select(Body).where(Body.code == "jl-transport")).one()
    assert (body.phone, body.name) == ("0431-12345678", "吉林省交通运输厅")
    assert not any(session.scalars(select(ServiceArea.open)))
