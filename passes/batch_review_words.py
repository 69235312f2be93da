"""The words of deciding batches and of the documents that come of them."""

from foundation.i18n import lazy_gettext as _
from foundation.words import NOTHING_CHANGED, ProblemWords, register_problems
from passes.application_words import EVENT_WORDS
from passes.review_facts import BARRED, CLEAN, WARNED
from passes.rules.moves import ApplicationAction

GROUP_WORDS = {CLEAN: _("无异常"), WARNED: _("有提示"), BARRED: _("有障碍")}
"""How the applications of a batch are sorted by what the rules noticed."""
DONE_WORDS = {
    ApplicationAction.ISSUE: _("核发"),
    ApplicationAction.RETURN: _("退回补正"),
    ApplicationAction.REFUSE: _("不予核发"),
}
BATCH_EVENT_WORDS = {
    "batch:take": _("领取整批"),
    "batch:release": _("整批放回队列"),
    "batch:issue": _("整批核发"),
    "batch:return": _("整批退回补正"),
    "batch:refuse": _("整批不予核发"),
    "batch:retry": _("继续办理"),
    "batch:decided": _("整批办理完毕"),
}
EVENT_WORDS.update(BATCH_EVENT_WORDS)
TRY_AGAIN = _("请稍候再试；多次不成请联系系统管理员。")

register_problems(
    {
        "batch.decided": ProblemWords(
            409, _("这个批次在本单位已全部办结。"), NOTHING_CHANGED, (_("请领取下一件。"),)
        ),
        "batch.not_taken": ProblemWords(
            409, _("这个批次还没有人领取。"), NOTHING_CHANGED, (_("请先领取整批，再办理。"),)
        ),
        "batch.at_work": ProblemWords(
            409,
            _("这个批次正在成批办理。"),
            _("正在办理的不受影响。"),
            (_("请等进度走完，再办理其余的。"),),
        ),
        "batch.nothing_of_it": ProblemWords(
            409,
            _("您手上没有符合所选范围的申请，可能刚刚办完。"),
            NOTHING_CHANGED,
            (_("刷新页面查看最新状态。"),),
        ),
        "batch.no_live_pass": ProblemWords(
            409,
            _("这个批次还没有有效的通行证。"),
            NOTHING_CHANGED,
            (_("核发之后即可打印和发送链接；已过期或已停用的不再列入。"),),
        ),
        "batch.no_phone": ProblemWords(
            409,
            _("这个批次的驾驶员都没有手机号。"),
            NOTHING_CHANGED,
            (_("请显示链接清单，自己发给驾驶员。"),),
        ),
        "batch.given_up": ProblemWords(
            503,
            _("成批办理多次出错，已经停下。"),
            _("停下之前办好的都有效，其余的仍在审核。"),
            (TRY_AGAIN,),
        ),
        "batch.officer_gone": ProblemWords(
            403,
            _("下达这次办理的人员已停用或不再有审核权限。"),
            _("停下之前办好的都有效，其余的仍在审核。"),
            (_("租期过后可由同事接手整批，继续办理。"),),
        ),
        "batch.fault": ProblemWords(
            503, _("系统没能办成这一件，已记录在案。"), _("这件申请没有变动，仍在审核。"), (TRY_AGAIN,)
        ),
        "sheets.given_up": ProblemWords(
            503, _("生成文件多次出错，已经停下。"), _("已生成的部分保留。"), (TRY_AGAIN,)
        ),
        "sheets.removed": ProblemWords(
            410,
            _("文件只保留 7 天，已经删除。"),
            _("通行证不受影响。"),
            (_("需要时可以重新生成。"),),
        ),
    }
)
