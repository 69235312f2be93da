"""What is printed: the two symbols of our sheet and an EU-sized code, as grey paper before anything happens to it."""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import qrcode
from numpy.typing import NDArray

from passes.symbols import QUIET_ZONE, make_symbol

Image = NDArray[np.float32]
"""Grey, 0 black to 1 white."""

PAPER_PX: Final = 560
"""How finely paper is drawn: a symbol is at least this many pixels wide."""

SURROUND: Final = 3
"""Modules of coloured sheet around the white box, so that its edge is in the picture as it is on the sheet."""

PREFIX: Final = "https://pass.example.gov/"
DIGITS: Final = 241
"""A pass with three roads and one driver: version 9 at level Q (credential.md section 1)."""

SIDES_MM: Final = (67.8, 50.4)
"""The upper and the lower symbol of the sheet (passes/templates/sheet/sheet.typ): boxes of 78 and 58 mm less white."""

EU_CHARACTERS: Final = 541
"""The median of 410 official EU samples (research/qr.md section 1): version 18 at level Q."""


@dataclass(frozen=True)
class Print:
    """A symbol on its paper. `side_mm` is the symbol alone; `paper` has quiet zone and surround around it."""

    text: str
    paper: Image
    modules: int
    px_per_module: int
    side_mm: float

    @property
    def px_per_mm(self) -> float:
        """Pixels of `paper` for a millimetre."""
        return self.modules * self.px_per_module / self.side_mm

    @property
    def box(self) -> tuple[int, int]:
        """Where the symbol begins in `paper` and how wide it is, in pixels."""
        return (QUIET_ZONE + SURROUND) * self.px_per_module, self.modules * self.px_per_module


def our_text(chance: random.Random) -> str:
    """A text as long as a pass with three roads and one driver; the digits of a code look like any others."""
    return PREFIX + "".join(chance.choices("0123456789", k=DIGITS))


def ours(text: str, side_mm: float) -> Print:
    """Our symbol at level Q, `side_mm` wide."""
    symbol = make_symbol(PREFIX, text.removeprefix(PREFIX), "Q")
    return _print(text, np.array(symbol.matrix), side_mm)


def eu(chance: random.Random, side_mm: float) -> Print:
    """A code of the EU certificate's median length at its level Q (version 18), `side_mm` wide."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    text = "HC1:" + "".join(chance.choices(letters, k=EU_CHARACTERS - 4))
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_Q, border=0)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return _print(text, np.array(code.modules), side_mm)


def _print(text: str, matrix: NDArray[np.bool_], side_mm: float) -> Print:
    modules = len(matrix)
    px = -(-PAPER_PX // modules)
    black = np.kron(matrix.astype(np.float32), np.ones((px, px), np.float32))
    white = np.pad(1 - black, QUIET_ZONE * px, constant_values=1)
    paper = cv2.copyMakeBorder(white, *[SURROUND * px] * 4, cv2.BORDER_CONSTANT, value=0.72)
    return Print(text, paper, modules, px, side_mm)
