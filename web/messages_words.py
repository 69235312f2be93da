"""The words of the outbox: states, channels, what is done with a message, and what went wrong with it."""

from collections.abc import Mapping
from typing import Any

from foundation.i18n import lazy_gettext as _
from foundation.outbox import Channel, MessageAction, MessageState

CHANNEL_WORDS = {Channel.EMAIL: _("电子邮件"), Channel.SMS: _("短信")}
MESSAGE_STATE_WORDS = {
    MessageState.FAILED: _("失败"),
    MessageState.UNKNOWN: _("不确定"),
    MessageState.QUEUED: _("待发"),
    MessageState.SENDING: _("发送中"),
    MessageState.HELD: _("排队（通知）"),
    MessageState.SENT: _("已发"),
    MessageState.CAUGHT: _("截留"),
    MessageState.STOPPED: _("已停止"),
}
"""In the order of what an administrator looks at first."""
MESSAGE_STATE_TONES = {
    MessageState.FAILED: "bad",
    MessageState.UNKNOWN: "warn",
    MessageState.QUEUED: "info",
    MessageState.SENDING: "progress",
    MessageState.HELD: "idle",
    MessageState.SENT: "good",
    MessageState.CAUGHT: "idle",
    MessageState.STOPPED: "off",
}
MESSAGE_STATE_HINTS = {
    MessageState.FAILED: _("对方拒收，或一天内多次未能送出；不会自动再发。排除原因后可重发。"),
    MessageState.UNKNOWN: _(
        "内容已交给对方服务器，但没有收到答复，可能已送达。短信会自动向网关查询回执；邮件由人决定是否重发，重发可能重复。"
    ),
    MessageState.QUEUED: _("等待发送；未成功的按越来越长的间隔重试。非紧急短信 22:00 至次日 7:00 不发。"),
    MessageState.SENDING: _("正在交给对方服务器；超过 5 分钟没有结果的转为“不确定”。"),
    MessageState.HELD: _("属于群发通知，按通知的速度逐步放行。"),
    MessageState.SENT: _("对方服务器已接受。只统计最近 24 小时。"),
    MessageState.CAUGHT: _("没有配置发送服务器，消息只留在本机。只统计最近 24 小时。"),
    MessageState.STOPPED: _("人工停止，未发出。只统计最近 24 小时。"),
}
MESSAGE_ACTION_WORDS = {MessageAction.RESEND: _("重发"), MessageAction.STOP: _("停止")}
ERROR_WORDS: Mapping[str, Any] = {
    "smtp.unreachable": _("邮件服务器连接不上"),
    "smtp.timeout": _("邮件服务器没有响应"),
    "smtp.login": _("邮件服务器拒绝登录"),
    "smtp.no_answer": _("邮件已交出，没有收到答复"),
    "sms.unreachable": _("短信网关连接不上"),
    "sms.no_answer": _("短信已交出，没有收到答复"),
    "sms.strange_answer": _("短信网关的答复无法识别"),
    "sms.401": _("短信网关不认我们的令牌"),
    "sms.403": _("短信网关不认我们的令牌"),
    "sms.429": _("短信网关要求放慢"),
    "sms.not_found": _("短信网关没有收到过"),
    "sms.invalid_number": _("号码不正确"),
    "mail.malformed": _("邮箱地址无法使用"),
    "words.broken": _("消息模板出错"),
    "worker.lost": _("发送时程序中断"),
}
SERVER_SAID = _("%(server)s答复 %(code)s")
SERVERS = {"smtp": _("邮件服务器"), "sms": _("短信网关")}


def error_words(code: str | None) -> str | None:
    """What went wrong last, in words; the code of a server as it is."""
    if code is None:
        return None
    if code in ERROR_WORDS:
        return str(ERROR_WORDS[code])
    server, _dot, said = code.partition(".")
    return str(SERVER_SAID) % {"server": SERVERS.get(server, server), "code": said}
