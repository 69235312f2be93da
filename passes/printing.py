"""The printed pass: A4 landscape, green, with its two symbols, or a strip 58 mm wide; set by Typst in this process.

The only file that touches `typst`. The look and the words of the document are `templates/sheet/*.typ`; this
file turns the facts of a pass into the plain values that the template sets. Everything stays in memory: no
file with a person's data is ever written.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from unicodedata import category

import typst
from PIL import Image

from foundation.clock import SHOWN_IN
from foundation.problems import DomainProblem
from passes.symbols import QUIET_ZONE, check_symbol, make_symbol, symbol_svg

_TEMPLATES: Final = Path(__file__).parent / "templates" / "sheet"
_FAMILY: Final = "Noto Sans S Chinese"
_SEAL_PIXELS: Final = 4_000_000
STRIP_SYMBOL_MM: Final = 40.5
"""The side of the symbol on a strip without its quiet zone: with it 47 mm of the 48 that a 58 mm printer marks."""


@dataclass(frozen=True)
class Sheet:
    """All that one printed pass shows; the texts are ready for people and in Chinese.

    `number` 12 digits; `drivers` (masked name, last four characters of the identity number) each, none when
    the pass binds no driver; `roads` with number and name, in order of travel; `not_before`, `not_after` and
    `issued_at` aware, printed in Asia/Shanghai, `not_after` being the first moment outside the validity;
    `check_code` six characters; `qr_prefix` + `qr_digits` the text of the QR (credential.md section 1);
    `seal` the issuing body's seal as PNG, None for a box to stamp in; `copy_marking` ("" for none) is
    repeated across the sheet; `status_mark` ("" for none) is stamped over the fields.
    """

    number: str
    plate: str
    plate_colour_words: str
    kind_title: str
    supervised_by: str
    issuing_body: str
    issuer_phone: str
    applicant: str
    drivers: tuple[tuple[str, str], ...]
    goods: str
    category: str
    origin: str
    destination: str
    stops: tuple[str, ...]
    roads: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    revision: int
    check_code: str
    qr_prefix: str
    qr_digits: str
    issued_at: datetime
    seal: bytes | None = None
    copy_marking: str = ""
    status_mark: str = ""


def render_sheets(sheets: Sequence[Sheet], *, fonts: Path) -> bytes:
    """One PDF with one A4 landscape page (297 × 210 mm) for each sheet, in order.

    The same sheets give the same bytes: the time in the file is the latest `issued_at`. The file is tagged
    (PDF/UA-1) and its text can be selected. `fonts` is the folder of the Noto Sans SC files (npm
    `@embedpdf/fonts-sc`). Each symbol is read back before it is printed. Safe to call from several threads.

    Raises FileNotFoundError without those fonts, ValueError without sheets, DomainProblem
    `symbol.unreadable` or `seal.not_an_image`.
    """
    if not sheets:
        raise ValueError("a document has at least one sheet")
    book = _font_book(fonts)
    files = _files(sheets)
    latest = max(sheet.issued_at for sheet in sheets)
    try:
        return _compiled(files, book, latest, ["ua-1"])
    except typst.TypstError:
        # PDF/UA forbids a letter that the font lacks (a rare name): it is printed as a box, in a tagged file.
        return _compiled(files, book, latest, [])


def render_strip(sheet: Sheet, *, fonts: Path) -> bytes:
    """One PDF with one page 58 mm wide and as long as it needs, in black alone, for portable thermal printers.

    The seal is left out. Otherwise as `render_sheets`.
    """
    book = _font_book(fonts)
    templates = dict(_template())
    facts = {**_facts(sheet), "seal": None, "symbol_side": _strip_side(sheet)}
    files = {
        "main": templates.pop("strip.typ"),
        **templates,
        "data.json": json.dumps({"sheets": [facts]}, ensure_ascii=False).encode(),
    }
    try:
        return _compiled(files, book, sheet.issued_at, ["ua-1"])
    except typst.TypstError:
        return _compiled(files, book, sheet.issued_at, [])


def _strip_side(sheet: Sheet) -> float:
    """Millimetres of the symbol with its quiet zone."""
    modules = make_symbol(sheet.qr_prefix, sheet.qr_digits, "Q").modules
    return STRIP_SYMBOL_MM * (modules + 2 * QUIET_ZONE) / modules


def _compiled(files: dict[str, bytes], book: typst.Fonts, at: datetime, standards: list[str]) -> bytes:
    pdf: bytes = typst.compile(  # type: ignore[call-overload]  # Its stub leaves out virtual files.
        files,
        font_paths=book,
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=standards,
        timestamp=int(at.timestamp()),
    )
    return pdf


@lru_cache(maxsize=4)
def _font_book(fonts: Path) -> typst.Fonts:
    """The fonts of the folder and no others: a machine's own fonts would change the document."""
    book = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
    if _FAMILY not in book.families():
        raise FileNotFoundError(
            f"no font {_FAMILY!r} in {fonts}: install the front end's packages (@embedpdf/fonts-sc)"
        )
    return book


