"""The columns of a spreadsheet: which headers mean which field of an application."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from passes.rules.applying import REQUIRED
from passes.rules.content import MOST_DRIVERS, MOST_ROADS, MOST_STOPS

DRIVERS_OFFERED = 2
"""Drivers with columns of their own in the template; a file may name as many as a pass can."""
LONGEST_HEADER = 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `header` is written into files, so it is Chinese in every language.

    `field` is the path in an application, `words` are other headers people write, `as_text` says that a program must
    keep the cell as typed, `width` is in characters.
    """

    field: str
    header: str
    words: str
    example: str
    hint: str
    as_text: bool = False
    width: int = 14

    @property
    def required(self) -> bool:
        """Whether a file without this column cannot be read."""
        return self.field in REQUIRED


COLUMNS = (
    Column(
        "plate",
        "车牌号",
        "车牌 车号 车牌号码 号牌 号牌号码 车辆号牌 车辆牌照 车辆牌号 牌照 牌照号 牌照号码 牵引车车牌 牵引车车牌号 "
        "牵引车牌号 牵引车号牌 主车车牌 主车车牌号 主车牌号 主车号牌 plate platenumber plateno licenseplate vehicleplate",
        "吉A12345",
        "牵引车号牌，7 位；新能源 8 位",
        as_text=True,
    ),
    Column(
        "plate_colour",
        "车牌颜色",
        "颜色 号牌颜色 牌照颜色 车牌色 platecolour platecolor colour color",
        "黄牌",
        "蓝牌、黄牌、绿牌、黄绿牌、白牌、黑牌",
    ),
    Column(
        "goods",
        "货物",
        "货物名称 货物品名 品名 货名 货物种类 货物类别 货物类型 运输货物 承运货物 所运货物 物资 物资名称 物资类别 物资种类 "
        "物资品名 goods goodsname cargo commodity",
        "",
        "从“可选内容”表中选择",
        width=20,
    ),
    Column(
        "goods_words",
        "货物说明",
        "货物描述 货物备注 货物详情 货物明细 具体货物 物资说明 物资明细 goodswords goodsdescription goodsdetails",
        "",
        "如“青储玉米 30 吨”",
        width=20,
    ),
    Column(
        "origin",
        "起点",
        "始发地 出发地 起运地 装货地 起始地 发货地 始发地点 出发地点 装货地点 起点县区 出发县区 始发站 origin from",
        "长春市南关区",
        "县（市、区）名称或 6 位代码",
        width=20,
    ),
    Column(
        "destination",
        "终点",
        "目的地 到达地 卸货地 收货地 目的地点 到达地点 卸货地点 终到地 抵达地 讫点 终点县区 到达县区 目的县区 终点站 "
        "destination to",
        "北京市大兴区",
        "县（市、区）名称或 6 位代码",
        width=20,
    ),
    Column(
        "stops",
        "途经点",
        "途经地 途经地点 途经 途经县区 途径 途径点 途径地 经停 经停点 经停地 中途停靠 stops stop via waypoints",
        "",
        f"最多 {MOST_STOPS} 个，用顿号分开",
        width=20,
    ),
    Column(
        "roads",
        "途经道路",
        "道路 行驶道路 行驶路线 行车路线 途经路线 途径道路 途径路线 通行路线 通行道路 运输路线 路线 线路 高速 途经高速 "
        "roads road route highways",
        "G1",
        f"最多 {MOST_ROADS} 条，用顿号分开，如 G1、G102",
        width=20,
    ),
    Column(
        "not_before",
        "开始时间",
        "出发时间 发车时间 起始时间 启程时间 启运时间 起运时间 生效时间 通行开始时间 通行时间起 有效期起 有效期开始 "
        "计划出发时间 预计出发时间 出发日期 开始日期 起始日期 发车日期 notbefore start starttime "
        "departure departuretime validfrom",
        "",
        "北京时间，如 2022-04-16 08:00",
        as_text=True,
        width=20,
    ),
    Column(
        "hours",
        "有效小时数",
        "小时数 小时 时长 有效时长 通行时长 有效小时 通行小时数 hours hour durationhours",
        "72",
        "从开始时间起的整小时数",
        width=12,
    ),
    Column(
        "contact_phone",
        "联系电话",
        "电话 电话号码 联系人电话 联系人手机 联系人手机号 联系手机 联系方式 手机 手机号 手机号码 经办人电话 "
        "contactphone phone telephone tel mobile contact",
        "13800000000",
        "审核时能接通的电话",
        as_text=True,
        width=16,
    ),
    Column(
        "area",
        "办理县区",
        "申请地 办理地 受理地 受理县区 申请县区 申办县区 办证县区 所在县 所在县区 所在县市区 area county",
        "",
        "空着时按起点（或终点）所在县区办理",
        width=20,
    ),
)
DRIVER_PARTS = {
    "name": ("姓名", "张三", "", False, 12),
    "phone": ("电话", "13900000000", "", True, 16),
    "last4": ("身份证后四位", "001X", "后四位；填 18 位时只保留后四位", True, 16),
}
BY_FIELD: Mapping[str, Column] = {column.field: column for column in COLUMNS}
TARGETS = tuple(BY_FIELD)


