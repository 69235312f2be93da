"""The catalogues of words: gathers every message of the source, keeps the English it has, and compiles it.

`python -m web.catalogues` after adding a message: it names those that still lack English; write that into the
room's messages.po and run it again.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from foundation.i18n import ROOMS_WITH_WORDS, ROOT

Id = str | tuple[str, ...]
LOCALE = "en"
PACKAGES = (
    ("foundation", "web"),
    ("audit", "web"),
    *((room, room) for room in ROOMS_WITH_WORDS),
)
"""(package, room whose catalogue holds its messages), in the order in which a message finds its home."""
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
# A template that cannot be read must stop the command: its messages would silently lose their English.
OPTIONS = {"templates/**.html": {"silent": "false"}}
# The date of the run would make two equal catalogues differ, and a .mo differ from its .po.
WRITTEN = datetime(2022, 4, 16, tzinfo=UTC)
# Without these Babel writes its placeholders for people into the header.
NOBODY = {"msgid_bugs_address": "Changtong", "last_translator": "Changtong", "language_team": "en"}


def folder(room: str) -> Path:
    """Where the two files of a room's English are."""
    return ROOT / room / "translations" / LOCALE / "LC_MESSAGES"


def found() -> Iterator[tuple[str, str, Id]]:
    """(room, file, message) of every message in the source, each once, where it first occurs."""
    seen: set[Id] = set()
    for package, room in PACKAGES:
        places = extract_from_dir(ROOT / package, METHODS, OPTIONS, KEYWORDS)
        for file, _, message, _, _ in sorted(places, key=lambda place: (place[0], place[1])):
            if message not in seen:
                seen.add(message)
                yield room, f"{package}/{file}", message


def read(room: str) -> Catalog:
    """A room's messages.po; an empty catalogue before there is one."""
    path = folder(room) / "messages.po"
    if not path.exists():
        return _empty()
    with path.open("rb") as file:
        return _dated(read_po(file, locale=LOCALE, abort_invalid=True))


def english() -> dict[Id, Id]:
    """What every message is in English, from all rooms: a message may move from one to another."""
    messages = (message for room in ROOMS_WITH_WORDS for message in read(room))
    return {
        _frozen(message.id): _frozen(message.string) for message in messages if message.id and message.string
    }


def gather(known: Mapping[Id, Id]) -> dict[str, Catalog]:
    """The catalogue of each room as the source is now; what no page says any more is dropped."""
    catalogues = {room: _empty() for room in ROOMS_WITH_WORDS}
    for room, file, message in found():
        catalogues[room].add(message, known.get(message, ""), locations=[(file, 0)])
    return catalogues


def compiled(catalogue: Catalog) -> bytes:
    """The bytes of messages.mo."""
    mo = BytesIO()
    write_mo(mo, catalogue)
    return mo.getvalue()


def save(room: str, catalogue: Catalog) -> None:
    """Write both files of a room."""
    folder(room).mkdir(parents=True, exist_ok=True)
    with (folder(room) / "messages.po").open("wb") as file:
        write_po(file, catalogue, include_lineno=False, width=110)
    (folder(room) / "messages.mo").write_bytes(compiled(catalogue))


def main() -> int:
    """Bring every catalogue up to date; 1 when a message lacks English."""
    known = english()
    for room, catalogue in gather(known).items():
        save(room, catalogue)
    missing = [f"{file}: {message}" for _, file, message in found() if message not in known]
    print(*missing, sep="\n", end="\n" if missing else "", file=sys.stderr)
    print(f"{len(known)} messages known, {len(missing)} without English")
    return 1 if missing else 0


def _frozen(words: str | Sequence[str]) -> Id:
    return words if isinstance(words, str) else tuple(words)


def _dated(catalogue: Catalog) -> Catalog:
    catalogue.creation_date = catalogue.revision_date = WRITTEN
    return catalogue


def _empty() -> Catalog:
    return _dated(Catalog(LOCALE, header_comment="", project="Changtong", version="1", fuzzy=False, **NOBODY))


if __name__ == "__main__":
    raise SystemExit(main())
