"""What holders and drivers are told about passes that end soon and about the driver's link."""

from typing import Any

from flask import current_app

from accounts.public import seal, unseal
from foundation.i18n import gettext as _
from foundation.outbox import Words, template

ENDS_SOON = "pass.ends_soon"
DRIVER_LINK = "pass.driver_link"


@template(ENDS_SOON)
def ends_soon(facts: dict[str, Any]) -> Words:
    """Passes of the holder end within two days; once a day, however many there are."""
    subject = _("%(count)s 张通行证将在 48 小时内到期", count=facts["count"])
    body = _("最早的一张 %(first)s 到期。到期前可以一次全部续期，内容不变的即时办结。", first=facts["first"])
    return Words(subject, body, "/passes/ending")


@template(DRIVER_LINK)
def driver_link(facts: dict[str, Any]) -> Words:
    """The link for the driver's phone. Whoever reads it can show the pass, so it names neither plate nor person."""
    subject = _("通行证链接")
    body = _("打开链接即可向检查站出示车辆通行证，不用登录；请勿转发他人。")
    token = unseal(_key(), facts["sealed"])
    return Words(subject, body, f"/d/{token}" if token else None, sms=body)


def link_facts(token: str) -> dict[str, str]:
    """The facts of a message with a driver's link: only its hash is kept elsewhere, so here it waits sealed."""
    return {"sealed": seal(_key(), token)}


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])
