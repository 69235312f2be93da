"""QR symbols: drawing the text of a pass, and reading a symbol back from a drawing or from a photo.

The only file that touches `qrcode` (which draws) and `zxingcpp` (which reads). The two share no code, so what
one draws and the other reads back is right. The text and its two error levels: credential.md section 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Final, Literal

import qrcode
import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from foundation.problems import DomainProblem

ErrorLevel = Literal["Q", "M"]
"""Q (a quarter of the symbol may be lost) for paper, M (15 %) for screens and messages."""

QUIET_ZONE: Final = 4
"""Modules of white on every side of a symbol (ISO/IEC 18004)."""

PHOTO_BYTES: Final = 10_000_000
"""The largest photo that is opened, in bytes."""

PHOTO_PIXELS: Final = 50_000_000
"""The largest photo that is decoded, width by height in pixels; the 50 Mpixel phones stay inside."""

PHOTO_SIDE: Final = 30_000
"""The longest side of a photo that is decoded, in pixels; the reader takes no image over 65,535."""

_LEVELS: Final = {"Q": qrcode.ERROR_CORRECT_Q, "M": qrcode.ERROR_CORRECT_M}
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QR_ONLY: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_READ_BACK_PX: Final = 3
_BLACK_OR_WHITE: Final = [0] * 124 + [255] * 132
_LARGEST_SIDE: Final = 3000
_WORKING_SIDE: Final = 1600


@dataclass(frozen=True)
class Symbol:
    """A QR symbol without quiet zone: rows of modules from the top, True is black; `version` is 1 to 40."""

    matrix: tuple[tuple[bool, ...], ...]
    version: int

    @property
    def modules(self) -> int:
        """Modules on one side: 17 + 4 × version."""
        return len(self.matrix)


def make_symbol(prefix: str, digits: str, level: ErrorLevel) -> Symbol:
    """The smallest symbol that holds `prefix` and `digits` at `level` ("Q" for paper, "M" for screens).

    The two segments, bytes then digits, are set and never left to an optimiser, so another release of the
    library cannot change what is printed. Raises ValueError unless `digits` are ASCII digits.
    """
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError("the second segment of a symbol holds digits only")
    code = qrcode.QRCode(error_correction=_LEVELS[level], border=0)
    code.add_data(QRData(prefix.encode(), mode=MODE_8BIT_BYTE), optimize=0)
    code.add_data(QRData(digits.encode(), mode=MODE_NUMBER), optimize=0)
    code.make(fit=True)
    matrix = tuple(tuple(bool(module) for module in row) for row in code.modules)
    return Symbol(matrix, int(code.version))


def text_symbol(text: str) -> Symbol:
    """A symbol of any short text at level M, for a screen: a link that a phone's camera opens."""
    code = qrcode.QRCode(error_correction=_LEVELS["M"], border=0)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE), optimize=0)
    code.make(fit=True)
    matrix = tuple(tuple(bool(module) for module in row) for row in code.modules)
    return Symbol(matrix, int(code.version))


def symbol_path(symbol: Symbol, *, quiet: int = 0) -> str:
    """The black of a symbol as SVG path data, one unit a module: one rectangle for each run in a row."""
    return "".join(
        f"M{left + quiet} {top + quiet}h{width}v1h-{width}z" for left, top, width in _runs(symbol.matrix)
    )


def _runs(matrix: tuple[tuple[bool, ...], ...]) -> Iterator[tuple[int, int, int]]:
    """The horizontal runs of black as (left, top, width), in modules."""
    for top, row in enumerate(matrix):
        left = 0
        for black, run in groupby(row):
            width = len(list(run))
            if black:
                yield left, top, width
            left += width


def symbol_svg(symbol: Symbol, *, quiet: int = 0) -> str:
    """The symbol as an SVG document of about 7 KB: pure black on white, `quiet` modules of white around it.

    Without a quiet zone the caller gives four modules of white (`QUIET_ZONE`) around the picture.
    """
    side = symbol.modules + 2 * quiet
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{symbol_path(symbol, quiet=quiet)}"/></svg>'
    )


