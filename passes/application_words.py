"""The words of applying and reviewing: problems, fields, actions, findings."""

from foundation.i18n import lazy_gettext as _
from foundation.words import BACK_AND_MEND, NOTHING_CHANGED, ProblemWords, register_fields, register_problems
from passes.rules.content import MOST_DRIVERS
from passes.rules.moves import ApplicationAction, PassAction

FIELD_WORDS = {
    "plate": _("车牌号"),
    "plate_colour": _("车牌颜色"),
    "goods": _("货物"),
    "goods_words": _("货物说明"),
    "origin": _("起点"),
    "destination": _("终点"),
    "stops": _("途经点"),
    "roads": _("途经道路"),
    "area": _("办理地"),
    "not_before": _("开始时间"),
    "hours": _("有效时长"),
    "drivers": _("驾驶员"),
    "contact_phone": _("联系电话"),
    "replaces": _("换发"),
    "other": _("其他"),
}
DRIVER_WORDS = {"name": _("驾驶员姓名"), "last4": _("驾驶员身份证号后四位"), "phone": _("驾驶员手机号")}
FORM_LABELS = {
    **FIELD_WORDS,
    **{f"drivers.{row}.{name}": words for row in range(MOST_DRIVERS) for name, words in DRIVER_WORDS.items()},
}
"""Labels of the form of an application, for problems that are told away from their field."""
REVIEW_LABELS = {
    "reason": _("原因"),
    "words": _("说明"),
    **{f"notes.{name}": words for name, words in FIELD_WORDS.items()},
    **{f"reason.{action}": _("原因") for action in PassAction},
}
"""Labels of the forms with which an officer decides on an application or a pass."""
ACTION_WORDS = {
    ApplicationAction.SUBMIT: _("提交申请"),
    ApplicationAction.TAKE: _("领取"),
    ApplicationAction.RELEASE: _("放回队列"),
    ApplicationAction.RETURN: _("退回补正"),
    ApplicationAction.ISSUE: _("核发"),
    ApplicationAction.REFUSE: _("不予核发"),
    ApplicationAction.WITHDRAW: _("撤回申请"),
}
EVENT_WORDS = {
    "application:draft": _("开始填写"),
    "application:submit": _("提交申请"),
    "application:edit": _("修改了申请"),
    "application:take": _("开始审核"),
    "application:release": _("放回队列"),
    "application:return": _("退回补正"),
    "application:refuse": _("不予核发"),
    "application:issue": _("核发通行证"),
    "application:withdraw": _("撤回申请"),
    "application:decide": _("按规则即时办结"),
    "pass:issue": _("核发"),
    "pass:amend": _("变更内容"),
    "pass:suspend": _("暂停"),
    "pass:resume": _("恢复"),
    "pass:revoke": _("吊销"),
    "pass:surrender": _("交回/挂失"),
    "pass:supersede": _("被新证替换"),
}
"""The events of a timeline; an event without words here is not shown in one."""
NEXT_WORDS = {
    "draft": _("这是草稿，还没有提交。补全内容后提交。"),
    "submitted": _("已排队等候审核，无须再次提交。审核开始前可以修改或撤回。"),
    "in_review": _("工作人员正在审核，结果会发到站内消息和邮箱。"),
    "returned": _("请按下面的意见修改后重新提交，排队位置保留。"),
    "issued": _("通行证已核发，可下载打印，或把驾驶员链接发给驾驶员。"),
    "refused": _("申请未获核发，原因和办法见下。"),
    "withdrawn": _("申请已撤回。需要时可以重新申请。"),
}
FINDING_WORDS = {
    "clean": _("各项规则均通过，没有发现问题。"),
    "overlap": _("该车辆在此期间已有通行证 %(number)s，申请人没有选择换发，不能核发。"),
    "over": _("申请的有效期已经结束，请退回修改时间。"),
    "faults": _("内容不符合现行规则：%(faults)s"),
    "firm_suspended": _("该企业已被暂停。"),
    "firm_pending": _("该企业尚未通过审核。"),
    "not_needed": _("起讫两地目前都不要求通行证，可以不予核发并说明无需办证。"),
    "other_applications": _("该车辆另有 %(count)s 件申请正在办理。"),
    "soon_over": _("申请的有效期不到 12 小时就要结束。"),
    "replaces": _("核发后原通行证 %(number)s 自动作废（换发）。"),
    "begun": _("申请的开始时间已到，核发后立即生效。"),
    "no_drivers": _("没有填写驾驶员：该证不绑定驾驶员。"),
}

register_problems(
    {
        "application.taken": ProblemWords(
            409,
            _("这件申请正由 %(by)s 审核。"),
            NOTHING_CHANGED,
            (_("请领取下一件；对方 20 分钟没有操作后可以接手。"),),
        ),
        "regime.not_needed": ProblemWords(
            422,
            _("这趟行程不需要通行证，可以直接通行。"),
            _("填写的内容保留在草稿中。"),
            (_("如途中因没有通行证被拦阻，请拨打投诉电话。"),),
            _("起讫两地目前都没有启用通行证。"),
        ),
        "queue.empty": ProblemWords(409, _("现在没有待领取的申请。"), NOTHING_CHANGED, (BACK_AND_MEND,)),
    }
)
register_fields(
    {
        "application.time": _("请按“年-月-日 时:分”填写时间。"),
        "application.has_pass": _(
            "该车辆在此期间已有通行证 %(number)s。请使用原证，或勾选“换发”由新证替换原证。"
        ),
        "application.no_body": _("没有找到受理这类申请的单位，请填写在本省的办理地。"),
        "application.note_missing": _("请至少写一条补正意见。"),
        "area.ambiguous": _("有几个同名的县（市、区），请写全称（如“吉林省长春市朝阳区”）或六位代码。"),
        "list.too_long": _("填写的项目过多。"),
    }
)
