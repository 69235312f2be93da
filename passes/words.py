"""The words of the passes room: problems, states, reasons, verdicts."""

from foundation.i18n import lazy_gettext as _
from foundation.words import BACK_AND_MEND, NOTHING_CHANGED, ProblemWords, register_fields, register_problems
from passes.rules import (
    ApplicationState,
    PassAction,
    PassReason,
    PassState,
    PlateColour,
    RefuseReason,
    VerdictCode,
)

STATE_WORDS = {
    ApplicationState.DRAFT: _("草稿"),
    ApplicationState.SUBMITTED: _("已提交"),
    ApplicationState.IN_REVIEW: _("审核中"),
    ApplicationState.RETURNED: _("退回补正"),
    ApplicationState.ISSUED: _("已核发"),
    ApplicationState.REFUSED: _("不予核发"),
    ApplicationState.WITHDRAWN: _("已撤回"),
}
PASS_STATE_WORDS = {
    PassState.LIVE: _("有效"),
    PassState.SUSPENDED: _("已暂停"),
    PassState.REVOKED: _("已吊销"),
    PassState.SURRENDERED: _("已交回"),
    PassState.SUPERSEDED: _("已换发"),
}
EXPIRED = _("已过期")
PASS_ACTION_WORDS = {
    PassAction.SUSPEND: _("暂停"),
    PassAction.RESUME: _("恢复"),
    PassAction.REVOKE: _("吊销"),
    PassAction.SURRENDER: _("交回/挂失"),
}
PASS_REASON_WORDS = {
    PassReason.MISUSE: _("违规使用"),
    PassReason.FALSE_DATA: _("申请信息不实"),
    PassReason.HOLDER_REQUEST: _("持证人申请"),
    PassReason.POLICY_CHANGE: _("政策调整"),
    PassReason.ISSUED_IN_ERROR: _("核发有误"),
    PassReason.LOST: _("遗失"),
}
REFUSE_WORDS = {
    RefuseReason.FALSE_DATA: _("申请信息不实"),
    RefuseReason.NOT_KEY_GOODS: _("所运货物不属于重点物资"),
    RefuseReason.WRONG_BODY: _("不属本单位受理范围"),
    RefuseReason.NO_ANSWER: _("联系不上申请人，无法核实"),
    RefuseReason.NOT_NEEDED: _("该行程无需通行证"),
    RefuseReason.VEHICLE_BARRED: _("车辆存在违规记录，暂停受理"),
}
REFUSE_NEXT = {
    RefuseReason.FALSE_DATA: _("请按实际情况重新填写并申请。"),
    RefuseReason.NOT_KEY_GOODS: _("符合通行条件的车辆无证也可通行；如对货物类别有异议，请电话联系发证单位。"),
    RefuseReason.WRONG_BODY: _("请重新申请并核对货物类别和所在县（市、区），系统会转到对应单位。"),
    RefuseReason.NO_ANSWER: _("请核对联系电话后重新申请，并保持电话畅通。"),
    RefuseReason.NOT_NEEDED: _("该行程可直接通行，无需再申请。"),
    RefuseReason.VEHICLE_BARRED: _("请电话联系发证单位说明情况。"),
}
COLOUR_WORDS = {
    PlateColour.BLUE: _("蓝牌"),
    PlateColour.YELLOW: _("黄牌"),
    PlateColour.GREEN: _("绿牌（小型新能源）"),
    PlateColour.YELLOW_GREEN: _("黄绿牌（大型新能源）"),
    PlateColour.WHITE: _("白牌"),
    PlateColour.BLACK: _("黑牌"),
}
SEAL_STATE_WORDS = {"pending": _("待批准"), "current": _("使用中"), "retired": _("已停用")}
LEVEL_WORDS = {"green": _("有效"), "amber": _("核对"), "red": _("无效"), "blue": _("无证")}
VERDICT_WORDS = {
    VerdictCode.MALFORMED: _("二维码内容不是通行证。"),
    VerdictCode.NOT_CANONICAL: _("二维码内容被改动过。"),
    VerdictCode.KEY_REVOKED: _("签发密钥已作废，该证不再可信。"),
    VerdictCode.BAD_SIGNATURE: _("签名不符，疑为伪造。"),
    VerdictCode.NEVER_ISSUED: _("没有核发过这个编号。"),
    VerdictCode.SUPERSEDED: _("该证已被新证替换，请出示新证。按无证处理，不得以此为由劝返。"),
    VerdictCode.REVOKED: _("该证已被吊销。"),
    VerdictCode.SUSPENDED: _("该证已被暂停使用。"),
    VerdictCode.SURRENDERED: _("该证已交回或挂失。按无证处理，不得以此为由劝返。"),
    VerdictCode.NOT_YET_VALID: _("尚未到有效期。"),
    VerdictCode.EXPIRED: _("已过有效期。按无证处理，不得以此为由劝返。"),
    VerdictCode.PLATE_MISMATCH: _("车牌与证件不符。"),
    VerdictCode.UNKNOWN_ISSUER: _("发证地区不在信任列表中，请人工核对。"),
    VerdictCode.UNKNOWN_KEY: _("签发密钥不在信任列表中。"),
    VerdictCode.NO_LIST: _("没有该发证地区的状态名单，只能核对签名和日期。"),
    VerdictCode.ISSUED_AFTER_LAST_SYNC: _("核发时间晚于本机最近一次同步。"),
    VerdictCode.CLOCK_UNTRUSTED: _("本机时间不可信，请核对日期。"),
    VerdictCode.NEAR_EDGE: _("临近有效期起止时间。"),
    VerdictCode.LIST_OLD: _("状态名单已超过 24 小时未更新。"),
    VerdictCode.LIST_VERY_OLD: _("状态名单已超过 72 小时未更新。"),
    VerdictCode.OFF_ROUTE: _("本站不在该证线路上，请询问原因，不得仅以此为由劝返。"),
    VerdictCode.SEEN_ELSEWHERE: _("该证同时在别处出现过，请核对车辆。"),
    VerdictCode.VALID: _("签名、日期、状态、车牌和线路均相符。"),
    VerdictCode.NO_PASS: _("没有通行证。符合防疫要求的车辆不得仅因无证劝返。"),
}

