"""One worn paper at a time is put before the app: how many pictures until it was read?"""

import random
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.scan import kinds, prints, road
from bench.scan.camera import Camera
from bench.scan.eye import Eye
from bench.scan.prints import Image, Print

CAMERA_SEED: Final = 20221113
UNREAD: Final = 0


@dataclass(frozen=True)
class Outcome:
    """Pictures until the reading, `UNREAD` if there was none; `at_once` says the first picture needed no rescue."""

    upper: int
    lower: int
    eu: int
    at_once: bool

    @property
    def sheet(self) -> int:
        """Pictures until our sheet was read by either symbol; the lower one is looked at when the upper fails."""
        return self.upper or self.lower


class Bench:
    """A camera and the app's decoder. Every paper has its own seed, so the order of work changes nothing."""

    def __init__(self) -> None:
        self._camera = Camera(CAMERA_SEED)
        self._eye = Eye()

    def kind(self, kind: kinds.Kind, number: int) -> Outcome:
        """Paper `number` of a row of 4.2."""
        rng, chance = _seeded(kind.name, number)
        text = prints.our_text(chance)

        def read(what: Print, pictures: int) -> tuple[int, bool]:
            paper = kind.harm(rng, what)
            return self._read(what, paper, pictures, lambda: kind.shot(rng), rng)

        upper, at_once = read(prints.ours(text, prints.SIDES_MM[0]), kinds.FRAMES)
        lower = UNREAD if upper else read(prints.ours(text, prints.SIDES_MM[1]), kinds.FRAMES)[0]
        eu, _ = read(prints.eu(chance, prints.SIDES_MM[0]), 2 * kinds.FRAMES)
        return Outcome(upper, lower, eu, at_once)

    def scene(self, scene: road.Scene, number: int) -> Outcome:
        """Paper `number` of a row of 4.4. Each of our symbols gets half of the pictures, the EU-sized one all."""
        rng, chance = _seeded(scene.name, number)
        text, sheet = prints.our_text(chance), road.sheet(rng)

        def read(what: Print, pictures: int) -> tuple[int, bool]:
            paper = road.worn(rng, sheet, what)
            return self._read(what, paper, pictures, lambda: road.shot(rng, scene), rng)

        first, second = (prints.ours(text, side * scene.scale) for side in prints.SIDES_MM)
        upper, at_once = read(first, road.FRAMES // 2)
        lower = UNREAD if upper else read(second, road.FRAMES // 2)[0]
        eu, _ = read(prints.eu(chance, road.EU_MM * scene.scale), road.FRAMES)
        return Outcome(upper, lower, eu, at_once)

    def _read(
        self, what: Print, paper: Image, pictures: int, shot: "road.NextShot", rng: np.random.Generator
    ) -> tuple[int, bool]:
        for picture in range(pictures):
            answer = self._eye.look(self._camera.take(rng, what, paper, shot()), begins=picture == 0)
            if what.text in answer["texts"]:
                return picture + 1, picture == 0 and answer["stage"] == "plain"
        return UNREAD, False

    def close(self) -> None:
        """End the decoder."""
        self._eye.close()


def _seeded(name: str, number: int) -> tuple[np.random.Generator, random.Random]:
    seed = zlib.crc32(f"{name} {number}".encode())
    return np.random.default_rng(seed), random.Random(seed)  # noqa: S311 - damage, no secret
