"""What stands before a camera: papers with codes on a table, as pictures of 1280 by 720 pixels."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from passes.symbols import QUIET_ZONE, Symbol, make_symbol, text_symbol

SIZE: Final = (1280, 720)
TABLE: Final = 112
PAPER: Final = 238
INK: Final = 24
MODULE: Final = 7
"""Pixels of a module on a paper held close; half of it on a print of half the size, held as close."""


def paper(text: str, module: float = MODULE) -> Image.Image:
    """A paper with the code of a text: of a pass at level Q as it is printed, of anything else at level M."""
    head, slash, digits = text.rpartition("/p/")
    is_pass = slash != "" and digits.isdecimal()
    symbol = make_symbol(f"{head}/p/", digits, "Q") if is_pass else text_symbol(text)
    return _drawn(symbol, module)


def scene(papers: Sequence[Image.Image]) -> Image.Image:
    """Papers side by side on a grey table; an empty table without any."""
    table = Image.new("L", SIZE, TABLE)
    for place, one in enumerate(papers):
        middle = SIZE[0] * (2 * place + 1) // (2 * len(papers))
        table.paste(one, (middle - one.width // 2, (SIZE[1] - one.height) // 2))
    return table


def save_film(picture: Image.Image, path: Path) -> None:
    """A film for Chromium's fake camera that shows the picture for ever: JPEGs one after another.

    It takes the place of the film before in one step; a camera that is opened from then on shows it.
    """
    save_moving([(picture, 2)], path)


def save_moving(pictures: Sequence[tuple[Image.Image, int]], path: Path) -> None:
    """A film of pictures, each shown so many thirtieths of a second, that begins again at its end."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        for picture, times in pictures:
            frame = BytesIO()
            picture.convert("RGB").save(frame, "JPEG", quality=90)
            file.write(frame.getvalue() * times)
    unfinished.replace(path)


def _drawn(symbol: Symbol, module: float) -> Image.Image:
    levels = bytes(INK if black else PAPER for row in symbol.matrix for black in row)
    bare = Image.frombytes("L", (symbol.modules, symbol.modules), levels)
    framed = ImageOps.expand(bare, border=QUIET_ZONE, fill=PAPER)
    side = round(framed.width * module)
    # Enlarged whole and then made smaller, so that modules of three and a half pixels are blurred as a lens does it.
    large = framed.resize((framed.width * 2 * MODULE, framed.height * 2 * MODULE), Image.Resampling.NEAREST)
    return large.resize((side, side), Image.Resampling.BOX)