def symbol_png(symbol: Symbol, module_px: int = 6, quiet: int = QUIET_ZONE) -> bytes:
    """The symbol as a black-and-white PNG, `module_px` (at least 6) pixels a module.

    Raises ValueError for smaller modules: they don't survive a chat program that shrinks pictures.
    """
    if module_px < 6:
        raise ValueError("a module of a symbol for people is at least 6 pixels wide")
    buffer = BytesIO()
    _picture(symbol, module_px, quiet).convert("1").save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _picture(symbol: Symbol, module_px: int, quiet: int) -> Image.Image:
    """The symbol as an 8-bit grey image."""
    levels = bytes(0 if black else 255 for row in symbol.matrix for black in row)
    bare = Image.frombytes("L", (symbol.modules, symbol.modules), levels)
    framed = ImageOps.expand(bare, border=quiet, fill=255)
    return framed.resize((framed.width * module_px, framed.height * module_px), Image.Resampling.NEAREST)


def check_symbol(symbol: Symbol, text: str) -> None:
    """Read the symbol back; raises DomainProblem("symbol.unreadable") unless exactly `text` comes out."""
    if _texts(_picture(symbol, _READ_BACK_PX, QUIET_ZONE)) != [text]:
        raise DomainProblem("symbol.unreadable")


def read_symbol(photo: bytes | Image.Image) -> list[str]:
    """The texts of the QR codes in a photo (JPEG, PNG or WebP) or image, each text once, in no set order.

    Raises DomainProblem: `photo.too_large` (over 10 MB, 50 Mpixel or 30,000 pixels on a side; facts max_mb,
    max_megapixels), `photo.not_an_image` (unknown format or damaged), `photo.no_code`.
    """
    image = _opened(photo) if isinstance(photo, bytes) else photo
    grey = _on_white(image)
    for attempt in _attempts(grey):
        if texts := _texts(attempt):
            return texts
    raise DomainProblem("photo.no_code")


def _too_large() -> DomainProblem:
    return DomainProblem(
        "photo.too_large", max_mb=PHOTO_BYTES // 1_000_000, max_megapixels=PHOTO_PIXELS // 1_000_000
    )


def _opened(photo: bytes) -> Image.Image:
    """The decoded image; its size is asked before any pixel is unpacked, so a bomb costs nothing."""
    if len(photo) > PHOTO_BYTES:
        raise _too_large()
    try:
        image = Image.open(BytesIO(photo), formats=_FORMATS)
        if image.width * image.height > PHOTO_PIXELS or max(image.size) > PHOTO_SIDE:
            raise _too_large()
        # A JPEG is unpacked as grey and, when very large, at a fraction of its size: time and memory saved.
        image.draft("L", (_LARGEST_SIDE, _LARGEST_SIDE))
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_large() from bomb
    except (OSError, SyntaxError, ValueError, EOFError) as broken:
        raise DomainProblem("photo.not_an_image") from broken
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """Grey, with transparent parts white: a code drawn on nothing would else be black on black."""
    if not image.has_transparency_data:
        return image.convert("L")
    coloured = image.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    return Image.alpha_composite(white, coloured).convert("L")


def _attempts(grey: Image.Image) -> Iterator[Image.Image]:
    """The image, then versions that rescue what a first reading misses (research/qr.md 4.3)."""
    # Past 12 Mpixel a phone's sensor adds noise and no detail, and every attempt would take a second.
    grey = grey.reduce(max(1, min(grey.size) // _LARGEST_SIDE))
    yield grey
    if max(grey.size) > _WORKING_SIDE:
        # Shrinking averages sensor noise and paper grain away.
        grey.thumbnail((_WORKING_SIDE, _WORKING_SIDE))
        yield grey
    yield grey.filter(ImageFilter.UnsharpMask(radius=3, percent=250, threshold=0))
    # A small or distant symbol has too few pixels a module until it is enlarged.
    yield grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.BILINEAR)
    # Against the mean of its surroundings even a faded or unfocused module is clearly dark or light.
    yield ImageChops.subtract(grey, grey.filter(ImageFilter.BoxBlur(8)), offset=128).point(_BLACK_OR_WHITE)


def _texts(grey: Image.Image) -> list[str]:
    """The texts of the QR codes found, each once."""
    found = zxingcpp.read_barcodes(
        grey,
        formats=_QR_ONLY,
        text_mode=zxingcpp.TextMode.Plain,
        try_rotate=True,
        try_downscale=True,
        try_invert=True,
    )
    return list(dict.fromkeys(code.text for code in found))
