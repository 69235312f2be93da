"""The words of the accounts room: roles, states, problems."""

from accounts.permissions import Permission, Role
from accounts.rules import FirmAction, FirmState
from foundation.i18n import lazy_gettext as _
from foundation.words import NOTHING_CHANGED, ProblemWords, register_fields, register_problems

ROLE_WORDS = {
    Role.APPLICANT: _("申请人"),
    Role.FIRM_LEAD: _("企业管理员"),
    Role.ISSUING_OFFICER: _("发证人员"),
    Role.CONTROL_OFFICER: _("交通管控人员"),
    Role.CHECKPOINT_STAFF: _("检查站人员"),
    Role.CHECKPOINT_LEAD: _("检查站负责人"),
    Role.OPERATOR: _("热线接线员"),
    Role.LIAISON: _("联络员"),
    Role.INSPECTOR: _("核查人员"),
    Role.COMMAND: _("指挥"),
    Role.ADMINISTRATOR: _("管理员"),
}
FIRM_ROLE_WORDS = {
    Role.APPLICANT: _("经办人"),
    Role.FIRM_LEAD: _("企业管理员"),
}
"""Roles as the people of a firm call them among each other."""
FIRM_ROLE_HINTS = {
    Role.APPLICANT: _("申请、查看、打印和交回本企业的通行证。"),
    Role.FIRM_LEAD: _("除经办人的权限外，管理成员、邀请、接口令牌和消息推送。"),
}
SCOPE_WORDS = {
    Permission.FIRM_READ: _("查询"),
    Permission.APPLICATION_APPLY: _("申请"),
    Permission.PASS_SURRENDER: _("交回"),
    Permission.PASS_READ: _("读取通行证"),
    Permission.PASS_LOOK_UP: _("查验通行证"),
}
SCOPE_HINTS = {
    Permission.FIRM_READ: _("读取本企业的申请、通行证和打印文件。"),
    Permission.APPLICATION_APPLY: _("提交和修改申请，包括批量提交。"),
    Permission.PASS_SURRENDER: _("交回不再需要的通行证。"),
    Permission.PASS_READ: _("读取通行证的内容和状态。"),
    Permission.PASS_LOOK_UP: _("按编号或二维码查验是否有效。"),
}
"""What a program may do with each scope of a token, and in a sentence."""
FIRM_STATE_WORDS = {
    FirmState.PENDING: _("待审批"),
    FirmState.APPROVED: _("正常"),
    FirmState.SUSPENDED: _("已停用"),
}
FIRM_STATE_TONES = {FirmState.PENDING: "info", FirmState.APPROVED: "good", FirmState.SUSPENDED: "bad"}
FIRM_ACTION_WORDS = {
    FirmAction.APPROVE: _("批准"),
    FirmAction.SUSPEND: _("停用"),
    FirmAction.RESUME: _("恢复"),
}
LOCALE_WORDS = {"zh": "中文", "en": "English"}
"""Each language in itself, so that who reads only that one finds it."""

FIELD_LABELS = {
    "login": _("登录名"),
    "password": _("密码"),
    "password_again": _("再输入一次密码"),
    "current": _("当前密码"),
    "code": _("代码"),
    "name": _("姓名"),
    "phone": _("联系电话"),
    "email": _("电子邮箱"),
    "locale": _("界面语言"),
    "firm_name": _("企业名称"),
    "credit_code": _("统一社会信用代码"),
    "identity_number": _("身份证号"),
    "area": _("所在县（市、区）"),
    "body": _("单位"),
    "roles": _("角色"),
    "checkpoint_code": _("检查站编号"),
    "days": _("有效天数"),
    "role": _("角色"),
    "scopes": _("权限"),
    "reason": _("理由"),
}
"""Labels of the fields of this room's forms, for problems that are told away from their field."""

