"""The words of notices."""

from foundation.i18n import lazy_gettext as _
from passes.rules.notices import NoticeAction, NoticeState

NOTICE_STATE_WORDS = {
    NoticeState.DRAFT: _("草稿"),
    NoticeState.SENDING: _("发送中"),
    NoticeState.PAUSED: _("已暂停"),
    NoticeState.SENT: _("已发完"),
    NoticeState.STOPPED: _("已停止"),
}
NOTICE_STATE_TONES = {
    NoticeState.DRAFT: "idle",
    NoticeState.SENDING: "progress",
    NoticeState.PAUSED: "warn",
    NoticeState.SENT: "good",
    NoticeState.STOPPED: "off",
}
NOTICE_ACTION_WORDS = {
    NoticeAction.START: _("开始发送"),
    NoticeAction.PAUSE: _("暂停"),
    NoticeAction.RESUME: _("继续"),
    NoticeAction.STOP: _("停止"),
}
NOTICE_DONE_WORDS = {
    NoticeAction.START: _("通知已开始发送，可以离开此页。"),
    NoticeAction.PAUSE: _("通知已暂停，未放行的消息不会发出。"),
    NoticeAction.RESUME: _("通知继续发送。"),
    NoticeAction.STOP: _("通知已停止，未发出的消息不再发出。"),
}
NOTICE_LABELS = {
    "area": _("地区"),
    "category": _("货物类别"),
    "subject": _("标题"),
    "words": _("内容"),
    "per_minute": _("速度"),
}
PACE_WORDS = _("每分钟 %(count)s 条")
MESSAGE_GROUPS = (
    (_("未放行"), ("held",)),
    (_("待发"), ("queued", "sending")),
    (_("已发"), ("sent", "caught")),
    (_("不确定"), ("unknown",)),
    (_("失败"), ("failed",)),
    (_("已停止"), ("stopped",)),
)
"""What the page of a notice tells of its messages: words, and the states of the outbox they stand for."""
CHANNELS = (("inbox", _("站内消息")), ("email", _("电子邮件")), ("sms", _("短信")))
