"""The words of changing a pass: purposes, why a person must look, problems."""

from foundation.i18n import lazy_gettext as _
from foundation.words import BACK_AND_MEND, NOTHING_CHANGED, ProblemWords, register_problems
from passes.rules.changing import Purpose, Why

PURPOSE_WORDS = {
    Purpose.NEW: _("新申请"),
    Purpose.RENEW: _("续期"),
    Purpose.OTHER_VEHICLE: _("换车"),
    Purpose.OTHER_DRIVER: _("换驾驶员"),
    Purpose.AMEND: _("变更"),
}
ABOUT_WORDS = {
    Purpose.RENEW: _("车辆、线路、货物不变，只延长时间；签发新证，新编号。"),
    Purpose.OTHER_VEHICLE: _("只换车，线路、货物和到期时间不变；签发新证，原车的证随即作废。"),
    Purpose.OTHER_DRIVER: _(
        "只换驾驶员；编号不变，二维码更新，原二维码和纸质证随即作废，驾驶员链接继续有效。"
    ),
    Purpose.AMEND: _("货物、线路、时间有变化，由发证单位审核；通过后编号不变，原二维码随即作废。"),
}
"""What follows from a change, told before it is asked for."""
WHY_WORDS = {
    Why.ALWAYS: _("变更线路、货物或时间，须由工作人员审核。"),
    Why.FIRM: _("企业尚未通过审核或已被暂停。"),
    Why.SIZE: _("新车与原车大小类型不同（号牌颜色不同类）。"),
    Why.SWAPS: _("即时换车或换驾驶员的次数已用完。"),
    Why.UNBOUND: _("去掉了全部驾驶员，该证将不再绑定驾驶员。"),
    Why.NOBODY_SAW: _("原证不是由工作人员审核核发的。"),
    Why.EARLY: _("距原证到期超过 48 小时。"),
    Why.LATE: _("原证到期已超过 24 小时。"),
    Why.UNSEEN: _("连同续期已超过 30 天没有经过工作人员审核。"),
}
"""Why a change was not decided at once: for its applicant and for the officer."""
RULE_WORDS = {
    "renewal.same": _("只延长时间，其余不变"),
    "swap.vehicle": _("只换同类型车辆"),
    "swap.drivers": _("只换驾驶员"),
}

_APPLY_AGAIN = _("需要时请重新申请。")
register_problems(
    {
        "pass.not_live": ProblemWords(
            409, _("该证已停用，不能续期或变更。"), NOTHING_CHANGED, (_APPLY_AGAIN,)
        ),
        "pass.replaced": ProblemWords(
            409,
            _("该证已被新证 %(number)s 替换。"),
            NOTHING_CHANGED,
            (_("请打开新证办理。"),),
        ),
        "pass.over": ProblemWords(
            409,
            _("该证已过有效期，不能再变更。"),
            NOTHING_CHANGED,
            (_("到期不久的可以续期，否则请重新申请。"),),
        ),
        "pass.revisions_used_up": ProblemWords(
            409,
            _("该证的变更次数已用完（最多 15 次）。"),
            NOTHING_CHANGED,
            (_("请续期或重新申请，换一张新证。"),),
        ),
        "pass.change_waiting": ProblemWords(
            409,
            _("该证已有一件变更申请 %(slip)s 正在办理。"),
            NOTHING_CHANGED,
            (_("请等待办结，或先撤回那件申请。"),),
        ),
        "pass.renewed": ProblemWords(
            409,
            _("该证已经续期，接续的通行证是 %(number)s。"),
            _("没有重复核发。"),
            (_("请使用接续的通行证。"),),
        ),
        "pass.vehicle_taken": ProblemWords(
            409,
            _("这辆车在此期间已有他人名下的通行证（一车一证）。"),
            NOTHING_CHANGED,
            (_("请核对车牌；确属本单位车辆的，请电话联系发证单位。"),),
        ),
        "change.nothing": ProblemWords(
            422, _("内容与原证相同，没有需要变更的。"), NOTHING_CHANGED, (BACK_AND_MEND,)
        ),
        "change.not_needed": ProblemWords(
            422,
            _("起讫两地目前都不要求通行证，不用续期，可以直接通行。"),
            NOTHING_CHANGED,
            (_("如途中因没有通行证被拦阻，请拨打投诉电话。"),),
        ),
        "drivers.no_phone": ProblemWords(
            422,
            _("该证的驾驶员没有填写手机号，短信没有发出。"),
            NOTHING_CHANGED,
            (_("请生成链接后自行转发，或先补填驾驶员手机号。"),),
        ),
        "renewals.given_up": ProblemWords(
            503,
            _("多次出错，后台已停止处理。"),
            _("已续期的不受影响。"),
            (_("请稍后对其余的重新提交。"),),
        ),
        "renewals.none": ProblemWords(
            422, _("没有选中要续期的通行证。"), NOTHING_CHANGED, (_("请先勾选，或使用“全部续期”。"),)
        ),
    }
)
