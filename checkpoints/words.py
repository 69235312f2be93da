"""The words of the checkpoints room: problems, actions, reasons, and what the national rule lets an officer do."""

from checkpoints.rules import RefusalReason, RoadsideAction, Standing
from foundation.i18n import lazy_gettext as _
from foundation.words import BACK_AND_MEND, NOTHING_CHANGED, ProblemWords, register_fields, register_problems

ACTION_WORDS = {
    RoadsideAction.PASSED: _("放行"),
    RoadsideAction.TURNED_BACK: _("劝返"),
    RoadsideAction.HELD: _("暂扣等候"),
    RoadsideAction.UNDONE: _("撤销处置"),
}
REASON_WORDS = {
    RefusalReason.NO_TEST: _("司乘人员无有效核酸检测证明，且拒绝当场检测"),
    RefusalReason.HEALTH_CODE: _("司乘人员健康码或行程码异常"),
    RefusalReason.FEVER: _("司乘人员体温异常"),
    RefusalReason.DRIVER_DIFFERS: _("驾驶员与证件登记不符"),
    RefusalReason.GOODS_DIFFER: _("所运货物与证件不符"),
    RefusalReason.LENT_PASS: _("疑似转借、冒用证件"),
    RefusalReason.UNSAFE_VEHICLE: _("车辆超限超载或有安全隐患"),
    RefusalReason.ROAD_CLOSED: _("前方道路因事故、天气等中断"),
    RefusalReason.LOCAL_ORDER: _("按本地要求（不属于全国统一规定的理由）"),
    RefusalReason.LACKS_PASS: _("没有通行证（不属于全国统一规定的理由）"),
    RefusalReason.OTHER: _("其他原因"),
}
MAY_WORDS = {
    Standing.GOOD: _("应当优先放行。非因防疫或安全原因，不得劝返或暂扣。"),
    Standing.CHECK: _("核对车牌、驾驶员和货物，相符即可放行；不得仅因本提示劝返。"),
    Standing.NOT_VALID: _("此证不能作为通行依据，请电话核实；车辆本身符合防疫要求的，仍可放行。"),
    Standing.LIKE_NO_PASS: _("按无证车辆处理：符合防疫要求的应当放行，不得以证件为由劝返。"),
    Standing.NO_PASS: _("符合防疫要求的应当放行，任何地方不得仅因没有通行证劝返。"),
}
"""What the officer may and may not do, by the national rule (see `checkpoints.rules`)."""

GOOD_BUT_PLATE_UNSEEN = _("签名、日期、状态和线路均相符，车牌未核对。")
GOOD_AWAY_FROM_ROAD = _("此证真实、在有效期内、未被停用。")
"""Said instead of the words of `valid` where the plate, or on the public page the route, was not compared."""
WATCHED = _("劝返或暂扣这辆车将立即报告省级专班，并自动生成热线工单。")
KIND_WORDS = {"province_border": _("省界"), "city_exit": _("城市出入口")}
DIRECTION_WORDS = {"inbound": _("入方向"), "outbound": _("出方向"), "both": _("双向")}
PLATE_SEEN_WORDS = {"matches": _("相符"), "differs": _("不符"), "unknown": _("未核对")}
NOT_READ = _("未读出")

TRY_AGAIN = _("请核对后重新输入。")
SYNC_CLOCK = _("请校准设备时间后再上传；原记录仍保存在设备上。")
register_problems(
    {
        "check_code.locked": ProblemWords(
            429,
            _("输错校验码的次数过多，该编号或车牌已锁定一小时。"),
            NOTHING_CHANGED,
            (_("请一小时后再试，或请持证人出示二维码。"),),
        ),
        "check_code.no_match": ProblemWords(
            404,
            _("编号或车牌与校验码不相符。"),
            _("连续输错五次将锁定一小时。"),
            (_("校验码是证上二维码旁的六位字母和数字，请对照纸质证件重新输入。"),),
        ),
        "event_conflict": ProblemWords(
            409,
            _("同一事件编号已收到过不同的内容。"),
            _("保留先收到的内容。"),
            (_("请升级扫描程序后重新记录。"),),
        ),
        "event.too_old": ProblemWords(
            422, _("事件时间早于 90 天前，没有收下。"), NOTHING_CHANGED, (SYNC_CLOCK,)
        ),
        "event.ahead": ProblemWords(
            422, _("事件时间晚于现在一天以上，没有收下。"), NOTHING_CHANGED, (SYNC_CLOCK,)
        ),
        "event.backwards": ProblemWords(
            422, _("事件的最早时间晚于最晚时间，没有收下。"), NOTHING_CHANGED, (SYNC_CLOCK,)
        ),
        "action.undo_too_late": ProblemWords(
            409, _("处置超过两分钟，不能撤销。"), _("原处置保留。"), (_("如需更正，请重新查验并记录处置。"),)
        ),
        "action.undo_of_undo": ProblemWords(
            409, _("撤销本身不能再撤销。"), NOTHING_CHANGED, (_("请重新记录处置。"),)
        ),
        "action.other_scan": ProblemWords(
            409, _("撤销的处置不属于这次查验。"), NOTHING_CHANGED, (_("请刷新页面后重试。"),)
        ),
        "checkpoint.not_chosen": ProblemWords(
            409, _("还没有选择检查站点。"), NOTHING_CHANGED, (_("请先选择您所在的检查站点。"),)
        ),
        "verdict.what": ProblemWords(
            422,
            _("请给出二维码内容、通行证编号或车牌其中一项。"),
            NOTHING_CHANGED,
            (BACK_AND_MEND,),
        ),
        "photo.missing": ProblemWords(
            422, _("请输入编号或车牌，或选择一张照片。"), NOTHING_CHANGED, (TRY_AGAIN,)
        ),
    }
)
register_fields(
    {
        "checkpoint.unknown": _("没有这个检查站点。"),
        "number.unknown": _("没有核发过这个编号，请核对数字，或改输眼前车辆的车牌。"),
        "number.digits": _("通行证编号应为 12 位数字。"),
        "event.kind": _("事件类型应为 scan、action 或 shift。"),
        "event.level_differs": _("结论颜色与结论代码不一致。"),
        "event.reason_missing": _("原因列表应包含结论代码。"),
        "action.undoes_missing": _("撤销时须指明被撤销的处置；其他处置不得填写。"),
        "events.count": _("每次上传 1 至 1000 条。"),
    }
)
