"""What a scanner's camera sees, as MJPEG for a browser's fake camera: papers with given QR texts before the lens.

Chromium plays such a file in a loop, 30 frames a second, and opens it anew whenever a page opens the camera, so a
journey may put another scene into the file in between:

    --use-fake-ui-for-media-stream --use-fake-device-for-media-stream --use-file-for-fake-video-capture=FILE

Equal arguments give equal bytes. Lengths are in millimetres, angles in degrees, times in seconds.
"""

import math
import os
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from passes.symbols import QUIET_ZONE, Symbol, make_symbol, text_symbol

SIZE: Final = (1280, 720)
PER_SECOND: Final = 30
"""Chromium's rate for MJPEG files, which carry none."""

FOCAL_PX: Final = 1004
"""A lens of 65 degrees on a picture 1280 pixels wide."""

PRINT_MM: Final = 68.0
"""The larger symbol of the printed sheet, without its white."""

ADVERT: Final = "https://weixin.qq.com/r/spring-sale"
"""A code that is no pass, as it hangs on every wall."""

Frames = list[bytes]
"""JPEG pictures in the order of showing."""

_PX_PER_MM: Final = 8
_PASS_TEXT: Final = re.compile(r"(https?://[^/]+/p/)([0-9]+)")
_SHEET, _DESK, _INK, _WHITE = (199, 221, 190), (92, 88, 84), (26, 26, 28), (250, 250, 248)
_GRAIN: Final = 0.05


@dataclass(frozen=True)
class View:
    """Where a paper is before the lens: `blur` in pixels, `aside` from the middle of the picture to the right and down."""

    distance: float = 190
    turn: float = 0
    tilt: float = 0
    blur: float = 0.6
    aside: tuple[float, float] = (0, 0)


@dataclass(frozen=True)
class Paper:
    """A square piece of paper with one symbol, printed `print_mm` wide."""

    text: str
    print_mm: float = PRINT_MM

    @property
    def picture(self) -> Image.Image:
        """The paper from straight above, `_PX_PER_MM` pixels a millimetre."""
        symbol = _symbol(self.text)
        side = round(self.print_mm * _PX_PER_MM)
        dark = Image.frombytes(
            "L",
            (symbol.modules, symbol.modules),
            bytes(255 if module else 0 for row in symbol.matrix for module in row),
        )
        quiet = round(side / symbol.modules * QUIET_ZONE)
        box = Image.new("RGB", (side + 2 * quiet,) * 2, _WHITE)
        box.paste(_INK, (quiet, quiet), dark.resize((side, side), Image.Resampling.NEAREST))
        sheet = ImageOps.expand(box, border=12 * _PX_PER_MM, fill=_SHEET)
        lines = ImageDraw.Draw(sheet)
        for at in (3, 7):
            lines.line(
                [(40, at * _PX_PER_MM), (sheet.width - 90, at * _PX_PER_MM)], fill=_INK, width=_PX_PER_MM
            )
        return sheet


def _symbol(text: str) -> Symbol:
    """As it would be printed: a pass in its two segments at level Q, anything else as screens show it."""
    found = _PASS_TEXT.fullmatch(text)
    return make_symbol(found[1], found[2], "Q") if found else text_symbol(text)


def empty(seconds: float) -> Frames:
    """A desk without a paper."""
    return _taken([], 1) * _frames(seconds)


def held(paper: Paper, seconds: float, view: View | None = None) -> Frames:
    """A paper held still in the hand; by default 19 cm away and slightly turned."""
    return side_by_side([(paper, view or View(turn=4, tilt=8))], seconds)


def side_by_side(papers: Sequence[tuple[Paper, View]], seconds: float) -> Frames:
    """Papers that are in view together."""
    few = [_taken(papers, number)[0] for number in range(3)]
    return [few[number % len(few)] for number in range(_frames(seconds))]


def approach(paper: Paper, seconds: float = 2.0, unreadable: int = 15) -> Frames:
    """A paper that is brought near: `unreadable` frames from afar, tilted and out of focus, then clear ones."""
    near = View(turn=4, tilt=8)
    coming: Frames = []
    for number in range(unreadable):
        left = 1 - number / unreadable
        view = replace(
            near, distance=190 + 260 * left, tilt=8 + 34 * left, turn=4 + 25 * left, blur=5 + 3 * left
        )
        coming += _taken([(paper, view)], number)
    return coming + held(paper, seconds, near)


def series(texts: Iterable[str], seconds: float = 1.5, pause: float = 1.0) -> Frames:
    """One pass after the other, an empty view in between."""
    frames: Frames = []
    for text in texts:
        frames += [*approach(Paper(text), seconds, unreadable=6), *empty(pause)]
    return frames


