"""The words of pass books."""

from foundation.i18n import lazy_gettext as _
from foundation.words import NOTHING_CHANGED, ProblemWords, register_problems

register_problems(
    {
        "pass_book.not_yet": ProblemWords(
            404,
            _("本站点的离线通行证册还没有生成。"),
            NOTHING_CHANGED,
            (_("几分钟后会自动重试；在此之前请扫描二维码查验。"),),
        ),
        "pass_book.devices_only": ProblemWords(
            403, _("离线通行证册只发给登记在检查站点的设备。"), NOTHING_CHANGED, (_("请在扫码设备上使用。"),)
        ),
    }
)
