"""schemathesis asks the API what its description allows and what it forbids: no fault of ours, no undocumented answer.

Every route is asked with invented names and with objects that are there, by the token it is for.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from accounts.public import Firm
from accounts.service.devices import make_device_token
from foundation import clock
from foundation.api import DESCRIPTION_URL
from tests.checkpoints.conftest import kept_keys, keys  # noqa: F401 - pytest finds fixtures by name
from tests.checkpoints.roadside import HERE
from tests.passes.applying import a_firm, an_applicant, an_application
from tests.passes.batching import a_batch, a_row
from tests.passes.firm_programs import a_token_row
from tests.passes.signed_in import a_pass_of

EXAMPLES = 8
ROADSIDE = (
    "/verdicts",
    "/scans",
    "/slips",
    "/device",
    "/device/checkpoint",
    "/device/report",
    "/checkpoints",
)
CONFORMANCE = (
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
THOROUGH = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
Names = dict[str, str]
Operation = APIOperation[Any, Any, Any, Any]


@pytest.fixture
def names(session: Session, keys: None) -> Names:  # noqa: F811 - pytest's way of asking for a fixture
    """Objects of one firm, by the parts of addresses that name them."""
    del keys
    holder, now = an_applicant(session, a_firm(session)), clock.now()
    begins = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
    named = {
        "application_id": str(an_application(session, holder).id),
        "number": a_pass_of(session, holder, not_before=begins).number,
        "batch_id": str(a_batch(session, holder, [a_row(), a_row(origin="nowhere")], now=now).id),
        "firm_id": str(holder.firm_id),
    }
    session.commit()
    return named


def a_token_for(session: Session, operation: Operation, names: Names) -> str:
    """A token of the party the route is for, so fresh that no limit is near."""
    if operation.path.endswith(ROADSIDE):
        _, token = make_device_token(session, COMMAND_LINE, "手机", HERE, now=clock.now())
    else:
        row, token = a_token_row(session.get_one(Firm, names["firm_id"]))
        session.add(row)
    session.commit()
    return token


def cases(operation: Operation, names: Names) -> Iterator[Any]:
    """Strategies: what is allowed and what is not, with invented names; what is allowed, of objects that are there."""
    yield operation.as_strategy(GenerationMode.POSITIVE)
    yield operation.as_strategy(GenerationMode.NEGATIVE)
    parts = {name: value for name, value in names.items() if f"{{{name}}}" in operation.path}
    if parts:
        yield operation.as_strategy(GenerationMode.POSITIVE, path_parameters=parts, headers={"If-Match": "*"})


def faults(operation: Operation, strategy: Any, token: str) -> list[str]:
    """What schemathesis has to say about one route."""
    checks = [not_a_server_error, *(CHECKS.get_one(name) for name in CONFORMANCE)]
    found: list[str] = []

    @THOROUGH
    @hypothesis.given(case=strategy)
    def ask(case: Any) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=checks)

    try:
        ask()
    except (Exception, BaseExceptionGroup) as fault:  # noqa: BLE001 - it is told with the faults of the others
        found.append(f"{operation.label}: {fault}")
    return found


def test_no_question_finds_a_fault_or_an_answer_that_is_not_described(
    app: Flask, client: FlaskClient, session: Session, names: Names
) -> None:
    del client
    schema = schemathesis.openapi.from_wsgi(DESCRIPTION_URL, app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 15
    found = [
        fault
        for operation in operations
        for strategy in cases(operation, names)
        for fault in faults(operation, strategy, a_token_for(session, operation, names))
    ]
    assert found == [], "\n\n".join(found)
