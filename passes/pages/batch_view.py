"""What the pages of batches show: a batch in a list, and a row with its words, problems and repairs, cell by cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.public import FieldTold, Told
from foundation.i18n import gettext as _
from foundation.words import FIELDS, field_words, words_of
from passes.application_words import FIELD_WORDS, FORM_LABELS
from passes.batch_models import Batch, BatchRow
from passes.batch_queries import RowCounts
from passes.batch_service_words import (
    BATCH_STATE_TONES,
    BATCH_STATE_WORDS,
    ROW_STATE_TONES,
    ROW_STATE_WORDS,
)
from passes.catalogue import Catalogue
from passes.models import Application
from passes.pages.telling import Moment, application_state, full_name, moment, place
from passes.rules import PlateColour
from passes.rules.batches import STOPPED, BatchState, RowState
from passes.schemas import COLOURS
from passes.service.batch_rows import mark_of, root
from passes.words import COLOUR_WORDS

CELLS: Mapping[str, tuple[str, ...]] = {
    "vehicle": ("plate", "plate_colour", "replaces"),
    "goods": ("goods", "goods_words"),
    "route": ("origin", "destination", "stops", "roads", "area"),
    "period": ("not_before", "hours"),
    "people": ("drivers", "contact_phone"),
}
"""The columns of the table of rows, and the fields of an application that each shows."""
GENERAL = ("field.", "text.", "number.", "choice.", "area.", "cell.")
"""Problems whose words speak of no field."""
BETWEEN = "、"
ENDS = ("origin", "destination")


@dataclass(frozen=True)
class BatchLine:
    """A batch as the list shows it."""

    id: UUID
    slip: str
    file_name: str
    state: str
    state_words: str
    tone: str
    at: Moment | None
    rows: int
    counts: RowCounts


def batch_line(batch: Batch, counts: RowCounts) -> BatchLine:
    """A batch with the counts of its rows."""
    state = BatchState(batch.state)
    return BatchLine(
        id=batch.id,
        slip=batch.slip,
        file_name=batch.file_name,
        state=batch.state,
        state_words=str(BATCH_STATE_WORDS[state]),
        tone=BATCH_STATE_TONES[state],
        at=moment(batch.created_at),
        rows=batch.rows,
        counts=counts,
    )


@dataclass(frozen=True)
class Cell:
    """A cell of the table: lines of what it says, what is wrong with it, what is told, what was repaired."""

    lines: tuple[str, ...]
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    repairs: tuple[str, ...]


@dataclass(frozen=True)
class RowView:
    """A row of the table."""

    position: int
    plate: str | None
    plate_colour: int | None
    cells: Mapping[str, Cell]
    other: Cell
    state: str
    state_words: str
    tone: str
    mark: str
    application: Application | None
    application_words: str | None


def row_view(known: Catalogue, row: BatchRow, application: Application | None) -> RowView:
    """A row with what is known of it; `application` where it became one."""
    state = RowState(row.state)
    colour = _colour(row.plain.get("plate_colour"))
    shown = {field for fields in CELLS.values() for field in fields}
    rest = {root(told["field"]) for told in (*row.problems, *row.repairs)} - shown
    return RowView(
        position=row.position,
        plate=_good_plate(row),
        plate_colour=colour,
        cells={name: _cell(known, row, fields) for name, fields in CELLS.items()},
        other=_cell(known, row, tuple(sorted(rest))),
        state=row.state,
        state_words=str(ROW_STATE_WORDS[state]),
        tone=ROW_STATE_TONES[state],
        mark=mark_of(row),
        application=application,
        application_words=application_state(application) if application else None,
    )


def _good_plate(row: BatchRow) -> str | None:
    """The plate where it can be drawn as one."""
    plate = row.plain.get("plate")
    wrong = any(told["field"] == "plate" and told["code"].startswith("plate.") for told in row.problems)
    return plate if isinstance(plate, str) and not wrong else None


def _cell(known: Catalogue, row: BatchRow, fields: Sequence[str]) -> Cell:
    repairs = [told for told in row.repairs if root(told["field"]) in fields]
    return Cell(
        lines=tuple(_lines(known, row.plain, fields)),
        problems=tuple(problem_words(told) for told in row.problems if root(told["field"]) in fields),
        remarks=tuple(problem_words(told) for told in repairs if "was" not in told),
        repairs=tuple(repair_words(told) for told in repairs if "was" in told),
    )


def problem_words(told: Mapping[str, Any]) -> str:
    """A stored problem or remark in words, with the name of its field where the words lack it."""
    words = field_words(told["code"], told["facts"])
    label = field_label(told["field"]) if told["code"].startswith(GENERAL) else None
    return _("%(label)s：%(words)s", label=label, words=words) if label else words


def repair_words(told: Mapping[str, Any]) -> str:
    """A stored repair in words: which field, what was done, what had been there."""
    done = str(FIELDS[told["code"]]) if told["code"] in FIELDS else _("已修正")
    return _(
        "%(label)s：%(done)s（原为 %(was)s）", label=field_label(told["field"]), done=done, was=told["was"]
    )


def field_label(path: str) -> str:
    """The name of a field, such as that of `drivers.0.phone`; an item of a list by the list's."""
    return str(FORM_LABELS.get(path) or FIELD_WORDS.get(root(path), path))


