"""What applicants are told: the templates, and whom a pass or application concerns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.public import recipients_of
from foundation import outbox
from foundation.i18n import gettext as _
from foundation.outbox import Words, template
from passes.models import Pass
from passes.rules import PassReason, RefuseReason
from passes.words import PASS_REASON_WORDS, REFUSE_NEXT, REFUSE_WORDS


def tell(
    session: Session,
    person_id: UUID | None,
    firm_id: UUID | None,
    name: str,
    facts: dict[str, Any],
    *,
    key: str,
    now: datetime,
) -> None:
    """Put a message for everybody the holder stands for; the same `key` reaches each of them once."""
    for recipient in recipients_of(session, person_id=person_id, firm_id=firm_id):
        outbox.put(session, recipient, name, facts, key=f"{key}:{recipient.person_id}", now=now)


def tell_holder(
    session: Session, found: Pass, name: str, facts: dict[str, Any], *, key: str, now: datetime
) -> None:
    """A message about a pass to its holder."""
    tell(session, found.person_id, found.firm_id, name, facts, key=key, now=now)


@template("pass.suspend")
def suspended(facts: dict[str, Any]) -> Words:
    """The pass is suspended."""
    return _stopped(facts, _("通行证 %(number)s 已暂停", number=facts["number"]), _("暂停期间请勿使用该证。"))


@template("pass.revoke")
def revoked(facts: dict[str, Any]) -> Words:
    """The pass is revoked."""
    return _stopped(
        facts, _("通行证 %(number)s 已吊销", number=facts["number"]), _("该证已失效，需要时请重新申请。")
    )


@template("pass.resume")
def resumed(facts: dict[str, Any]) -> Words:
    """The pass is live again."""
    subject = _("通行证 %(number)s 已恢复", number=facts["number"])
    return Words(subject, _("该证即时起恢复使用，二维码不变。"), f"/passes/{facts['number']}")


def _stopped(facts: dict[str, Any], subject: str, advice: str) -> Words:
    reason = PASS_REASON_WORDS[PassReason(facts["reason"])]
    body = _("原因：%(reason)s。", reason=reason) + advice + _("如有异议，请联系发证单位。")
    return Words(subject, body, f"/passes/{facts['number']}")


@template("application.issued")
def issued(facts: dict[str, Any]) -> Words:
    """The application led to a pass."""
    subject = _("通行证 %(number)s 已核发", number=facts["number"])
    body = _("申请 %(slip)s 已核发，可下载打印，或把驾驶员链接发给驾驶员。", slip=facts["slip"])
    return Words(subject, body, f"/passes/{facts['number']}")


@template("application.returned")
def returned(facts: dict[str, Any]) -> Words:
    """The application needs to be mended."""
    subject = _("申请 %(slip)s 已退回补正", slip=facts["slip"])
    notes = "\n".join(f"· {note}" for note in facts["notes"])
    body = _("请按以下意见修改后重新提交，排队时间保留：\n%(notes)s", notes=notes)
    return Words(subject, body, f"/applications/{facts['application']}")


@template("application.refused")
def refused(facts: dict[str, Any]) -> Words:
    """The application was refused: why, and what to do."""
    code = RefuseReason(facts["reason"])
    subject = _("申请 %(slip)s 不予核发", slip=facts["slip"])
    body = _(
        "原因：%(reason)s。%(words)s\n%(next)s\n发证单位电话：%(phone)s",
        reason=REFUSE_WORDS[code],
        words=facts.get("words") or "",
        next=REFUSE_NEXT[code],
        phone=facts["phone"],
    )
    return Words(subject, body, f"/applications/{facts['application']}")
