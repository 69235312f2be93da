"""Words of webhooks: kinds of events, states of deliveries, problems."""

from accounts.webhook_rules import DeliveryState, WebhookKind
from foundation.i18n import lazy_gettext as _
from foundation.words import ProblemWords, register_fields, register_problems

KIND_WORDS = {
    WebhookKind.PING: _("测试"),
    WebhookKind.APPLICATION_RETURNED: _("申请退回补正"),
    WebhookKind.APPLICATION_ISSUED: _("申请已核发"),
    WebhookKind.APPLICATION_REFUSED: _("申请不予核发"),
    WebhookKind.PASS_SUSPENDED: _("通行证暂停"),
    WebhookKind.PASS_RESUMED: _("通行证恢复"),
    WebhookKind.PASS_REVOKED: _("通行证吊销"),
    WebhookKind.PASS_SURRENDERED: _("通行证交回"),
    WebhookKind.PASS_SUPERSEDED: _("通行证换发"),
    WebhookKind.PASS_AMENDED: _("通行证变更"),
    WebhookKind.BATCH_READ: _("批次读取完毕"),
    WebhookKind.BATCH_ACCEPTED: _("批次已提交"),
    WebhookKind.BATCH_DECIDED: _("批次审核完毕"),
}
STATE_WORDS = {
    DeliveryState.QUEUED: _("等待发送"),
    DeliveryState.DELIVERED: _("已送达"),
    DeliveryState.GIVEN_UP: _("已放弃"),
}
PROBLEM_WORDS = {
    "webhook.timeout": _("对方 15 秒内没有应答"),
    "webhook.private_address": _("地址指向内部网络，未发送"),
    "webhook.unreachable": _("连接不上对方服务器"),
}

register_problems(
    {
        "webhook.too_many": ProblemWords(
            409,
            _("推送地址已有 %(most)s 个，不能再加。"),
            _("现有地址不受影响。"),
            (_("先删除不用的地址，再添加新的。"),),
        ),
        "webhook.paused": ProblemWords(
            409, _("该地址已暂停。"), _("没有发送任何内容。"), (_("先恢复推送，再发送测试。"),)
        ),
    }
)
register_fields(
    {
        "webhook.url": _("请填写完整地址，例如 https://example.com/changtong"),
        "webhook.https": _("地址必须以 https:// 开头"),
        "webhook.port": _("只能使用 80 或 443 端口"),
    }
)