@lru_cache(maxsize=1)
def _template() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in _TEMPLATES.glob("*.typ")}


def _files(sheets: Sequence[Sheet]) -> dict[str, bytes]:
    """The virtual files of one compilation: the template, the facts as JSON, and each seal once."""
    templates = dict(_template())
    facts = {"sheets": [_facts(sheet) for sheet in sheets]}
    return {
        "main": templates.pop("sheet.typ"),
        **templates,
        **{_seal_name(sheet.seal): _seal_file(sheet.seal) for sheet in sheets if sheet.seal},
        "data.json": json.dumps(facts, ensure_ascii=False).encode(),
    }


def _facts(sheet: Sheet) -> dict[str, Any]:
    """One sheet as the template reads it: cleaned texts, moments in parts, the symbol as SVG."""
    values = {field.name: getattr(sheet, field.name) for field in fields(sheet)}
    texts = {name: _plain(value) for name, value in values.items() if isinstance(value, str | tuple)}
    return texts | {
        "not_before": _moment(sheet.not_before),
        "not_after": _end(sheet.not_after),
        "issued_at": _moment(sheet.issued_at),
        "revision": sheet.revision,
        "symbol": _symbol(sheet),
        "seal": _seal_name(sheet.seal) if sheet.seal else None,
    }


def _plain(value: Any) -> Any:
    """A text, or tuple of texts, on one line and without characters that are not seen.

    Control and format characters (Unicode categories Cc, Cf, Cs) go, the reversing ones above all: they could
    make a name or a road look like another. Rare Han characters, even ones newer than this Python, stay.
    """
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    spaced = " ".join(value.split())
    return "".join(letter for letter in spaced if category(letter) not in ("Cc", "Cf", "Cs"))


def _moment(at: datetime) -> tuple[int, int, int, str]:
    """Year, month, day and HH:MM in Asia/Shanghai."""
    local = at.astimezone(SHOWN_IN)
    return local.year, local.month, local.day, f"{local.hour:02}:{local.minute:02}"


def _end(at: datetime) -> tuple[int, int, int, str]:
    """As `_moment`, with the end of a day written as 24:00 of that day, which nobody reads as a day more."""
    year, month, day, time = _moment(at)
    if time != "00:00":
        return year, month, day, time
    year, month, day, _ = _moment(at - timedelta(days=1))
    return year, month, day, "24:00"


def _symbol(sheet: Sheet) -> str:
    """The symbol of both places as SVG with its quiet zone, read back first (credential.md section 1)."""
    symbol = make_symbol(sheet.qr_prefix, sheet.qr_digits, "Q")
    check_symbol(symbol, sheet.qr_prefix + sheet.qr_digits)
    return symbol_svg(symbol, quiet=QUIET_ZONE)


def _seal_name(seal: bytes) -> str:
    return f"seal-{sha256(seal).hexdigest()}.json"


@lru_cache(maxsize=32)
def _seal_file(seal: bytes) -> bytes:
    """The seal as a JSON list of its bytes, because the compiler takes text files only.

    Raises DomainProblem("seal.not_an_image") unless `seal` is a whole PNG of at most 4 Mpixel.
    """
    try:
        image = Image.open(BytesIO(seal), formats=("PNG",))
        if image.width * image.height > _SEAL_PIXELS:
            raise DomainProblem("seal.not_an_image")
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as broken:
        raise DomainProblem("seal.not_an_image") from broken
    return json.dumps(list(seal), separators=(",", ":")).encode()
