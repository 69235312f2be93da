"""Everything the product says has its English, and the English pages are English."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from accounts.guards import entry_of
from accounts.permissions import Permission
from foundation.i18n import ROOMS_WITH_WORDS
from tests.house.sources import ROOT
from web import catalogues

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
PLACEHOLDER = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
SHOWN = {"title", "placeholder", "aria-label", "alt", "content", "data-words"}
SILENT = {"script", "style", "pre"}
EXAMPLES = {
    "中文": "a language is offered in its own words",
    "京哈高速": "a road is searched for by its name",
    "吉林省长春市朝阳区": "an area is searched for by its name",
    "长春市南关区": "an area is searched for by its name",
    "使": "a character of plates",
}
"""Chinese that stands in English sentences, and why."""


def placeholders(words: catalogues.Id) -> list[tuple[str, str]]:
    """What is filled into a message by name: `%(name)s` on pages, `{name}` in scripts."""
    return sorted(PLACEHOLDER.findall("\n".join([words] if isinstance(words, str) else words)))


def test_every_message_has_its_english() -> None:
    known = catalogues.english()
    messages = list(catalogues.found())
    assert len(messages) > 500
    missing = [f"{file}: {message}" for _, file, message in messages if message not in known]
    assert missing == [], "write their English after python -m web.catalogues"


def test_english_takes_the_same_facts_as_the_chinese() -> None:
    known = catalogues.english()
    assert any(placeholders(message) for message in known)
    other = {
        message: words for message, words in known.items() if placeholders(message) != placeholders(words)
    }
    assert other == {}


def test_english_is_english() -> None:
    spoken = {part for words in catalogues.english().values() for part in CHINESE.findall(str(words))}
    assert spoken - EXAMPLES.keys() == set()


@pytest.mark.parametrize("room", ROOMS_WITH_WORDS)
def test_what_is_loaded_is_what_was_written(room: str) -> None:
    loaded = (catalogues.folder(room) / "messages.mo").read_bytes()
    assert loaded == catalogues.compiled(catalogues.read(room)), "run python -m web.catalogues"


def test_a_message_without_english_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "web" / "templates" / "a.html").write_text("{{ _('首页') }}{{ _('没有译文') }}")
    (tmp_path / "web" / "a.py").write_text(
        "lazy_gettext('没有译文')\nngettext('一张', '多张', n)\n_('首页')\n"
    )
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    assert list(catalogues.found()) == [
        ("web", "web/a.py", "没有译文"),
        ("web", "web/a.py", ("一张", "多张")),
        ("web", "web/a.py", "首页"),
    ]
    known: dict[catalogues.Id, catalogues.Id] = {
        "首页": "Home",
        "去年的话": "gone",
        ("一张", "多张"): ("one", "many"),
    }
    for room, catalogue in catalogues.gather(known).items():
        catalogues.save(room, catalogue)
    assert catalogues.english() == {"首页": "Home", ("一张", "多张"): ("one", "many")}
    assert catalogues.main() == 1


class _Reader(HTMLParser):
    """Gathers what a person sees or hears of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.seen += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.seen.append(data)


def open_pages(app: Flask) -> list[str]:
    """Addresses without parameters that everybody may open."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "static"
        if not isinstance(entry_of(app.view_functions[rule.endpoint]), Permission | None)
    )


def strings(value: Any) -> Iterator[str]:
    """Every string in a piece of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def names() -> list[str]:
    """Every Chinese string of the reference data, the longest first: names stay in Chinese on any page."""
    files = sorted((ROOT / "seeds" / "reference").glob("*.json"))
    found = {text for file in files for text in strings(json.loads(file.read_text())) if CHINESE.search(text)}
    return sorted(found | EXAMPLES.keys(), key=len, reverse=True)


def without(text: str, known: list[str]) -> str:
    """The text with every known name cut out."""
    for name in known if CHINESE.search(text) else ():
        text = text.replace(name, "")
    return text


def test_no_open_page_mixes_chinese_into_its_english(app: Flask, client: FlaskClient) -> None:
    client.set_cookie("locale", "en", domain="ct.example.cn")
    known, read, chinese = names(), [], {}
    # One file for everybody, in whose scripts both languages are (frontend/scanner/tests hold them to each other).
    for address in set(open_pages(app)) - {"/scanner/"}:
        answer = client.get(address, base_url="https://ct.example.cn")
        if answer.mimetype == "text/html" and answer.status_code == 200:
            reader = _Reader()
            reader.feed(answer.text)
            read.append(address)
            chinese[address] = [text.strip() for text in reader.seen if CHINESE.search(without(text, known))]
    assert {"/", "/login", "/check"} <= set(read)
    assert {address: words for address, words in chinese.items() if words} == {}
