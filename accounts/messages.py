"""The messages of the room."""

from typing import Any

from flask import current_app

from accounts.rules import FirmState
from accounts.service.firms import MESSAGE as FIRM_STATE
from accounts.service.invitations import INVITATION, JOINED
from accounts.service.reset import MESSAGE as RESET_CODE
from accounts.tokens import unseal
from foundation.i18n import gettext as _
from foundation.outbox import Words, template


@template(RESET_CODE)
def reset_code(facts: dict[str, Any]) -> Words:
    """A code for a new password."""
    return Words(
        _("重设密码的一次性代码"),
        _(
            "您的代码是 %(code)s，15 分钟内有效，只能用一次。如果不是您本人操作，请不要告诉任何人。",
            code=facts["code"],
        ),
        "/login/reset",
    )


@template(FIRM_STATE)
def firm_state(facts: dict[str, Any]) -> Words:
    """A firm was approved, suspended or resumed."""
    if facts["state"] == FirmState.APPROVED:
        return Words(_("企业可以申请通行证"), _("贵企业已获批准，现在可以提交通行证申请。"), "/")
    return Words(
        _("企业已被停用"),
        _("贵企业暂不能提交新的申请。原因：%(reason)s。如有疑问请联系所在地管理员。", reason=facts["reason"]),
        "/account",
    )


@template(INVITATION)
def invitation(facts: dict[str, Any]) -> Words:
    """Somebody without an account is invited to a firm; the address holds the secret, the stored facts do not."""
    token = unseal(str(current_app.config["SECRET_KEY"]), facts["sealed"])
    return Words(
        _("邀请您加入企业账户"),
        _(
            "%(firm)s 邀请您加入其在畅通的企业账户。请打开下面的地址设置登录名和密码；7 天内有效，只能用一次。"
            "如果您不认识这家企业，请不要理会。",
            firm=facts["firm"],
        ),
        f"/invitation/{token}" if token else None,
    )


@template(JOINED)
def colleague_joined(facts: dict[str, Any]) -> Words:
    """Who was invited has made the account."""
    return Words(
        _("同事已加入企业"),
        _("%(name)s 已接受您的邀请，加入了企业。", name=facts["name"]),
        "/firm",
    )
