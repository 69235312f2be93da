"""What happens to a print on the road. Every function takes paper (0 black to 1 white) and gives other paper.

Areas are shares of the symbol's own area; `rng` decides where.
"""

from typing import Final

import cv2
import numpy as np

from bench.scan.prints import Image, Print

DIRT: Final = 0.04
"""How bright oil and mud are where they cover the print."""


WAVE_MM: Final = 40
"""Half a wave of paper that was rolled or wet."""


def cloud(rng: np.random.Generator, shape: tuple[int, int], grain: int) -> Image:
    """Smooth noise of mean 0 and standard deviation 1, its spots about `grain` pixels wide."""
    small = rng.standard_normal((shape[0] // grain + 3, shape[1] // grain + 3)).astype(np.float32)
    return cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC) * 1.3


def blobs(rng: np.random.Generator, what: Print, paper: Image, count: int, area: float) -> Image:
    """`count` dark blobs with ragged edges that cover `area` of the symbol together, anywhere on it, finders too."""
    start, side = what.box
    out = paper.copy()
    radius = side * np.sqrt(area / count / np.pi)
    for _ in range(count):
        y, x = start + rng.random(2) * side
        stretch = rng.uniform(0.75, 1.33)
        top, left = (max(0, int(at - 2 * radius)) for at in (y, x))
        part = out[top : int(y + 2 * radius), left : int(x + 2 * radius)]
        rows, columns = np.ogrid[0 : part.shape[0], 0 : part.shape[1]]
        far = np.hypot((columns + left - x) * stretch, (rows + top - y) / stretch)
        ragged = 1 + 0.13 * cloud(rng, part.shape, max(8, int(radius / 2)))
        cover = np.clip((radius * ragged - far) / 2 + 0.5, 0, 1)
        part[:] = part * (1 - cover) + np.minimum(part, DIRT) * cover
    return out


def specks(rng: np.random.Generator, what: Print, paper: Image, count: int, area: float) -> Image:
    """`count` round specks, half of them dark, half of them bare paper, `area` of the symbol together."""
    start, side = what.box
    out = paper.copy()
    radius = side * np.sqrt(area / count / np.pi)
    for _ in range(count):
        x, y = (start + rng.random(2) * side).tolist()
        size = radius * rng.uniform(0.6, 1.4)
        brightness = 0.1 if rng.random() < 0.5 else 0.97
        cv2.circle(out, (round(x * 16), round(y * 16)), round(size * 16), brightness, -1, cv2.LINE_AA, 4)
    return out


def folds(rng: np.random.Generator, what: Print, paper: Image, count: int, wear: float = 1.0) -> Image:
    """`count` worn folds: the ink is gone along a line, the paper on its two sides catches the light differently."""
    height, width = paper.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    out = paper
    start, side = what.box
    for _ in range(count):
        x, y = start + rng.random(2) * side
        turn = rng.uniform(0, np.pi)
        off = (columns - x) * np.sin(turn) - (rows - y) * np.cos(turn)
        off = off + cloud(rng, (height, width), 90) * 1.5
        bare_mm = wear * rng.uniform(0.2, 0.7) * (0.7 + 0.5 * cloud(rng, (height, width), 40))
        cover = np.clip(bare_mm * what.px_per_mm / 2 - np.abs(off) + 0.5, 0, 1) * rng.uniform(0.6, 1)
        out = out * (1 - cover) + 0.9 * cover
        shade = rng.uniform(-0.12, 0.12)
        out = out * (1 + shade * np.tanh(off / (4 * what.px_per_mm)))
    return out


def wavy(rng: np.random.Generator, what: Print, paper: Image, depth_mm: float) -> Image:
    """Paper that does not lie flat: each point is displaced by about `depth_mm`, smoothly."""
    height, width = paper.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    grain = round(WAVE_MM * what.px_per_mm)
    by = depth_mm * what.px_per_mm * 0.5
    dx, dy = (cloud(rng, (height, width), grain) * by for _ in range(2))
    return cv2.remap(paper, columns + dx, rows + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def ink(what: Print, paper: Image, gain: float) -> Image:
    """Ink that ran (gain > 0) or dried up (< 0): every black stroke is wider by `gain` modules."""
    black = (paper < 0.5).astype(np.uint8)
    outside = cv2.distanceTransform(1 - black, cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(black, cv2.DIST_L2, 5)
    edge = outside - inside - gain / 2 * what.px_per_module
    bare = np.clip(edge + 0.5, 0, 1).astype(np.float32)
    # The coloured sheet around the white box is no ink.
    return bare * np.maximum(paper, np.float32(0.5) + np.float32(0.5) * (paper < 0.5))


def faded(rng: np.random.Generator, paper: Image, black: float) -> Image:
    """Toner that has rubbed off in clouds: black is about as bright as `black`, here more and there less."""
    level = np.clip(black * (1 + 0.5 * cloud(rng, (paper.shape[0], paper.shape[1]), 120)), 0, 0.75)
    return level + paper * (1 - level)