def _lines(known: Catalogue, plain: Mapping[str, Any], fields: Sequence[str]) -> Iterator[str]:
    """What a cell says: codes in words, words as they were typed; both ends of a route in one line."""
    if "origin" in fields and ("origin" in plain or "destination" in plain):
        yield " → ".join(_place(known, plain.get(name, "…")) for name in ("origin", "destination"))
    if "drivers" in fields and "drivers" in plain:
        yield from _drivers(plain["drivers"])
    for name in fields:
        if name not in plain or name in {"drivers", *ENDS}:
            continue
        words = _said(known, name, plain[name])
        labelled = name in {"stops", "roads", "area", "contact_phone"}
        yield _("%(label)s：%(words)s", label=field_label(name), words=words) if labelled else words


def _said(known: Catalogue, name: str, value: Any) -> str:
    if name == "goods":
        return _goods(known, value)
    if name == "plate_colour":
        colour = _colour(value)
        return str(COLOUR_WORDS[PlateColour(colour)] if colour is not None else value)
    if name == "drivers":
        return BETWEEN.join(_drivers(value))
    if name in {"stops", "roads"}:
        items = value if isinstance(value, list) else [value]
        return BETWEEN.join(_place(known, item) if name == "stops" else str(item) for item in items)
    if name in {"area", *ENDS}:
        return _place(known, value)
    if name == "hours" and str(value).isdecimal():
        return _("%(hours)s 小时", hours=value)
    if name == "not_before":
        return str(value).replace("T", " ")
    return _("换发") if name == "replaces" else str(value)


def _place(known: Catalogue, value: Any) -> str:
    return place(known, str(value)) if str(value) in known.areas else str(value)


def _goods(known: Catalogue, value: Any) -> str:
    return next(
        (item.name for item in known.goods.values() if str(value) in {str(item.number), item.code}),
        str(value),
    )


def _colour(value: Any) -> int | None:
    text = str(value).lower()
    return COLOURS.get(text, int(text) if text in map(str, COLOURS.values()) else None)


def _drivers(value: Any) -> Iterator[str]:
    for driver in value if isinstance(value, list) else [value]:
        said = (
            [driver.get(name) for name in ("name", "last4", "phone")]
            if isinstance(driver, Mapping)
            else [driver]
        )
        yield " ".join(str(one) for one in said if one)


def problem_of(batch: Batch) -> tuple[str, list[str]] | None:
    """Why a batch could not be read, or was not accepted to its end, and what to do."""
    code = batch.problem or batch.facts.get(STOPPED)
    if code is None:
        return None
    words, facts = words_of(code), batch.facts.get("problem", {})
    return words.fill(words.what, facts), [words.fill(step, facts) for step in words.steps]


def mending_of(known: Catalogue, row: BatchRow) -> tuple[dict[str, Any], Told]:
    """What the form for mending a row holds, lists in one line and codes in words; and what is wrong, by its inputs."""
    plain = row.plain
    given: dict[str, Any] = {name: _said(known, name, value) for name, value in plain.items()}
    for name in ("stops", "roads"):
        items = plain.get(name, [])
        given[name] = (
            BETWEEN.join(_place(known, item) for item in items) if isinstance(items, list) else items
        )
    given |= {
        name: _county(known, plain[name]) for name in ("origin", "destination", "area") if name in plain
    }
    given |= {name: str(plain[name]) for name in ("hours", "contact_phone") if name in plain}
    colour, drivers = _colour(plain.get("plate_colour")), plain.get("drivers")
    given["plate_colour"] = PlateColour(colour).name.lower() if colour is not None else ""
    people = drivers if isinstance(drivers, list) else []
    given["drivers"] = [one if isinstance(one, Mapping) else {"name": str(one)} for one in people]
    title = _("第 %(row)s 行：%(count)s 处需要更正", row=row.position, count=len(row.problems))
    errors = tuple(FieldTold(_input(told["field"]), problem_words(told)) for told in row.problems)
    return given, Told(status=422, title=title, detail=None, errors=errors)


def _input(path: str) -> str:
    """The input of the form that a problem belongs to: an item of a list is typed in the line of its list."""
    return root(path) if root(path) in {"stops", "roads"} else path


def _county(known: Catalogue, value: Any) -> str:
    return full_name(known, str(value)) or ""


def words_of_row(known: Catalogue, row: BatchRow) -> Iterator[tuple[str, str]]:
    """The fields of a row by their paths with what they say, for the result file."""
    for name, value in row.plain.items():
        if name == "drivers" and isinstance(value, list):
            for place_, driver in enumerate(value):
                parts = driver.items() if isinstance(driver, Mapping) else []
                yield from ((f"drivers.{place_}.{part}", str(words)) for part, words in parts)
        elif isinstance(value, list):
            yield name, BETWEEN.join(_place(known, item) for item in value)
        elif name in {"origin", "destination", "area"}:
            yield name, _county(known, value)
        else:
            yield name, str(value) if name == "hours" else _said(known, name, value)
