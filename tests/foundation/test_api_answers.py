"""Answers kept under their Idempotency-Key, for a day and for one token."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.answers import Kept, earlier_answer, forget_answers, keep_answer, question_hash
from foundation.base import new_id
from foundation.database import db, transaction
from foundation.models import IdempotentAnswer
from foundation.problems import DomainProblem
from tests.builders import own_transaction

NOW = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
QUESTION = question_hash("POST", "/api/v1/things?", {"name": "王", "age": 7})
ANSWER = Kept(201, {"id": "7"}, {"Location": "/things/7"})


def an_answer(session: Session, key: str = "k", *, now: datetime = NOW, holder: UUID | None = None) -> UUID:
    who = holder or new_id()
    keep_answer(session, who, key, QUESTION, ANSWER, now=now)
    session.flush()
    return who


def test_the_same_question_gets_the_answer_of_the_first_time(session: Session) -> None:
    holder = an_answer(session)
    assert earlier_answer(session, holder, "k", QUESTION) == ANSWER
    assert earlier_answer(session, holder, "another key", QUESTION) is None
    assert earlier_answer(session, new_id(), "k", QUESTION) is None


def test_the_order_of_fields_makes_no_other_question() -> None:
    assert question_hash("POST", "/api/v1/things?", {"age": 7, "name": "王"}) == QUESTION
    others: list[tuple[str, str, object]] = [
        ("PUT", "/api/v1/things?", {}),
        ("POST", "/api/v1/things?a=1", {}),
        ("POST", "/api/v1/things?", {}),
    ]
    assert len({QUESTION, *(question_hash(*other) for other in others)}) == 4


def test_another_question_under_the_same_key_is_refused(session: Session) -> None:
    holder = an_answer(session)
    with pytest.raises(DomainProblem, match="idempotency.other_question"):
        earlier_answer(session, holder, "k", question_hash("POST", "/api/v1/things?", {"name": "李"}))


def test_while_the_first_is_at_work_the_second_is_told_to_wait(clone: Callable[..., Flask]) -> None:
    app, holder = clone(), new_id()
    with own_transaction(app) as first:
        assert earlier_answer(first, holder, "k", QUESTION) is None
        keep_answer(first, holder, "k", QUESTION, ANSWER, now=NOW)
        with db.engine.connect() as connection, Session(connection) as second:
            with pytest.raises(DomainProblem, match="idempotency.at_work"):
                earlier_answer(second, holder, "k", QUESTION)
            assert earlier_answer(second, holder, "another key", QUESTION) is None
    with own_transaction(app) as later:
        assert earlier_answer(later, holder, "k", QUESTION) == ANSWER


def test_an_answer_is_gone_with_its_effect(clone: Callable[..., Flask]) -> None:
    app, holder = clone(), new_id()

    def fail() -> None:
        with app.app_context(), transaction() as session:
            an_answer(session, holder=holder)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with own_transaction(app) as session:
        assert earlier_answer(session, holder, "k", QUESTION) is None


def test_after_a_day_an_answer_is_forgotten(session: Session) -> None:
    an_answer(session, "old", now=NOW - timedelta(hours=24, seconds=1))
    an_answer(session, "young", now=NOW - timedelta(hours=23))
    forget_answers(session, NOW)
    assert session.scalars(select(IdempotentAnswer.key)).all() == ["young"]
    assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == 1
