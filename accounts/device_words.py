"""Words of devices: what a phone tells of itself, and the problems of enrolling and of ended tokens."""

from accounts.device_rules import StorageHealth
from foundation.i18n import lazy_gettext as _
from foundation.words import NOTHING_CHANGED, ProblemWords, register_fields, register_problems

HEALTH_WORDS = {
    StorageHealth.FULL: _("存储空间已满"),
    StorageHealth.PRIVATE: _("无痕模式，记录可能丢失"),
    StorageHealth.LOST: _("本地数据曾被清空"),
}
"""What is wrong with the storage of a phone; of one that is well nothing is said."""

register_problems(
    {
        "enrolment.unknown": ProblemWords(
            404,
            _("登记码不能使用。"),
            NOTHING_CHANGED,
            (_("登记码 10 分钟内有效，只能用一次；请核对，或请检查站人员重新生成。"),),
        ),
        "token.revoked": ProblemWords(
            401,
            _("这台设备已被吊销。"),
            _("吊销之前的查验记录仍可上传。"),
            (_("请与检查站负责人联系；继续使用须重新登记。"),),
        ),
        "token.expired": ProblemWords(
            401,
            _("这台设备的登记已到期。"),
            _("未上传的查验记录仍可上传。"),
            (_("请检查站人员重新登记这台设备。"),),
        ),
        "checkpoint.foreign": ProblemWords(
            403,
            _("登记这台设备的人员不负责该检查站点。"),
            _("设备仍登记在原检查站点。"),
            (_("可以继续查验，记录会注明所在站点；请本站人员重新登记，或请负责人处理。"),),
        ),
        "device.checkpoint_gone": ProblemWords(
            409,
            _("设备登记的检查站点已不存在。"),
            _("已上传的记录不受影响。"),
            (_("请在设备上改选检查站点，或重新登记。"),),
        ),
        "device.codes_used_up": ProblemWords(
            409,
            _("没有找到空闲的设备代号。"),
            NOTHING_CHANGED,
            (_("请再试一次；仍不成功请与管理员联系。"),),
        ),
    }
)
register_fields({"checkpoint.not_there": _("没有这个检查站点。")})
