"""The words of reading spreadsheets: files that cannot be read, cells that lost something, cells that were mended."""

from foundation.i18n import lazy_gettext as _
from foundation.words import ProblemWords, register_fields, register_problems

NOTHING_READ = _("没有提交任何申请。")
TEMPLATE = _("可下载模板，把内容贴进去后重新上传。")

register_problems(
    {
        "batch.too_large": ProblemWords(
            413,
            _("文件太大（上限 %(max_mb)s MB，解压后的内容也有上限）。"),
            NOTHING_READ,
            (_("请删去图片和不用的工作表，或分成几个文件上传。"),),
        ),
        "batch.not_a_table": ProblemWords(
            422,
            _("这个文件不是 Excel 表格或 CSV，只改扩展名是不行的。"),
            NOTHING_READ,
            (_("请在 Excel 或 WPS 中打开，另存为 .xlsx 后重新上传。"), TEMPLATE),
        ),
        "batch.encrypted": ProblemWords(
            422,
            _("文件有打开密码，无法读取。"),
            NOTHING_READ,
            (_("请在 Excel 或 WPS 中取消密码后重新上传。"),),
        ),
        "batch.broken": ProblemWords(
            422,
            _("文件已损坏或没有传完，无法读取。"),
            NOTHING_READ,
            (_("请在 Excel 或 WPS 中打开，另存为 .xlsx 后重新上传。"),),
        ),
        "batch.empty": ProblemWords(422, _("文件里没有数据行。"), NOTHING_READ, (TEMPLATE,)),
        "batch.too_many_rows": ProblemWords(
            422,
            _("文件至少有 %(rows)s 行，一次最多 %(most)s 行。"),
            NOTHING_READ,
            (_("请分成几个文件上传。"),),
        ),
        "batch.too_spread": ProblemWords(
            422,
            _("工作表“%(sheet)s”的内容一直延伸到 %(column)s 列第 %(row)s 行，无法处理。"),
            NOTHING_READ,
            (_("请删除远处多余的单元格，或把需要的行复制到新文件后重新上传。"),),
        ),
        "batch.two_sheets": ProblemWords(
            422,
            _("有多个工作表都像车辆表：%(sheets)s。"),
            NOTHING_READ,
            (_("请只保留要提交的一个，或分成几个文件上传。"),),
        ),
        "batch.no_header": ProblemWords(
            422,
            _("前 %(rows)s 行里没有找到表头。"),
            NOTHING_READ,
            (_("请让表头有“车牌号”“起点”“终点”等列名。"), TEMPLATE),
        ),
        "batch.columns_missing": ProblemWords(
            422, _("缺少必需的列：%(columns)s。"), NOTHING_READ, (_("请补上这些列后重新上传。"), TEMPLATE)
        ),
        "batch.column_twice": ProblemWords(
            422,
            _("有多列都像“%(column)s”：%(headers)s。"),
            NOTHING_READ,
            (_("请只保留一列，或把其他列改成别的名称。"),),
        ),
    }
)
register_fields(
    {
        "cell.digits_lost": _("“%(was)s”已丢失部分数字，请按原件重新填写。"),
        "cell.error": _("表格里的公式出错（%(was)s），请填写实际内容。"),
        "cell.boolean": _("“%(was)s”不是这一项的内容，请重新填写。"),
        "cell.sign": _("“%(was)s”中有无法识别的字，请重新填写。"),
        "cell.became_date": _("内容被表格程序变成了日期或时间（%(was)s），请重新填写。"),
        "cell.phone_digits": _("“%(was)s”不像完整的电话号码，可能丢了开头的 0；座机请带区号填写。"),
        "cell.identity": _("请填身份证号后四位，或校验位正确的 18 位号码（表格中为“%(was)s”）。"),
        "cell.hours": _("“%(was)s”不是整小时数，请填写数字，如 72。"),
        "cell.percent": _("“%(was)s”是百分数，请填写整小时数，如 72。"),
        "cell.date": _("看不出“%(was)s”是什么时间，请按 2022-04-16 08:00 的格式填写。"),
        "cell.date_unclear": _("“%(was)s”可以有两种读法，请按 2022-04-16 08:00 的格式填写。"),
        "cell.no_year": _("“%(was)s”没有写年份，请按 2022-04-16 08:00 的格式填写。"),
        "cell.no_day": _("“%(was)s”没有日期，请按 2022-04-16 08:00 的格式填写。"),
        # What was mended: a page puts the name of the field in front and what was there behind.
        "cell.number": _("数字已改回号码"),
        "cell.zeros": _("已补回开头的 0"),
        "cell.plus": _("已补上国家代码前的加号"),
        "cell.serial": _("日期序号已换算成时间"),
        "cell.date_digits": _("连写的日期已分开"),
        "cell.date_order": _("日期顺序已改为年月日"),
        "cell.year_added": _("已补上年份"),
        "cell.clock": _("时间已改为 24 小时制"),
        "cell.duration": _("时长已换算成小时"),
        "cell.hours_words": _("已换算成小时"),
        "cell.width": _("全角字符已改为半角"),
        "cell.invisible": _("已去掉看不见的字符"),
        "cell.quote": _("已去掉引号"),
    }
)
