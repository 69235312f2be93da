"""What a driver is told by text message about a slip, when the phone that made it has a network again."""

from collections.abc import Mapping
from typing import Any

from flask import current_app

from accounts.public import unseal
from foundation.i18n import gettext as _
from foundation.outbox import Words, template
from foundation.words import words_of

SLIP_ISSUED = "slip.issued"
SLIP_FAILED = "slip.failed"


@template(SLIP_ISSUED)
def issued(facts: dict[str, Any]) -> Words:
    """The slip became a pass. Whoever reads the message can show the pass, so it names neither plate nor person."""
    body = _(
        "受理回执 %(code)s 已核发通行证，有效至 %(until)s。打开链接即可出示，不用登录；请勿转发他人。",
        code=facts["code"],
        until=facts["until"],
    )
    token = unseal(str(current_app.config["SECRET_KEY"]), facts["sealed"])
    return Words(_("通行证已核发"), body, f"/d/{token}" if token else None, sms=body)


@template(SLIP_FAILED)
def failed(facts: dict[str, Any]) -> Words:
    """The slip became nothing: why, and what to do."""
    words = words_of(facts["problem"])
    why = words.fill(words.what, facts["facts"])
    steps = "".join(words.fill(step, facts["facts"]) for step in words.steps)
    body = _("受理回执 %(code)s 没有核发成通行证。%(why)s%(steps)s", code=facts["code"], why=why, steps=steps)
    return Words(_("通行证没有核发"), body, sms=body)


def failed_facts(code: str, problem: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of `failed`."""
    return {"code": code, "problem": problem, "facts": dict(facts)}