def driver_columns(drivers: int = DRIVERS_OFFERED) -> Iterator[Column]:
    """The columns of the drivers, each with its number in the header; only the first has an example."""
    for index in range(drivers):
        for part, (header, example, hint, as_text, width) in DRIVER_PARTS.items():
            shown = example if index == 0 else ""
            path, title = f"drivers.{index}.{part}", f"驾驶员{index + 1}{header}"
            yield Column(path, title, "", shown, hint, as_text, width)


def column_for(field: str) -> Column | None:
    """The column of a field of an application, whether it names the whole or a part: `stops.1`, `drivers.0.name`."""
    if field.startswith("drivers."):
        drivers = {column.field: column for column in driver_columns(MOST_DRIVERS)}
        return drivers.get(field)
    return BY_FIELD.get(field.partition(".")[0])


def header_for(columns: Mapping[str, str], field: str) -> str:
    """The header under which a field stands in a file (`columns` of its table), or the one it would have had."""
    path = field
    while path:
        if path in columns:
            return columns[path]
        path = path.rpartition(".")[0]
    column = column_for(field)
    return column.header if column else field


_ASIDE = re.compile(r"[(\[【〔<《][^()\[\]【】〔〕<>《》]*[)\]】〕>》]")
_SPEAKS_OF = re.compile(r"驾驶|司机|driver|天|日|day|分钟|挂车|车主|收货|发货")
"""An aside with one of these changes what the header means, so it is kept: 时长（天）, 电话（司机）."""
_DROPPED = re.compile(r"[\W_]+|必填|选填|可选")
_NUMERALS = str.maketrans("一二三四五六七①②③", "1234567123")
_ALIKE = (
    (re.compile(r"主驾驶员|主驾驶|主驾|第1驾驶员|第1司机"), "驾驶员1"),
    (re.compile(r"副驾驶员|副驾驶|副驾|第2驾驶员|第2司机"), "驾驶员2"),
    (re.compile(r"第3驾驶员|第3司机"), "驾驶员3"),
    (re.compile(r"司机|驾驶人"), "驾驶员"),
)
_PART = {
    "name": "姓名|名字|名称|name|",
    "phone": "手机号码|手机号|手机|联系电话|联系方式|电话号码|电话|phone|mobile|tel|telephone",
    "last4": "身份证号码后4位|身份证号后4位|身份证后4位|身份证号码|身份证号|身份证件号码|身份证件号|身份证|"
    "证件号码|证件号|公民身份号码|identitynumber|identity|idnumber|idcard|last4|id",
}
_DRIVER = {
    part: re.compile(rf"(?:驾驶员|driver)([1-{MOST_DRIVERS}]?)(?:的)?(?:{words})([1-{MOST_DRIVERS}]?)")
    for part, words in _PART.items()
}
_ALONE = {"姓名": "name", **dict.fromkeys(_PART["last4"].split("|")[:-2], "last4")}
_NUMBERED = re.compile(r"(\D+)([1-9])")
_LISTS = {"stops": MOST_STOPS, "roads": MOST_ROADS}


def plain_header(text: str) -> str:
    """A header without marks, spaces, asides and case: ` *车牌号（必填）` is `车牌号`."""
    short = unicodedata.normalize("NFKC", text)[:LONGEST_HEADER].lower()
    bare = _ASIDE.sub(lambda aside: aside[0] if _SPEAKS_OF.search(aside[0]) else "", short)
    word = _DROPPED.sub("", bare).translate(_NUMERALS)
    for alike, one in _ALIKE:
        word = alike.sub(one, word)
    return word


_WORDS = {
    plain_header(word): column.field for column in COLUMNS for word in (column.header, *column.words.split())
}


@lru_cache(maxsize=4096)
def field_of(header: str) -> str | None:
    """The field path a header means: `plate`, `stops`, `stops.1`, `drivers.0.phone`; None for one that means nothing."""
    word = plain_header(header)
    return _WORDS.get(word) or _driver_field(word) or _list_field(word)


def _driver_field(word: str) -> str | None:
    if word in _ALONE:
        return f"drivers.0.{_ALONE[word]}"
    for part, pattern in _DRIVER.items():
        found = pattern.fullmatch(word)
        if found and not (found[1] and found[2]):
            return f"drivers.{int(found[1] or found[2] or 1) - 1}.{part}"
    return None


def _list_field(word: str) -> str | None:
    found = _NUMBERED.fullmatch(word)
    field = _WORDS.get(found[1]) if found else None
    if found is None or field not in _LISTS or int(found[2]) > _LISTS[field]:
        return None
    return f"{field}.{int(found[2]) - 1}"