CALL_BODY = _("如有疑问，请电话联系发证单位。")
ASK_ADMINISTRATOR = _("请联系系统管理员。")
register_problems(
    {
        "pass.overlap": ProblemWords(
            409,
            _("该车辆在此期间已有通行证 %(number)s。"),
            _("没有核发新证，原证不受影响。"),
            (_("请使用原证，或申请换发（新证生效时原证自动作废）。"),),
        ),
        "pass.not_of_this_vehicle": ProblemWords(
            409, _("要换发的通行证 %(number)s 不属于这辆车。"), NOTHING_CHANGED, (BACK_AND_MEND,)
        ),
        "kind.unknown": ProblemWords(422, _("没有这种通行证。"), NOTHING_CHANGED, (BACK_AND_MEND,)),
        "body.unknown": ProblemWords(
            422, _("没有找到对应的发证单位。"), NOTHING_CHANGED, (_("请核对所在县（市、区）和货物类别。"),)
        ),
        "serial.used_up": ProblemWords(
            503, _("本地区（%(area)s）的编号已用完。"), NOTHING_CHANGED, (ASK_ADMINISTRATOR,)
        ),
        "signing_key.missing": ProblemWords(
            503,
            _("本服务器缺少签发密钥（%(name)s），暂不能核发。"),
            _("申请已保留，没有核发。"),
            (_("管理员请从备份恢复密钥文件；切勿重新生成。"),),
        ),
        "signing_key.damaged": ProblemWords(
            503,
            _("签发密钥文件（%(name)s）已损坏，暂不能核发。"),
            _("申请已保留，没有核发。"),
            (_("管理员请从备份恢复密钥文件。"),),
        ),
        "signing_key.exists": ProblemWords(
            409, _("密钥文件 %(name)s 已存在。"), NOTHING_CHANGED, (ASK_ADMINISTRATOR,)
        ),
        "signing_key.used_up": ProblemWords(
            409, _("地区 %(area)s 的密钥编号已用完。"), NOTHING_CHANGED, (ASK_ADMINISTRATOR,)
        ),
        "signing_key.announced_too_late": ProblemWords(
            409,
            _("地区 %(area)s 的下一把密钥公布不足 24 小时。"),
            NOTHING_CHANGED,
            (_("满 24 小时后再轮换。"),),
        ),
        "signing_key.not_in_use": ProblemWords(
            409,
            _("地区 %(area)s 的密钥 %(key)s 尚未启用，无须作废。"),
            NOTHING_CHANGED,
            (_("请核对密钥编号。"),),
        ),
        "key.malformed": ProblemWords(422, _("公钥格式不正确。"), NOTHING_CHANGED, (_("请核对 JWK 文件。"),)),
        "jws.malformed": ProblemWords(
            422, _("名单文件格式不正确。"), NOTHING_CHANGED, (_("请向发布方重新索取文件。"),)
        ),
        "jws.unknown_key": ProblemWords(
            422, _("名单由未知密钥 %(kid)s 签名。"), NOTHING_CHANGED, (_("请核对根密钥。"),)
        ),
        "jws.bad_signature": ProblemWords(
            422, _("名单签名不正确。"), NOTHING_CHANGED, (_("请向发布方重新索取文件。"),)
        ),
        "jws.too_large": ProblemWords(413, _("名单文件过大。"), NOTHING_CHANGED, (_("请向发布方核实。"),)),
        "trust.not_a_list": ProblemWords(422, _("文件不是信任列表。"), NOTHING_CHANGED, (_("请核对文件。"),)),
        "trust.older": ProblemWords(
            409,
            _("列表序号 %(seq)s 不比已有的 %(known)s 新。"),
            _("保留已有列表。"),
            (_("请索取最新文件。"),),
        ),
        "trust.ours": ProblemWords(
            409, _("列表包含本系统负责的地区：%(areas)s。"), NOTHING_CHANGED, (_("请向发布方核实。"),)
        ),
        "malformed": ProblemWords(422, _("内容不是通行证二维码。"), NOTHING_CHANGED, (_("请重新扫描。"),)),
        "not_canonical": ProblemWords(422, _("二维码内容被改动过。"), NOTHING_CHANGED, (_("请重新扫描。"),)),
        "photo.too_large": ProblemWords(
            413, _("照片过大。"), NOTHING_CHANGED, (_("请缩小照片（不超过 10 MB）后重试。"),)
        ),
        "photo.not_an_image": ProblemWords(
            422, _("文件不是照片。"), NOTHING_CHANGED, (_("请选择 JPEG、PNG 或 WebP 照片。"),)
        ),
        "photo.no_code": ProblemWords(
            422,
            _("照片中没有读到二维码。"),
            NOTHING_CHANGED,
            (_("请靠近、对焦后重拍，或改用编号或车牌查询。"),),
        ),
        "symbol.unreadable": ProblemWords(
            503, _("生成的二维码无法读回，没有出证。"), _("通行证本身不受影响。"), (ASK_ADMINISTRATOR,)
        ),
        "seal.not_an_image": ProblemWords(
            422, _("印章文件不是图片。"), NOTHING_CHANGED, (_("请上传 PNG 图片。"),)
        ),
        "seal.same_person": ProblemWords(
            403, _("上传印章的人不能自己批准。"), NOTHING_CHANGED, (_("请由另一名管理人员批准。"),)
        ),
        "sheet.not_signed": ProblemWords(
            503,
            _("通行证 %(number)s 的记录与签名不符，没有出证。"),
            _("通行证本身不受影响。"),
            (ASK_ADMINISTRATOR,),
        ),
        "fonts.missing": ProblemWords(
            503, _("打印字体缺失，暂不能生成 PDF。"), _("通行证本身不受影响。"), (ASK_ADMINISTRATOR,)
        ),
    }
)
register_fields(
    {
        "numbers.malformed": _("有不是 12 位数字的编号，请核对。"),
        "numbers.too_many": _("一次最多 %(most)s 张。"),
        "seal.too_large": _("印章图片不能超过 %(most)s MB。"),
        "seal.not_a_png": _("请上传 PNG 格式的印章图片。"),
        "plate.prefix": _("车牌首位应为省份简称或“使”。"),
        "plate.length": _("车牌长度不对：普通车牌 7 位，新能源车牌 8 位。"),
        "plate.character": _("车牌中有不能使用的字符。"),
        "plate.letter_o_or_i": _(
            "车牌第 %(position)s 位是字母 %(letter)s，车牌不用字母 O 和 I，是否应为数字 %(meant)s？"
        ),
        "plate.colour": _("车牌与颜色不符：8 位新能源车牌为绿色或黄绿色。"),
        "plate.trailer": _("这是挂车号牌，请填写牵引车的号牌。"),
        "road.unknown": _("没有编号为 %(road)s 的道路。"),
        "goods.unknown": _("请从列表中选择货物。"),
        "stops.too_many": _("途经点最多 %(most)s 个。"),
        "roads.too_many": _("途经道路最多 %(most)s 条。"),
        "drivers.too_many": _("驾驶员最多 %(most)s 名。"),
        "driver.last4": _("身份证号后四位应为三位数字加一位数字或 X。"),
        "kind.not_cross_province": _("起讫点都在本省，请申请省内通行证。"),
        "kind.leaves_province": _("省内通行证的线路不能出省。"),
        "period.backwards": _("结束时间应晚于开始时间。"),
        "period.too_long": _("有效期最长 %(most)s 小时。"),
        "period.over": _("申请的有效期在审核期间已经结束，请重新填写时间。"),
        "period.in_the_past": _("开始时间已过。"),
        "period.too_far_ahead": _("开始时间最多提前 %(days)s 天。"),
    }
)
