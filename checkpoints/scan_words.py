"""The words of the pages about scans: figures of a checkpoint, passes seen where they cannot be, shifts, prints."""

from checkpoints.rules import Means
from foundation.i18n import lazy_gettext as _
from foundation.words import NOTHING_CHANGED, ProblemWords, register_problems

MEANS_WORDS = {
    Means.CAMERA: _("摄像头扫描"),
    Means.PICTURE: _("照片识读"),
    Means.TYPED: _("输入编号或车牌"),
    Means.BOOK: _("离线通行证册查询"),
    Means.ADDRESS: _("打开网址"),
    Means.PLATE: _("仅记车牌"),
}
FLAG_WORDS = {
    "clock_off": _("设备时钟不准"),
    "other_checkpoint": _("在其他站点记录"),
    "token_revoked": _("设备吊销前记录"),
    "token_expired": _("设备凭据到期后上传"),
}
RULE_WORDS = {
    "too_fast": _("两处查验间隔太短"),
    "two_plates": _("一证出现在两辆车上"),
    "after_surrender": _("停用后仍在使用"),
}
RULE_EXPLAINED = {
    "too_fast": _(
        "同一通行证在两个检查站点先后扫描，任何货车都不可能在这段时间里从一处到另一处，可能有复印件在用。"
    ),
    "two_plates": _("同一通行证在不同地点被不同的车辆出示，一处的车牌与证不符。"),
    "after_surrender": _("通行证已交回、挂失或换发，旧证之后又在检查站点出示。"),
}
SETTLING_LABELS = {"note": _("核实情况和处理意见"), "unwatch": _("解除提醒")}
COUNT_WORDS = {
    "scans": _("查验"),
    "green": _("有效"),
    "amber": _("核对"),
    "red": _("无效"),
    "blue": _("无证"),
    "passed": _("放行"),
    "turned_back": _("劝返"),
    "held": _("暂扣等候"),
    "offline": _("离线查验"),
}
ONLY_WORDS = {
    "passed": _("已放行"),
    "turned_back": _("已劝返"),
    "held": _("已暂扣等候"),
    "none": _("未记录处置"),
    "refused": _("应放行而劝返或暂扣"),
    "offline": _("离线查验"),
    "corrected": _("服务器复核不同"),
    "flagged": _("带标记的记录"),
    "weak": _("二维码印刷偏弱"),
}
ADVICE_WORDS = {
    "good": _("印刷清晰，不必改动。"),
    "sometimes": _("部分二维码偏弱：检查打印机墨粉和设置，不用省墨模式，不缩小打印。"),
    "often": _("多数问题出在打印：更换墨粉或打印机，用白色厚纸、实际尺寸打印，并提醒持证人重印。"),
    "few": _("次数太少，暂不判断。"),
}
register_problems(
    {
        "device.revoked": ProblemWords(
            403,
            _("设备已吊销，吊销之后的记录没有收下。"),
            _("注销之前的记录照常收下。"),
            (_("请站点负责人重新登记设备，并把这些车辆的处置补记在查验页面。"),),
        ),
        "sighting.settled": ProblemWords(
            409,
            _("这条异常已由他人处理。"),
            NOTHING_CHANGED,
            (_("刷新页面查看处理结果。"),),
        ),
    }
)
