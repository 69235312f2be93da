"""The words of the counter, and of the channels by which applications come."""

from foundation.i18n import lazy_gettext as _
from foundation.words import register_fields
from passes.application_words import EVENT_WORDS, FORM_LABELS
from passes.rules.counter import Document

CHANNEL_WORDS = {
    "online": _("网上"),
    "api": _("接口"),
    "counter": _("窗口"),
    "roadside": _("现场"),
    "command_line": _("后台"),
}
DOCUMENT_WORDS = {
    Document.IDENTITY_CARD: _("居民身份证"),
    Document.DRIVING_LICENCE: _("驾驶证"),
    Document.VEHICLE_LICENCE: _("行驶证"),
    Document.BUSINESS_LICENCE: _("营业执照"),
}
HANDOVER_LABELS = {
    "handed_to": _("领取人"),
    "document": _("查验的证件"),
    "document_last4": _("证件号后四位"),
}
COUNTER_LABELS = {**FORM_LABELS, **HANDOVER_LABELS, "holder_name": _("持证人")}
"""Labels of the form of the counter, for problems that are told away from their field."""
EVENT_WORDS.update({"pass:print": _("打印"), "pass:hand_over": _("交付")})

register_fields({"document.last4": _("请填写证件号的最后四位（数字或字母）。")})
