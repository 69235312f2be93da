"""Loading the reference files: rows are inserted or brought up to date, so loading twice changes nothing."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from accounts.models import Area, Body
from checkpoints.models import Checkpoint, ServiceArea
from foundation.base import Base, new_id
from hotline.models import HotlineLine
from passes.catalogue_models import GoodsCategory, GoodsItem, PassKind, Regime, Road, Routing, Sector

FOLDER = Path(__file__).parent / "reference"
Row = dict[str, Any]


@cache
def _file(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def _rows(name: str) -> list[Row]:
    rows: list[Row] = _file(name)["rows"]
    return rows


def _keep(
    session: Session, model: type[Base], key: str, rows: Iterable[Row], *, once: Iterable[str] = ()
) -> None:
    """Insert the rows; where the key is there already, bring the other columns up to date.

    Columns in `once` are set at the first loading only: an administrator may have changed them since.
    """
    values = list(rows)
    statement = insert(model)
    columns = [name for name in values[0] if name not in {key, "id", *once}]
    update = {name: statement.excluded[name] for name in columns}
    session.execute(statement.on_conflict_do_update(index_elements=[key], set_=update), values)


def _pick(row: Row, *names: str) -> Row:
    return {name: row.get(name) for name in names}


def _synthetic(row: Row) -> bool:
    return bool(row.get("synthetic", False))


def load_reference(session: Session) -> None:
    """Areas, roads, goods, sectors, kinds, bodies, lines, service areas, checkpoints and the regime of the seed."""
    _load_areas(session)
    _keep(session, Road, "code", [_pick(row, "code", "name") for row in _rows("roads")])
    _load_goods(session)
    _load_kinds(session)
    _load_bodies(session)
    _load_roadside(session)
    lines = [{"number": row["phone"], "position": row["line"]} for row in _rows("hotline_lines")]
    _keep(session, HotlineLine, "number", [{**line, "synthetic": False} for line in lines])


def _load_areas(session: Session) -> None:
    order = {"province": 0, "prefecture": 1, "county": 2}
    rows = sorted(_rows("areas"), key=lambda row: order[row["level"]])
    areas = [
        {**_pick(row, "code", "name", "name_en", "level", "parent"), "synthetic": _synthetic(row)}
        for row in rows
    ]
    _keep(session, Area, "code", areas)


def _load_goods(session: Session) -> None:
    sectors = [_pick(row, "number", "code", "name", "name_en") for row in _rows("sectors")]
    _keep(session, Sector, "number", sectors)
    categories = [
        {**_pick(row, "code", "name", "name_en"), "position": position}
        for position, row in enumerate(_file("goods")["categories"])
    ]
    _keep(session, GoodsCategory, "code", categories)
    items = [
        {**_pick(row, "number", "code", "category", "name", "name_en"), "plain": " ".join(row["plain"])}
        for row in _rows("goods")
    ]
    _keep(session, GoodsItem, "number", items)
    numbers = {row["code"]: row["number"] for row in _rows("sectors")}
    routes = [
        {
            **_pick(row, "category"),
            "effective_from": date.fromisoformat(row["effective_from"]),
            "sector": numbers[row["sector"]],
        }
        for row in _rows("routing")
    ]
    session.execute(insert(Routing).on_conflict_do_nothing(), routes)


def _load_kinds(session: Session) -> None:
    names = (
        "number",
        "code",
        "name",
        "name_en",
        "max_hours",
        "issued_by",
        "on_the_spot",
        "cross_province",
        "supervised_by",
    )
    _keep(session, PassKind, "number", [_pick(row, *names) for row in _rows("kinds")])
    numbers = {row["code"]: row["number"] for row in _rows("kinds")}
    regimes = [
        {
            "id": new_id(),
            "area": row["area"],
            "kind": numbers[row["kind"]],
            "period": Range(_moment(row["from"]), _moment(row["to"])),
        }
        for row in _rows("regime")
    ]
    # The exclusion constraint makes a second loading insert nothing.
    session.execute(insert(Regime).on_conflict_do_nothing(), regimes)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _load_bodies(session: Session) -> None:
    numbers = {row["code"]: row["number"] for row in _rows("sectors")}
    bodies = [
        {
            "id": new_id(),
            **_pick(row, "code", "name", "area", "phone"),
            "duty": row["role"],
            "sector": numbers.get(row["sector"] or ""),
            "synthetic": _synthetic(row),
        }
        for row in _rows("bodies")
    ]
    _keep(session, Body, "code", bodies, once=["phone"])


def _load_roadside(session: Session) -> None:
    names = (
        "code",
        "name",
        "county",
        "road",
        "direction",
        "stake",
        "kind",
        "may_issue",
        "latitude",
        "longitude",
    )
    points = [
        {"id": new_id(), **_pick(row, *names), "synthetic": _synthetic(row)} for row in _rows("checkpoints")
    ]
    _keep(session, Checkpoint, "code", points)
    areas = [
        {
            **_pick(row, "code", "name", "county", "road", "open", "testing", "testing_hours"),
            "position": position,
            "synthetic": _synthetic(row),
        }
        for position, row in enumerate(_rows("service_areas"))
    ]
    _keep(session, ServiceArea, "code", areas, once=["open", "testing", "testing_hours"])
