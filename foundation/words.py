"""The words of problems, by code: what happened, what was kept, what to do next. Each room registers its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foundation.i18n import gettext
from foundation.i18n import lazy_gettext as _


@dataclass(frozen=True)
class ProblemWords:
    """Status of HTTP and the sentences of one code; `%(fact)s` is filled from the facts."""

    status: int
    what: Any
    kept: Any = None
    steps: tuple[Any, ...] = ()
    detail: Any = None

    @staticmethod
    def fill(sentence: Any, facts: Mapping[str, Any]) -> str:
        """The sentence in the language of the request, with its facts."""
        return str(sentence) % {key: _shown(value) for key, value in facts.items()}


def _shown(value: Any) -> str:
    return gettext("、").join(map(str, value)) if isinstance(value, list | tuple) else str(value)


PROBLEMS: dict[str, ProblemWords] = {}
FIELDS: dict[str, Any] = {}


def register_problems(words: Mapping[str, ProblemWords]) -> None:
    """Add a room's problems. Raises `ValueError` for a code that has words already."""
    _add(PROBLEMS, words)


def register_fields(words: Mapping[str, Any]) -> None:
    """Add a room's words for problems of single fields."""
    _add(FIELDS, words)


def _add(table: dict[str, Any], words: Mapping[str, Any]) -> None:
    twice = table.keys() & words.keys()
    if twice:
        raise ValueError(f"words given twice: {sorted(twice)}")
    table.update(words)


def words_of(code: str) -> ProblemWords:
    """The words of a code. Raises `KeyError` when nobody wrote any: a house test finds that before a user does."""
    return PROBLEMS[code]


def field_words(code: str, facts: Mapping[str, Any]) -> str:
    """The sentence to one field."""
    return ProblemWords.fill(FIELDS[code], facts)


NOTHING_CHANGED = _("没有做任何改动。")
BACK_AND_MEND = _("返回上一页，按提示修改后重新提交。")

register_problems(
    {
        "not_found": ProblemWords(
            404,
            _("没有找到这项内容。"),
            NOTHING_CHANGED,
            (_("请核对网址或编号；无权查看的内容也这样显示。"),),
        ),
        "input.invalid": ProblemWords(
            422, _("填写的内容有误，请按提示修改。"), _("已填写的内容仍在页面上。"), (BACK_AND_MEND,)
        ),
        "input.too_large": ProblemWords(
            413, _("提交的内容太大。"), NOTHING_CHANGED, (_("请缩小文件后重试（上限 10 MB）。"),)
        ),
        "input.not_json": ProblemWords(
            400, _("请求不是合法的 JSON。"), NOTHING_CHANGED, (_("请检查请求体后重试。"),)
        ),
        "move.not_allowed": ProblemWords(
            409,
            _("当前状态下不能进行此操作，可能刚刚被他人处理。"),
            NOTHING_CHANGED,
            (_("刷新页面查看最新状态。"),),
        ),
        "reason.missing": ProblemWords(422, _("此操作必须选择原因。"), NOTHING_CHANGED, (BACK_AND_MEND,)),
        "edit.conflict": ProblemWords(
            409,
            _("内容在您编辑期间已被修改。"),
            _("他人的修改已保留，您的改动没有写入。"),
            (_("刷新页面后重新填写。"),),
        ),
        "http.bad_request": ProblemWords(400, _("请求无法识别。"), NOTHING_CHANGED, (_("返回上一页重试。"),)),
        "http.method": ProblemWords(
            405, _("此地址不支持这种请求方式。"), NOTHING_CHANGED, (_("返回上一页重试。"),)
        ),
        "rate.limited": ProblemWords(429, _("请求过于频繁。"), NOTHING_CHANGED, (_("请稍候一分钟再试。"),)),
        "idempotency.missing": ProblemWords(
            400,
            _("缺少 Idempotency-Key 请求头，或者它不是 1 至 200 个可打印的 ASCII 字符。"),
            NOTHING_CHANGED,
            (_("请为每个新请求生成一个键；重发同一请求时沿用同一个键。"),),
        ),
        "idempotency.other_question": ProblemWords(
            422,
            _("这个 Idempotency-Key 已用于另一个内容不同的请求。"),
            NOTHING_CHANGED,
            (_("请为新的请求换一个键。"),),
        ),
        "idempotency.at_work": ProblemWords(
            409,
            _("使用同一个 Idempotency-Key 的请求正在处理。"),
            _("前一个请求不受影响。"),
            (_("请稍候用同一个键重发，即可得到它的结果。"),),
        ),
        "etag.missing": ProblemWords(
            428,
            _("修改须带 If-Match 请求头。"),
            NOTHING_CHANGED,
            (_("请先用 GET 读取，再把得到的 ETag 放入 If-Match。"),),
        ),
        "etag.stale": ProblemWords(
            412,
            _("内容在您读取之后已有变动。"),
            _("他人的修改已保留，您的改动没有写入。"),
            (_("请重新读取，核对后用新的 ETag 再试。"),),
        ),
        "service.unavailable": ProblemWords(503, _("服务暂时不可用。"), None, (_("请稍候几秒再试。"),)),
        "server.busy": ProblemWords(
            503,
            _("此刻提交的人很多，这一次没有收下。"),
            _("您填写的内容还在页面里，没有重复提交。"),
            (_("请不要关闭页面，%(retry_after)s 秒后返回上一页再提交。"),),
        ),
        "server.busy_with_uploads": ProblemWords(
            503,
            _("此刻上传记录的设备很多，这一次没有收下。"),
            _("记录仍保存在设备上。"),
            (_("设备会在 %(retry_after)s 秒后自动再传，无须操作。"),),
        ),
        "form.too_old": ProblemWords(
            400, _("页面停留时间过长，已失效。"), NOTHING_CHANGED, (_("返回上一页并刷新，再提交一次。"),)
        ),
    }
)
register_fields(
    {
        "field.required": _("必须填写。"),
        "field.null": _("必须填写。"),
        "field.unknown": _("不认识的字段。"),
        "field.invalid": _("格式不正确。"),
        "field.type": _("格式不正确。"),
        "field.too_large": _("数值太大。"),
        "field.invalid_utf8": _("文字编码不正确。"),
        "field.invalid_uuid": _("编号格式不正确。"),
        "field.special": _("数值不合法。"),
        "field.format": _("格式不正确。"),
        "text.too_long": _("文字过长。"),
        "text.too_short": _("文字过短。"),
        "number.range": _("数值超出允许范围。"),
        "choice.unknown": _("请从列出的选项中选择。"),
    }
)
