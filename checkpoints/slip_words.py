"""The words of slips: what became of one, why a pass was not issued on the spot, and what to do then."""

from checkpoints.rules_slip import SlipState
from foundation.i18n import lazy_gettext as _
from foundation.words import NOTHING_CHANGED, ProblemWords, register_fields, register_problems

SLIP_STATE_WORDS = {SlipState.ISSUED: _("已核发"), SlipState.FAILED: _("未核发")}
SLIP_STATE_TONES = {SlipState.ISSUED: "good", SlipState.FAILED: "warn"}
SLIP_LABELS = {
    "plate": _("车牌号"),
    "plate_colour": _("车牌颜色"),
    "goods": _("货物"),
    "goods_words": _("货物说明"),
    "destination": _("终点"),
    "driver_last4": _("驾驶员身份证号后四位"),
    "phone": _("驾驶员手机号"),
}
"""Labels of the form, for problems that are told away from their field."""
IS_A_SLIP = _("这是受理回执，不是通行证，按无证车辆处理。")
NOT_HEARD_OF = _("还没有收到这张回执：出具回执的设备可能尚未联网。")
BECAME_A_PASS = _("该回执已核发通行证 %(number)s，请按这个编号查验。")
BECAME_NOTHING = _("该回执没有核发成通行证。原因：%(why)s")

MAY_GO_ON = _("没有通行证不是劝返的理由：车辆和司乘人员符合防疫要求的，照常放行。")
CALL_THE_BODY = _("请电话联系发证单位处理。")
APPLY_ELSEWHERE = _("可在网上或发证单位窗口申请。")
NO_PASS_MADE = _("没有核发通行证。")
register_problems(
    {
        "slip.has_pass": ProblemWords(
            409,
            _("该车辆已有有效的通行证 %(number)s，有效至 %(until)s。"),
            _("没有重复核发，原证照常有效。"),
            (_("请按车牌查验该证，相符即可放行，不必另办。"),),
        ),
        "slip.pass_later": ProblemWords(
            409,
            _("该车辆已有通行证 %(number)s，从 %(begins)s 起有效，与现在要办的时间重叠。"),
            NO_PASS_MADE,
            (MAY_GO_ON, CALL_THE_BODY),
        ),
        "slip.pass_suspended": ProblemWords(
            409,
            _("该车辆的通行证 %(number)s 正被暂停使用，暂停期间不能另发新证。"),
            NO_PASS_MADE,
            (CALL_THE_BODY, MAY_GO_ON),
        ),
        "slip.leaves_province": ProblemWords(
            409,
            _("终点在省外，现场只核发省内通行证。"),
            NO_PASS_MADE,
            (_("出省的请在网上或发证单位窗口申请全国统一的通行证。"), MAY_GO_ON),
        ),
        "slip.colour": ProblemWords(
            409,
            _("车牌与颜色不符：8 位新能源车牌为绿色或黄绿色，7 位车牌不是。"),
            NO_PASS_MADE,
            (_("请核对车牌颜色后重新办理。"),),
        ),
        "slip.trailer": ProblemWords(
            409, _("这是挂车号牌。"), NO_PASS_MADE, (_("请改填牵引车的号牌，重新办理。"),)
        ),
        "slip.goods": ProblemWords(
            409, _("没有这种货物。"), NO_PASS_MADE, (_("请从列表中另选货物，重新办理。"),)
        ),
        "slip.destination": ProblemWords(
            409, _("终点不是一个县（市、区）。"), NO_PASS_MADE, (_("请选择县（市、区），重新办理。"),)
        ),
        "slip.not_needed": ProblemWords(
            409, _("起讫两地目前都不要求通行证。"), _("无须办证。"), (_("可以直接放行。"),)
        ),
        "slip.may_not_issue": ProblemWords(
            409, _("本站不现场核发通行证。"), NO_PASS_MADE, (MAY_GO_ON, APPLY_ELSEWHERE)
        ),
        "slip.other_checkpoint": ProblemWords(
            409,
            _("本设备没有登记在这个检查站点，不能在此核发。"),
            NO_PASS_MADE,
            (_("请改用登记在本站的设备，或请负责人把本设备转到本站后重新办理。"), MAY_GO_ON),
        ),
        "slip.no_kind": ProblemWords(
            409, _("目前没有可以现场核发的通行证。"), NO_PASS_MADE, (MAY_GO_ON, APPLY_ELSEWHERE)
        ),
        "slip.no_body": ProblemWords(
            409,
            _("本站所在地没有可以核发的交通管控与运输保障组。"),
            NO_PASS_MADE,
            (MAY_GO_ON, APPLY_ELSEWHERE),
        ),
        "slip.no_key": ProblemWords(
            409,
            _("系统暂时不能签发本地区的通行证。"),
            NO_PASS_MADE,
            (MAY_GO_ON, _("请告知系统管理员，恢复后再办理。")),
        ),
        "slip.no_number": ProblemWords(
            409, _("本地区的通行证编号已用完。"), NO_PASS_MADE, (MAY_GO_ON, _("请告知系统管理员。"))
        ),
        "slip.too_old": ProblemWords(
            409,
            _("回执在 24 小时之前出具，联网时已过办理时限。"),
            NO_PASS_MADE,
            (_("仍需要通行证的，请重新办理。"), MAY_GO_ON),
        ),
        "slip.code_taken": ProblemWords(
            409, _("这个回执编号已经用过。"), NOTHING_CHANGED, (_("请用新的回执编号重新提交。"),)
        ),
    }
)
register_fields(
    {
        "slip.code_malformed": _("回执编号不正确，应如 K7QM-0012-T，末位为校验位。"),
        "slip.nobody": _("驾驶员身份证号后四位和手机号，至少填写一项。"),
        "destination.unknown": _("请选择终点所在的县（市、区）。"),
    }
)