def two_codes(first: str, second: str, seconds: float = 3.0) -> Frames:
    """Two papers side by side, both readable."""
    left, right = (Paper(text, PRINT_MM * 0.8) for text in (first, second))
    return side_by_side(
        [(left, View(230, aside=(-52, 0))), (right, View(230, turn=5, aside=(52, 3)))], seconds
    )


def half_size(text: str, seconds: float = 3.0) -> Frames:
    """A pass printed two pages to a sheet and once more: symbols half as wide."""
    return approach(Paper(text, PRINT_MM / 2), seconds)


def on_a_screen(texts: Sequence[str], each: float = 0.4, print_mm: float = 55) -> Frames:
    """A colleague's phone that shows one code after the other, as in a transfer from phone to phone."""
    return [frame for text in texts for frame in held(Paper(text, print_mm), each, View(170, turn=2))]


def mjpeg(frames: Iterable[bytes]) -> bytes:
    """The file for the fake camera."""
    return b"".join(frames)


def put(scene: Frames, path: Path) -> Path:
    """Write the scene, whole or not at all: the browser maps the file it plays, so that one is never written into."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(mjpeg(scene))
    os.replace(fresh, path)
    return path


def _frames(seconds: float) -> int:
    return max(1, round(seconds * PER_SECOND))


def _taken(papers: Sequence[tuple[Paper, View]], number: int) -> Frames:
    """One picture; `number` chooses its grain."""
    picture = Image.new("RGB", SIZE, _DESK)
    for paper, view in papers:
        picture.paste(*_projected(paper.picture, view))
    blur = max((view.blur for _, view in papers), default=1)
    picture = picture.filter(ImageFilter.GaussianBlur(blur))
    buffer = BytesIO()
    Image.blend(picture, _grain(number), _GRAIN).save(buffer, "JPEG", quality=82, subsampling="4:2:0")
    return [buffer.getvalue()]


def _grain(number: int) -> Image.Image:
    """Noise of a sensor."""
    noise = random.Random(number).randbytes(SIZE[0] * SIZE[1])  # noqa: S311 - grain, no secret
    return Image.frombytes("L", SIZE, noise).convert("RGB")


def _projected(sheet: Image.Image, view: View) -> tuple[Image.Image, tuple[int, int], Image.Image]:
    """The paper as the lens sees it, with the mask of where it is."""
    shrink = max(1, int(_PX_PER_MM * view.distance / FOCAL_PX))
    sheet = sheet.reduce(shrink)
    ways = _from_picture(sheet.width, _PX_PER_MM / shrink, view)
    seen = sheet.transform(SIZE, Image.Transform.PERSPECTIVE, ways, Image.Resampling.BICUBIC)
    whole = Image.new("L", sheet.size, 255)
    mask = whole.transform(SIZE, Image.Transform.PERSPECTIVE, ways, Image.Resampling.BILINEAR)
    return seen, (0, 0), mask


def _from_picture(side: int, px_per_mm: float, view: View) -> tuple[float, ...]:
    """The eight numbers that lead from a pixel of the picture to one of the paper, `side` pixels wide."""
    turn, tilt = math.radians(view.turn), math.radians(view.tilt)
    # The paper's two directions in space, turned in its plane and then tilted about the horizontal.
    right = (math.cos(turn), math.sin(turn) * math.cos(tilt), math.sin(turn) * math.sin(tilt))
    down = (-math.sin(turn), math.cos(turn) * math.cos(tilt), math.cos(turn) * math.sin(tilt))
    middle = (*view.aside, view.distance)
    half = side / 2
    columns = [[each / px_per_mm for each in direction] for direction in (right, down)]
    origin = [m - half * (r + d) for m, r, d in zip(middle, *columns, strict=True)]
    lens = ((FOCAL_PX, 0, SIZE[0] / 2), (0, FOCAL_PX, SIZE[1] / 2), (0, 0, 1))
    forth = [[sum(row[k] * column[k] for k in range(3)) for column in (*columns, origin)] for row in lens]
    back = _inverse(forth)
    return tuple(number / back[2][2] for row in back for number in row)[:8]


def _inverse(m: list[list[float]]) -> list[list[float]]:
    """Of a 3 × 3 matrix, up to a factor."""
    return [
        [
            m[(i + 1) % 3][(j + 1) % 3] * m[(i + 2) % 3][(j + 2) % 3]
            - m[(i + 1) % 3][(j + 2) % 3] * m[(i + 2) % 3][(j + 1) % 3]
            for i in range(3)
        ]
        for j in range(3)
    ]
