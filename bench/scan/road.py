"""The whole scene: a worn pass in the hand of an officer (research/qr.md 4.4).

Damage is harsh on purpose, and set so that the EU-sized code fares about as it did in the research (44 % unread at full
size). Our sheet is looked at as the officer does it: one symbol, and when it isn't read the other, eight pictures each
where the research took twelve; the EU-sized code is printed once and gets all sixteen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.scan import damage
from bench.scan.camera import Shot
from bench.scan.prints import Image, Print

FRAMES: Final = 16
EU_MM: Final = 60
SIZE: Final = (1280, 720)
FOLD_WEAR: Final = 1.3


NextShot = Callable[[], Shot]


@dataclass(frozen=True)
class Scene:
    """A condition: how large the prints are beside their full size, and how sharp the lens is (pixels of blur).

    `limit`: per cent of our papers that may stay unread; `eu`: of EU-sized ones in the research, for comparison.
    """

    name: str
    scale: float
    lens: float
    limit: int
    eu: int


SCENES: Final = (
    Scene("full size, lens 1.2 px", 1, 1.2, 13, 44),
    Scene("full size, soft lens 2.0 px", 1, 2.0, 25, 82),
    Scene("two thirds of the size, lens 1.2 px", 2 / 3, 1.2, 35, 83),
)


@dataclass(frozen=True)
class Sheet:
    """What is alike all over a sheet: its printer, its toner, how it lay."""

    gain: float
    black: float
    waves_mm: float


def sheet(rng: np.random.Generator) -> Sheet:
    """A sheet out of some office's printer."""
    return Sheet(rng.uniform(-3 / 8, 3 / 8), rng.uniform(0, 0.4), rng.uniform(0, 0.4))


def worn(rng: np.random.Generator, on: Sheet, what: Print) -> Image:
    """One symbol of that sheet after days in a cab."""
    paper = damage.faded(rng, damage.ink(what, what.paper, on.gain), on.black)
    if rng.random() < 0.6:
        paper = damage.folds(rng, what, paper, int(rng.integers(1, 6)), FOLD_WEAR)
    if rng.random() < 0.35:
        paper = damage.blobs(rng, what, paper, 1, rng.uniform(0.02, 0.10))
    if rng.random() < 0.35:
        paper = damage.specks(rng, what, paper, int(rng.integers(8, 61)), rng.uniform(0.005, 0.04))
    return damage.wavy(rng, what, paper, on.waves_mm)


def _sometimes(rng: np.random.Generator, mean: float) -> float:
    """Nothing in every second picture, else an amount of that mean."""
    return float(rng.exponential(mean)) if rng.random() < 0.5 else 0.0


def shot(rng: np.random.Generator, scene: Scene) -> Shot:
    """One picture out of the hand: 15 to 35 cm away, tilted up to 40 degrees, in any light."""
    bright = rng.uniform(90, 235)
    return Shot(
        SIZE,
        distance=rng.uniform(150, 350),
        turn=rng.uniform(-30, 30),
        tilt=rng.uniform(0, 40),
        tilt_towards=rng.uniform(0, 360),
        aim_off=(float(rng.uniform(-15, 15)), float(rng.uniform(-15, 15))),
        blur=float(np.hypot(scene.lens, _sometimes(rng, 0.8))),
        motion=_sometimes(rng, 2),
        motion_towards=rng.uniform(0, 180),
        black=bright * rng.uniform(0.12, 0.35),
        white=bright,
        slope=rng.uniform(0, 0.3),
        glare=rng.uniform(20, 90) if rng.random() < 0.25 else 0,
        noise=rng.uniform(2, 8),
    )
