"""No bare word in a template: everything a person reads is translated."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment

from tests.house.sources import ROOT, templates

SHOWN = {"title", "placeholder", "aria-label", "alt", "aria-description", "data-title"}
SILENT = {"script", "style", "code", "kbd", "samp"}
"""What is not language: programs, and words to be typed exactly as they stand."""
WORD = re.compile(r"[A-Za-z\u3400-\u9fff]{2,}")
MARKUP = re.compile(r'[a-z-]+="[^"]*"|\b[a-z]+-(?=\s|$)')
"""What a macro writes into the tag or the class of its caller."""
UNTRANSLATED = {
    "required": "an attribute that a macro writes",
    "PDF": "the name of a format",
    "API": "a name",
    "QR": "a name",
    "URL": "a name",
    "CSV": "the name of a format",
    "English": "a language is offered in its own words",
    "中文": "a language is offered in its own words",
}


def without_expressions(source: str) -> str:
    """The template with every expression, statement and comment cut out of it."""
    tokens = Environment(autoescape=True).lex(source)
    return "".join(value for _, kind, value in tokens if kind == "data")


class _Reader(HTMLParser):
    """Gathers what a person would see or hear."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.seen += [(self.getpos()[0], value) for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.seen.append((self.getpos()[0], data))


def bare_words(source: str) -> Iterator[str]:
    """`line: word` of every word that is not looked up."""
    reader = _Reader()
    reader.feed(without_expressions(source))
    for _, text in reader.seen:
        yield from (word for word in WORD.findall(MARKUP.sub("", text)) if word not in UNTRANSLATED)


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_word_of_a_template_is_looked_up(path: Path) -> None:
    assert list(bare_words(path.read_text())) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>通行证</p>", ["通行证"]),
        ("<p>{{ _('通行证') }}</p>", []),
        ('<input placeholder="Plate">', ["Plate"]),
        ("<input placeholder=\"{{ _('车牌') }}\">", []),
        ('<a title="{{ a }} 转到" href="/pass">{{ b }}</a>', ["转到"]),
        ("{% if a %}新{% endif %}建<b>Go</b>", ["新建", "Go"]),
        ("{# 说明 #}<style>body {}</style><script>let a</script>", []),
        ('<p class="badge" data-state="live">&nbsp;·</p>', []),
    ],
)
def test_a_bare_word_is_found(source: str, words: list[str]) -> None:
    assert list(bare_words(source)) == words
