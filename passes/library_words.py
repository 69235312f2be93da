"""The words of the library: fields, problems, states of papers."""

from foundation.i18n import lazy_gettext as _
from foundation.words import register_fields
from passes.application_words import FIELD_WORDS
from passes.rules.library import Papers

VEHICLE_LABELS = {
    "plate": FIELD_WORDS["plate"],
    "plate_colour": FIELD_WORDS["plate_colour"],
    "words": _("车辆备注"),
    "papers_end_on": _("道路运输证有效期至"),
}
DRIVER_LABELS = {
    "name": _("姓名"),
    "phone": _("手机号"),
    "identity": _("身份证号"),
    "reason": _("查看理由"),
}
ROUTE_LABELS = {**FIELD_WORDS, "name": _("线路名称")}
"""Labels of the forms, for problems that are told away from their field."""
PAPERS_WORDS = {
    Papers.UNKNOWN: _("未填"),
    Papers.GOOD: _("有效"),
    Papers.SOON: _("即将到期"),
    Papers.OVER: _("已到期"),
}
PAPERS_TONES = {Papers.UNKNOWN: "idle", Papers.GOOD: "good", Papers.SOON: "warn", Papers.OVER: "bad"}

register_fields(
    {
        "plate.colour_unsaid": _("请选择车牌颜色：已按车牌列出可能的颜色。"),
        "library.day": _("请按“年-月-日”填写日期。"),
        "library.vehicle_kept": _("车辆库里已有这个车牌和颜色的车。"),
        "library.driver_kept": _("车辆库里已有同名且身份证号后四位相同的驾驶员。"),
        "library.route_kept": _("已有同名的常用线路，请换一个名称。"),
    }
)
