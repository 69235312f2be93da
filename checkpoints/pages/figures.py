"""Figures of scans in words, with the way to the rows behind each; and how well each body's prints could be read."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template
from markupsafe import Markup

from accounts.guards import current_actor, requires
from accounts.permissions import Permission
from checkpoints.models import Scan
from checkpoints.pages.blueprint import pages
from checkpoints.print_quality import DAYS, LATELY, Quality, bodies_read, body_read, days_of
from checkpoints.rules import Means, RoadsideAction
from checkpoints.scan_words import ADVICE_WORDS, FLAG_WORDS, MEANS_WORDS
from checkpoints.statistics import (
    CORRECTED,
    FLAGGED,
    NONE_RECORDED,
    OFFLINE,
    REFUSED_GOOD,
    TRUSTED_SPAN,
    WEAK,
    WEAKLY_READ,
    Figures,
)
from checkpoints.words import ACTION_WORDS
from foundation import clock
from foundation.database import db
from foundation.i18n import gettext
from foundation.problems import NotFound
from passes.public import LEVEL_WORDS, VERDICT_WORDS, Level, VerdictCode

TONES: Mapping[str, str] = {"green": "good", "amber": "warn", "red": "bad", "blue": "info"}
ADVICE_TONES: Mapping[str, str] = {"good": "good", "sometimes": "warn", "often": "bad", "few": "idle"}
ONLINE_SECONDS = 60
"""A scan that arrived sooner than this needs no word about it."""
Address = Callable[..., str]


def share(part: int, whole: int) -> str:
    """A part as a percentage in words; a dash of nothing."""
    return f"{part / whole:.0%}" if whole else gettext("无")


def span(seconds: float) -> str:
    """A time in the unit in which people say it."""
    for size, words in (
        (86400, gettext("%(n)s 天")),
        (3600, gettext("%(n)s 小时")),
        (60, gettext("%(n)s 分钟")),
    ):
        if seconds >= size:
            return words % {"n": f"{seconds / size:.1f}".removesuffix(".0")}
    return gettext("%(n)s 秒", n=f"{seconds:.0f}")


def tallies(found: Figures, address: Address) -> list[tuple[int, Any, str, str]]:
    """Counts with their words, the address of the rows behind them (`address(level=…)`, `address(only=…)`), and tones."""
    levels = [
        (found.levels.get(level, 0), LEVEL_WORDS[level], address(level=str(level)), TONES[level])
        for level in (Level.GREEN, Level.AMBER, Level.RED, Level.BLUE)
    ]
    actions = [
        (found.actions.get(action, 0), ACTION_WORDS[action], address(only=str(action)), "idle")
        for action in (RoadsideAction.PASSED, RoadsideAction.TURNED_BACK, RoadsideAction.HELD)
    ]
    refused = found.refused_good
    return [
        (found.scans, gettext("查验"), address(), "idle"),
        *levels,
        *actions,
        (found.unrecorded, gettext("未记录处置"), address(only=NONE_RECORDED), "idle"),
        (refused, gettext("应放行而劝返或暂扣"), address(only=REFUSED_GOOD), "bad" if refused else "idle"),
    ]


def facts_of(found: Figures, address: Address | None) -> list[tuple[str, Any]]:
    """The rest of the figures as pairs of words; with `address` they open their rows."""

    def rows(words: str, only: str) -> Any:
        return Markup('<a href="{}">{}</a>').format(address(only=only), words) if address else words

    part = share(found.offline, found.scans)
    offline = gettext("%(share)s（%(count)s）", share=part, count=found.offline)
    pairs = [(gettext("离线查验"), rows(offline, OFFLINE) if found.offline else offline)]
    if found.delays:
        middle, most = map(span, found.delays)
        words = gettext("中位 %(middle)s，百分之九十五在 %(most)s以内", middle=middle, most=most)
        pairs.append((gettext("从查验到上传"), words))
    if found.reads:
        weak = gettext("%(weak)s 次偏弱", weak=found.weak)
        quality = gettext("平均余量 %(uec)s", uec=f"{found.uec or 0:.0%}")
        pairs.append(
            (
                gettext("二维码印刷"),
                Markup("{}{}{}").format(
                    quality, gettext("，"), rows(weak, WEAKLY_READ) if found.weak else weak
                ),
            )
        )
    if found.corrected:
        pairs.append((gettext("服务器复核不同"), rows(str(found.corrected), CORRECTED)))
    if found.means:
        told = (f"{MEANS_WORDS[Means(name)]} {count}" for name, count in found.means.items())
        pairs.append((gettext("查验方式"), gettext("、").join(told)))
    if found.flags:
        marks = gettext("、").join(f"{FLAG_WORDS.get(name, name)} {n}" for name, n in found.flags.items())
        pairs.append((gettext("带标记的记录"), rows(marks, FLAGGED)))
    return pairs


def verdicts_of(found: Figures) -> list[tuple[Any, Any, str, int]]:
    """Each verdict: level and reason in words, the tone, and how often it was given."""
    return [
        (LEVEL_WORDS[Level(level)], VERDICT_WORDS[VerdictCode(code)], TONES[level], count)
        for (level, code), count in found.verdicts.items()
    ]


def notes_of(scan: Scan) -> list[Any]:
    """How a scan came about and reached us: means, late arrival, marks, a print hardly readable."""
    waited = (scan.received_at - scan.time_low).total_seconds()
    certain = scan.time_high - scan.time_low < TRUSTED_SPAN
    notes: list[Any] = [MEANS_WORDS[Means(scan.means)]] if scan.means else []
    if scan.offline:
        notes.append(gettext("离线"))
    if certain and waited >= ONLINE_SECONDS:
        notes.append(gettext("%(time)s后上传", time=span(waited)))
    notes += [FLAG_WORDS.get(name, name) for name in scan.flags]
    if scan.uec is not None and scan.uec < WEAK:
        notes.append(gettext("印刷偏弱（余量 %(uec)s）", uec=f"{scan.uec:.0%}"))
    return notes


@pages.get("/print-quality")
@requires(Permission.PASS_READ)
def print_quality() -> str:
    """How well the codes of each body could be read lately; an officer sees the own body's."""
    actor, now = current_actor(), clock.now()
    found = bodies_read(db.session(), actor, now=now)
    rows = [
        {"body": one.body, "whole": _told(one.whole), "lately": _told(one.lately) if one.lately else None}
        for one in found
    ]
    return render_template(
        "checkpoints/print_quality.html", rows=rows, days=DAYS, lately=LATELY, weak=f"{WEAK:.0%}"
    )


@pages.get("/print-quality/<code>")
@requires(Permission.PASS_READ)
def print_quality_of(code: str) -> str:
    """The days of one body. Another's is not found."""
    session, now = db.session(), clock.now()
    body = body_read(session, current_actor(), code)
    if body is None:
        raise NotFound
    days = [(day.isoformat(), _told(one)) for day, one in days_of(session, body.id, now=now)]
    return render_template("checkpoints/print_quality_of.html", body=body, days=days, span=DAYS)


def _told(quality: Quality) -> dict[str, Any]:
    return {
        "reads": quality.reads,
        "weak": quality.weak,
        "share": share(quality.weak, quality.reads),
        "uec": f"{quality.uec:.0%}",
        "advice": ADVICE_WORDS[quality.advice],
        "tone": ADVICE_TONES[quality.advice],
    }
