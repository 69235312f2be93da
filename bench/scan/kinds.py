"""One kind of damage at a time: the rows of research/qr.md 4.2, column Q. Both symbols of the sheet suffer the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bench.scan import damage
from bench.scan.camera import FOCAL_PX, Shot
from bench.scan.prints import SIDES_MM, Image, Print

Harm = Callable[[np.random.Generator, Print], Image]
"""Paper after the damage."""

FRAMES: Final = 3
"""Pictures of each symbol: every rescue has its turn once."""

MARGIN: Final = 1.5
"""The picture is this much wider than the symbol, and never smaller than `SMALLEST_PX`."""
SMALLEST_PX: Final = 240
FOLD_WEAR: Final = 0.6
WAVES_MM: Final = 0.1
"""So that the decoder alone reads folded papers about as often as it did in the research (96 % of two to five folds)."""


@dataclass(frozen=True)
class Kind:
    """A condition: how wide the upper symbol is in the picture (pixels), what the paper suffers, how it is seen.

    `sweep` is what its rows have in common. `limit`: how often it must be read, in per cent (research/qr.md 4.2, level Q;
    for ink the 100 of its text and of section 7).
    """

    sweep: str
    amount: str
    px: int
    limit: int
    harm: Harm
    seen: Shot

    @property
    def name(self) -> str:
        """Sweep and amount."""
        return f"{self.sweep}, {self.amount}"

    def shot(self, rng: np.random.Generator) -> Shot:
        """One exposure of this condition, from any side."""
        shot = replace(
            self.seen,
            turn=rng.uniform(0, 360),
            tilt_towards=rng.uniform(0, 360),
            motion_towards=rng.uniform(0, 180),
            aim_off=(float(rng.uniform(-2, 2)), float(rng.uniform(-2, 2))),
        )
        return replace(shot, tilt=rng.uniform(0, 20)) if shot.tilt == 0 else shot


def _as_new(_rng: np.random.Generator, what: Print) -> Image:
    return what.paper


def _seen(px: int, **more: float) -> Shot:
    side = max(SMALLEST_PX, round(px * MARGIN))
    return Shot((side, side), FOCAL_PX * SIDES_MM[0] / px, **more)  # type: ignore[arg-type]


def _small() -> Iterator[Kind]:
    for px, limit in zip((75, 90, 105, 120, 140), (0, 33, 75, 96, 100), strict=True):
        yield Kind("small, sharp", f"{px} px", px, limit, _as_new, _seen(px))
    for px, limit in zip((120, 150, 180, 220), (0, 0, 88, 100), strict=True):
        cheap = _seen(px, blur=1.3, jpeg=60, black=62, white=188)
        yield Kind("cheap camera", f"{px} px", px, limit, _as_new, cheap)


def _unsharp() -> Iterator[Kind]:
    for sigma, limit in zip((2, 2.5, 3, 3.5), (100, 92, 4, 0), strict=True):
        yield Kind("out of focus", f"{sigma} px", 300, limit, _as_new, _seen(300, blur=sigma))
    for length, limit in zip((8, 10, 12), (100, 42, 4), strict=True):
        yield Kind("moved", f"{length} px", 300, limit, _as_new, _seen(300, motion=length))


def _dirty() -> Iterator[Kind]:
    def stain(count: int, area: float) -> Harm:
        return lambda rng, what: damage.blobs(rng, what, what.paper, count, area)

    def dots(area: float) -> Harm:
        return lambda rng, what: damage.specks(rng, what, what.paper, 60, area)

    for per_cent, limit in zip((4, 6, 8, 10, 13), (62, 50, 54, 67, 25), strict=True):
        yield Kind("one stain", f"{per_cent} %", 300, limit, stain(1, per_cent / 100), _seen(300))
    for per_cent, limit in zip((2, 4, 6), (33, 54, 33), strict=True):
        yield Kind("12 stains", f"{per_cent} %", 300, limit, stain(12, per_cent / 100), _seen(300))
    for per_cent, limit in zip((2, 4, 6), (62, 33, 8), strict=True):
        yield Kind("60 specks", f"{per_cent} %", 300, limit, dots(per_cent / 100), _seen(300))


def _worn() -> Iterator[Kind]:
    def folded(count: int) -> Harm:
        def harm(rng: np.random.Generator, what: Print) -> Image:
            return damage.wavy(rng, what, damage.folds(rng, what, what.paper, count, FOLD_WEAR), WAVES_MM)

        return harm

    def ran(gain: float) -> Harm:
        return lambda _rng, what: damage.ink(what, what.paper, gain)

    for count, limit in zip((2, 3, 4, 5), (100, 96, 100, 88), strict=True):
        yield Kind("folds and waves", f"{count}", 300, limit, folded(count), _seen(300))
    for eighths in (-3, 3):
        yield Kind("ink gain", f"{eighths:+d}/8 module", 300, 100, ran(eighths / 8), _seen(300))


def _light() -> Iterator[Kind]:
    for degrees, limit in zip((45, 55, 60, 65), (100, 100, 88, 38), strict=True):
        yield Kind("tilt", f"{degrees} degrees", 300, limit, _as_new, _seen(300, tilt=degrees))
    for share in (0.25, 0.3):
        glare = _seen(300, glare=share * 300)
        yield Kind("glare", f"radius {share:.2f} of the side", 300, 100, _as_new, glare)
    for sd in (6, 13, 25):
        yield Kind("low light", f"noise {sd}", 220, 100, _as_new, _seen(220, noise=sd))


def kinds() -> list[Kind]:
    """Every row, in the order of the table."""
    return [*_small(), *_unsharp(), *_dirty(), *_worn(), *_light()]