register_problems(
    {
        "login.needed": ProblemWords(401, _("请先登录。"), NOTHING_CHANGED, (_("登录后再试一次。"),)),
        "login.wrong": ProblemWords(
            401,
            _("登录名或密码不正确。"),
            NOTHING_CHANGED,
            (_("请核对后重试；忘记密码可以用一次性代码重设。"),),
        ),
        "login.locked": ProblemWords(
            429,
            _("尝试次数过多，已暂停登录。"),
            NOTHING_CHANGED,
            (_("请 %(minutes)s 分钟后再试。"),),
        ),
        "login.second_step_needed": ProblemWords(
            403, _("还需要完成第二步验证。"), NOTHING_CHANGED, (_("请输入验证器中的六位数字。"),)
        ),
        "login.second_step_wrong": ProblemWords(
            401,
            _("验证码不正确，或者已经用过。"),
            NOTHING_CHANGED,
            (_("请等待验证器显示下一组数字，再输入。"),),
        ),
        "permission.missing": ProblemWords(
            403,
            _("您的账户没有这项权限。"),
            NOTHING_CHANGED,
            (_("如果工作需要，请联系本单位管理员开通。"),),
        ),
        "password.wrong": ProblemWords(
            401, _("当前密码不正确。"), NOTHING_CHANGED, (_("请核对后重新输入当前密码。"),)
        ),
        "totp.on": ProblemWords(
            409, _("第二步验证已经开启。"), NOTHING_CHANGED, (_("如需更换，请先关闭再开启。"),)
        ),
        "totp.required": ProblemWords(
            409,
            _("管理员要求您的账户使用第二步验证，不能关闭。"),
            NOTHING_CHANGED,
            (_("更换手机请联系本单位管理员重置。"),),
        ),
        "token.refused": ProblemWords(
            401, _("令牌无效、已过期或已吊销。"), NOTHING_CHANGED, (_("请向管理员领取新的令牌。"),)
        ),
        "token.too_many": ProblemWords(
            409,
            _("可用的令牌已有 %(most)s 个，不能再增加。"),
            NOTHING_CHANGED,
            (_("请先吊销不用的令牌。"),),
        ),
        "firm.last_lead": ProblemWords(
            409,
            _("这是本企业唯一的企业管理员，不能移出，也不能改为其他角色。"),
            NOTHING_CHANGED,
            (_("请先把另一位同事设为企业管理员。"),),
        ),
        "invitation.gone": ProblemWords(
            404,
            _("这个邀请不能使用。"),
            NOTHING_CHANGED,
            (_("邀请 7 天内有效，只能用一次，企业可以随时撤销；请向企业管理员要一个新的邀请。"),),
        ),
        "invitation.too_many": ProblemWords(
            409,
            _("本企业 7 天内已发出 %(most)s 个邀请，不能再增加。"),
            NOTHING_CHANGED,
            (_("已发出的邀请仍然有效；请过几天再邀请其他同事。"),),
        ),
        "code.wrong": ProblemWords(
            422,
            _("登录名或一次性代码不正确，或者代码已失效。"),
            NOTHING_CHANGED,
            (_("代码 15 分钟内有效，只能用一次；输错 5 次即失效，请重新获取。"),),
        ),
        "person.not_oneself": ProblemWords(
            409, _("不能对自己的账户进行此操作。"), NOTHING_CHANGED, (_("请由另一位管理员办理。"),)
        ),
    }
)
register_fields(
    {
        "login.format": _("登录名为 3 至 64 位小写字母、数字或 . _ - @，以字母或数字开头。"),
        "login.taken": _("该登录名已被使用，请换一个。"),
        "password.too_short": _("密码至少 %(least)s 位。"),
        "password.holds_login": _("密码不能包含登录名。"),
        "password.common": _("这个密码太常见，请换一个。"),
        "password.not_same": _("两次输入的密码不一致。"),
        "phone.format": _("请填写有效的电话号码。"),
        "email.format": _("请填写有效的电子邮箱。"),
        "credit_code.wrong": _("统一社会信用代码不正确，请核对 18 位代码。"),
        "credit_code.registered": _("该企业已经登记，请用企业已有的账户登录。"),
        "identity.wrong": _("身份证号不正确，请核对 18 位号码。"),
        "area.unknown": _("没有找到这个县（市、区）；请填六位代码，或带上级名称，如“长春市南关区”。"),
        "body.unknown": _("请从列出的单位中选择。"),
        "checkpoint.needed": _("检查站人员必须填写检查站编号。"),
        "checkpoint.format": _("检查站编号为大写字母和数字，如 CP001。"),
        "checkpoint.foreign": _("只能登记本检查站的设备。"),
        "role.needed": _("至少选择一个角色。"),
        "scope.needed": _("至少选择一项权限。"),
        "code.format": _("请填写数字代码。"),
        "totp.wrong": _("验证码不正确，请用验证器中的最新数字。"),
    }
)
