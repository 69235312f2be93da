"""The words of a notice: kept once, and not a copy for each of three hundred thousand holders."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select

from foundation.database import db
from foundation.i18n import gettext as _
from foundation.outbox import Words, template
from passes.notice_models import Notice

NOTICE = "passes.notice"
KEPT = 64
"""Notices whose words are at hand; nobody can change them once the first message has gone."""


@template(NOTICE)
def notice(facts: dict[str, Any]) -> Words:
    """A notice from the command, in the words it was written in."""
    subject, words = _said(UUID(facts["notice"]))
    return Words(_("通知：%(subject)s", subject=subject), words)


@lru_cache(maxsize=KEPT)
def _said(notice_id: UUID) -> tuple[str, str]:
    row = db.session().execute(select(Notice.subject, Notice.words).where(Notice.id == notice_id)).one()
    return row.subject, row.words
