"""What a program was answered under its Idempotency-Key: the same question gets the same answer for a day.

After draft-ietf-httpapi-idempotency-key-header. The answer is written in the transaction of the effect: both are
there, or neither is. A refused question leaves nothing, so its key may be used again once it has been mended.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, text, tuple_
from sqlalchemy.orm import Session

from foundation.base import table_of
from foundation.jobs import every
from foundation.models import IdempotentAnswer
from foundation.problems import DomainProblem

KEPT_FOR = timedelta(days=1)
LONGEST_KEY = 200
FREE = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
_ANSWER = table_of(IdempotentAnswer)
KEEP = insert(_ANSWER)
KEPT = select(_ANSWER.c.question_hash, _ANSWER.c.status, _ANSWER.c.answer, _ANSWER.c.headers).where(
    _ANSWER.c.holder_id == bindparam("of_holder"), _ANSWER.c.key == bindparam("of_key")
)
FORGOTTEN_AT_ONCE = 5_000
"""Rows one tick deletes at most, so that it never holds the table for long."""


@dataclass(frozen=True)
class Kept:
    """An answer as it was given: status, plain JSON content, and the headers that belong to the content."""

    status: int
    content: dict[str, Any]
    headers: dict[str, str]


def question_hash(method: str, path: str, sent: Any) -> bytes:
    """SHA-256 of a question. JSON counts by its meaning: a program that starts anew may order its fields otherwise."""
    plain = json.dumps([method, path, sent], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).digest()


def earlier_answer(session: Session, holder_id: UUID, key: str, question: bytes) -> Kept | None:
    """The answer given before under this key; None for a new one, which is then this transaction's to answer.

    Raises `idempotency.at_work` while another transaction answers it, `idempotency.other_question`.
    """
    name = f"answer:{holder_id}:{key}"
    if not session.scalar(FREE, {"name": name}):
        raise DomainProblem("idempotency.at_work")
    found = session.execute(KEPT, {"of_holder": holder_id, "of_key": key}).one_or_none()
    if found is None:
        return None
    if found.question_hash != question:
        raise DomainProblem("idempotency.other_question")
    return Kept(found.status, found.answer, found.headers)


def keep_answer(
    session: Session, holder_id: UUID, key: str, question: bytes, answer: Kept, *, now: datetime
) -> None:
    """Keep an answer in the transaction of its effect."""
    session.execute(
        KEEP,
        {
            "holder_id": holder_id,
            "key": key,
            "question_hash": question,
            "status": answer.status,
            "answer": answer.content,
            "headers": answer.headers,
            "created_at": now,
        },
    )


@every(seconds=60)
def forget_answers(session: Session, now: datetime) -> None:
    """Delete what is older than a day, the oldest first."""
    key = tuple_(IdempotentAnswer.holder_id, IdempotentAnswer.key)
    old = (
        select(IdempotentAnswer.holder_id, IdempotentAnswer.key)
        .where(IdempotentAnswer.created_at < now - KEPT_FOR)
        .order_by(IdempotentAnswer.created_at)
        .limit(FORGOTTEN_AT_ONCE)
    )
    session.execute(delete(IdempotentAnswer).where(key.in_(old)).execution_options(synchronize_session=False))
