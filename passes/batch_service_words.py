"""The words of batches as their sender sees them: states, outcomes of rows, what rows are told, problems."""

from foundation.i18n import lazy_gettext as _
from foundation.words import NOTHING_CHANGED, ProblemWords, register_fields, register_problems
from passes.rules.batches import BatchState, RowState

BATCH_STATE_WORDS = {
    BatchState.READING: _("读取中"),
    BatchState.UNREADABLE: _("无法读取"),
    BatchState.READY: _("待确认"),
    BatchState.ACCEPTING: _("接受中"),
    BatchState.ACCEPTED: _("已接受"),
    BatchState.DISCARDED: _("已放弃"),
}
ROW_STATE_WORDS = {
    RowState.GOOD: _("通过"),
    RowState.BAD: _("不通过"),
    RowState.LEFT_OUT: _("不提交"),
    RowState.ACCEPTED: _("已接受"),
}
BATCH_STATE_TONES = {
    BatchState.READING: "progress",
    BatchState.UNREADABLE: "bad",
    BatchState.READY: "warn",
    BatchState.ACCEPTING: "progress",
    BatchState.ACCEPTED: "good",
    BatchState.DISCARDED: "off",
}
ROW_STATE_TONES = {
    RowState.GOOD: "good",
    RowState.BAD: "bad",
    RowState.LEFT_OUT: "off",
    RowState.ACCEPTED: "info",
}

register_fields(
    {
        "batch.no_file": _("请选择要上传的表格文件。"),
        "batch.same_vehicle": _("与第 %(rows)s 行是同一辆车，时间重叠；一辆车同一时间只办一个证。"),
        "batch.already_sent": _("同样内容的申请已经提交过（受理回执 %(slip)s），不再重复提交。"),
        "batch.open_application": _("这辆车同一线路的申请 %(slip)s 还在办理，请在原申请上修改。"),
        "batch.not_needed": _("这趟行程不需要通行证，可以直接通行。"),
        "batch.held_elsewhere": _(
            "这辆车在此期间已有别人申领的通行证（至 %(until)s），能否核发由发证单位核实。"
        ),
    }
)
register_problems(
    {
        "batch.unread": ProblemWords(
            503,
            _("读取多次出错，已经停下。"),
            NOTHING_CHANGED,
            (_("请重新上传；仍然不行请联系系统管理员。"),),
        ),
        "batch.stopped": ProblemWords(
            503,
            _("接受多次出错，已经停下。"),
            _("停下之前生成的申请都有效，其余通过的行还在这里。"),
            (_("请再次接受；多次不成请联系系统管理员。"),),
        ),
        "batch.nothing_issued": ProblemWords(
            409, _("这一批还没有核发的通行证。"), NOTHING_CHANGED, (_("核发后即可从这里下载打印。"),)
        ),
        "batch.file_missing": ProblemWords(
            503,
            _("服务器上没有找到这个文件。"),
            NOTHING_CHANGED,
            (_("请重新上传；仍然不行请联系系统管理员。"),),
        ),
        "batch.nothing_good": ProblemWords(
            409,
            _("这一批没有可以接受的行（%(bad)s 行不通过）。"),
            NOTHING_CHANGED,
            (_("请先修改不通过的行，或改好表格后重新上传。"),),
        ),
    }
)
