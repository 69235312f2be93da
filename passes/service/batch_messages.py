"""What applicants are told about a batch: one message for each decision on many of its applications."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from foundation.i18n import gettext as _
from foundation.outbox import Words, template
from passes.application_words import FIELD_WORDS
from passes.batch_models import Batch
from passes.rules import RefuseReason
from passes.rules.moves import ApplicationAction
from passes.service.messages import tell
from passes.words import REFUSE_NEXT, REFUSE_WORDS


def tell_batch(session: Session, batch: Batch, facts: dict[str, Any], *, key: str, now: datetime) -> None:
    """A message about a decision on a batch to everybody its owner stands for; the same `key` reaches each once."""
    told = {**facts, "batch": str(batch.id), "slip": batch.slip}
    tell(session, batch.person_id, batch.firm_id, "batch.decided", told, key=key, now=now)


@template("batch.decided")
def decided(facts: dict[str, Any]) -> Words:
    """Many applications of a batch were decided at once: how many, why, and how many are left."""
    action = ApplicationAction(facts["action"])
    subject, body = _SENTENCES[action](facts)
    if facts["left"]:
        body += "\n" + _("另有 %(count)s 件未能一并办理，仍在审核，结果另行通知。", count=facts["left"])
    return Words(subject, body, f"/batches/{facts['batch']}")


def _issued(facts: dict[str, Any]) -> tuple[str, str]:
    subject = _("批次 %(slip)s：核发 %(count)s 张通行证", slip=facts["slip"], count=facts["done"])
    return subject, _("可在批次页面一次下载全部 PDF，或把驾驶员链接发给驾驶员。")


def _returned(facts: dict[str, Any]) -> tuple[str, str]:
    subject = _("批次 %(slip)s：退回补正 %(count)s 件", slip=facts["slip"], count=facts["done"])
    notes = "\n".join(_("· %(field)s：%(words)s", field=FIELD_WORDS[n], words=w) for n, w in facts["notes"])
    return subject, _("请按以下意见修改后重新提交，排队时间保留：\n%(notes)s", notes=notes)


def _refused(facts: dict[str, Any]) -> tuple[str, str]:
    code = RefuseReason(facts["reason"])
    subject = _("批次 %(slip)s：不予核发 %(count)s 件", slip=facts["slip"], count=facts["done"])
    body = _(
        "原因：%(reason)s。%(words)s\n%(next)s\n发证单位电话：%(phone)s",
        reason=REFUSE_WORDS[code],
        words=facts.get("words") or "",
        next=REFUSE_NEXT[code],
        phone=facts["phone"],
    )
    return subject, body


_SENTENCES = {
    ApplicationAction.ISSUE: _issued,
    ApplicationAction.RETURN: _returned,
    ApplicationAction.REFUSE: _refused,
}
