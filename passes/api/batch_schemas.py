"""The shapes of batches: rows sent together, and what became of each."""

from marshmallow import Schema, fields, validate

from foundation.parsing import InputSchema
from passes.api.room import PageQuery
from passes.api.schemas import ApplicationBody
from passes.imports.reading import MOST_ROWS
from passes.rules.batches import LONGEST_FILE_NAME, BatchState, RowState
from passes.rules.moves import ApplicationState

ROW_STATES = [state.value for state in RowState]


class BatchBody(InputSchema):
    """Rows, each an application. A row of the wrong shape refuses all; whatever else is wrong stays with its row."""

    name = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, LONGEST_FILE_NAME, error="text.too_long"),
        metadata={"description": "what people see the batch called; by default the Idempotency-Key"},
    )
    rows = fields.List(
        fields.Nested(ApplicationBody),
        required=True,
        metadata={"minItems": 1, "maxItems": MOST_ROWS},
    )


class BatchCounts(Schema):
    """How many rows stand where."""

    good = fields.Integer(required=True)
    bad = fields.Integer(required=True)
    left_out = fields.Integer(required=True)
    accepted = fields.Integer(required=True)


class BatchAnswer(Schema):
    """A batch: reading, then ready to be accepted, then accepted; `decided` counts its applications by their state."""

    id = fields.UUID(required=True)
    slip = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in BatchState]))
    problem = fields.String(
        required=True, allow_none=True, metadata={"description": "code of what made it unreadable"}
    )
    rows = fields.Integer(required=True)
    read_rows = fields.Integer(required=True)
    counts = fields.Nested(BatchCounts, required=True)
    decided = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    version = fields.Integer(required=True, metadata={"description": "counts changes of rows"})
    created_at = fields.AwareDateTime(required=True)
    accepted_at = fields.AwareDateTime(required=True, allow_none=True)


class RowProblem(Schema):
    """What is wrong with one field of a row."""

    field = fields.String(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)


class RowApplication(Schema):
    """The application a row became."""

    id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ApplicationState]))
    pass_number = fields.String(required=True, allow_none=True)


class RowAnswer(Schema):
    """A row by its place among those sent, from 1."""

    position = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(ROW_STATES))
    problems = fields.List(fields.Nested(RowProblem), required=True)
    application = fields.Nested(RowApplication, required=True, allow_none=True)


class RowPage(Schema):
    """Rows in their order."""

    next = fields.String(required=True, allow_none=True, metadata={"description": "address of the next page"})
    items = fields.List(fields.Nested(RowAnswer), required=True)


class RowQuery(PageQuery):
    """Which rows."""

    state = fields.String(load_default=None, validate=validate.OneOf(ROW_STATES, error="choice.unknown"))
    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, MOST_ROWS, error="number.range"),
        metadata={"description": "position of the last row of the page before"},
    )
