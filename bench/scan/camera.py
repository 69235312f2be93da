"""A phone's camera looks at a piece of paper: perspective, focus, movement, light, noise."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.scan.prints import Image, Print

FOCAL_PX: Final = 1004
"""A 65-degree lens on a stream 1280 pixels wide (research/qr.md 4.4)."""

OVERSAMPLING: Final = 2
NOISE_FIELDS: Final = 6
DESK: Final = 0.55
"""How bright everything beside the paper is."""


@dataclass(frozen=True)
class Shot:
    """One exposure. Lengths in mm, blur and movement in pixels of the picture, angles in degrees, noise in grey levels."""

    size: tuple[int, int]
    distance: float
    turn: float = 0
    tilt: float = 0
    tilt_towards: float = 0
    aim_off: tuple[float, float] = (0, 0)
    blur: float = 0.6
    motion: float = 0
    motion_towards: float = 0
    black: float = 35
    white: float = 215
    slope: float = 0
    glare: float = 0
    noise: float = 2.5
    jpeg: int = 0


class Camera:
    """Takes pictures; its noise is drawn once, since drawing it anew for every picture took most of the time."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._fields = rng.standard_normal((NOISE_FIELDS, 900, 1460), dtype=np.float32)

    def take(self, rng: np.random.Generator, what: Print, paper: Image, shot: Shot) -> NDArray[np.uint8]:
        """The picture, grey, `shot.size` as (width, height)."""
        matrix = _homography(what, paper, shot)
        left, top, right, bottom = _bounds(paper, matrix, shot)
        near = _optics(_projected(what, paper, shot, matrix, (left, top, right - left, bottom - top)), shot)
        picture = np.full(shot.size[::-1], DESK, np.float32)
        picture[top:bottom, left:right] = near
        taken = self._exposed(rng, picture, shot)
        if shot.jpeg:
            packed = cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, shot.jpeg])[1]
            taken = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
        return taken

    def _exposed(self, rng: np.random.Generator, picture: Image, shot: Shot) -> NDArray[np.uint8]:
        width, height = shot.size
        light = picture * np.float32(shot.white - shot.black) + np.float32(shot.black)
        if shot.slope:
            across, down = (np.linspace(-1, 1, side, dtype=np.float32) for side in shot.size)
            towards = rng.uniform(0, 2 * np.pi)
            over, under = np.float32(shot.slope * np.cos(towards)), np.float32(shot.slope * np.sin(towards))
            light *= 1 + over * across[None, :] + under * down[:, None]
        if shot.glare:
            _add_glare(rng, light, shot.glare)
        field = self._fields[rng.integers(NOISE_FIELDS)]
        top, left = (int(rng.integers(0, field.shape[i] - light.shape[i] + 1)) for i in (0, 1))
        cv2.scaleAdd(field[top : top + height, left : left + width], shot.noise, light, light)
        return cv2.convertScaleAbs(np.maximum(light, 0, out=light))


def _add_glare(rng: np.random.Generator, light: Image, radius: float) -> None:
    """A lamp mirrored in the sheet: a patch somewhere near the middle that only adds light."""
    height, width = light.shape
    x, y = (int(side / 2 + rng.uniform(-1, 1) * radius) for side in (width, height))
    reach = int(1.5 * radius)
    part = light[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    rows, columns = np.ogrid[0 : part.shape[0], 0 : part.shape[1]]
    far = np.hypot(columns - min(x, reach), rows - min(y, reach)) / radius
    part += (120 * np.clip(1.5 - far, 0, 1)).astype(np.float32)


def _bounds(paper: Image, matrix: NDArray[np.float64], shot: Shot) -> tuple[int, int, int, int]:
    """The part of the picture that the paper can have an effect on, as (left, top, right, bottom)."""
    height, width = paper.shape
    corners = np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], np.float64)
    seen = cv2.perspectiveTransform(corners, matrix)[:, 0] / OVERSAMPLING
    spread = 4 * shot.blur + shot.motion + 2
    least, most = np.floor(seen.min(axis=0) - spread), np.ceil(seen.max(axis=0) + spread)
    left, top = np.clip(least, 0, shot.size).astype(int).tolist()
    right, bottom = np.clip(most, 0, shot.size).astype(int).tolist()
    return left, top, right, bottom


def _projected(
    what: Print, paper: Image, shot: Shot, matrix: NDArray[np.float64], part: tuple[int, int, int, int]
) -> Image:
    """Part of what the lens sees (left, top, width, height), sampled finely and brought down to pixels by their means."""
    left, top, width, height = part
    # What is shrunk a lot is first blurred on the paper, or thin lines would vanish between the samples.
    shrink = what.px_per_mm * shot.distance / (FOCAL_PX * OVERSAMPLING)
    if shrink > 1.2:
        paper = cv2.GaussianBlur(paper, (0, 0), 0.4 * shrink)
    moved = np.array([[1, 0, -left * OVERSAMPLING], [0, 1, -top * OVERSAMPLING], [0, 0, 1]]) @ matrix
    fine = cv2.warpPerspective(
        paper,
        moved,
        (width * OVERSAMPLING, height * OVERSAMPLING),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=DESK,
    )
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)


def _homography(what: Print, paper: Image, shot: Shot) -> NDArray[np.float64]:
    """From pixels of the paper to pixels of the finely sampled picture."""
    middle = np.array([[1, 0, -paper.shape[1] / 2], [0, 1, -paper.shape[0] / 2], [0, 0, 1]])
    to_mm = np.diag([1 / what.px_per_mm, 1 / what.px_per_mm, 1])
    turn, towards, tilt = np.radians([shot.turn, shot.tilt_towards, shot.tilt])
    rotation = _about_z(turn + towards) @ _about_x(tilt) @ _about_z(-towards)
    plane = np.column_stack([rotation[:, 0], rotation[:, 1], [*shot.aim_off, shot.distance]])
    focal = FOCAL_PX * OVERSAMPLING
    lens = np.array(
        [[focal, 0, shot.size[0] * OVERSAMPLING / 2], [0, focal, shot.size[1] * OVERSAMPLING / 2], [0, 0, 1]]
    )
    return lens @ plane @ to_mm @ middle


def _about_z(angle: float) -> NDArray[np.float64]:
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def _about_x(angle: float) -> NDArray[np.float64]:
    return np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])


def _optics(picture: Image, shot: Shot) -> Image:
    """Lens blur and the movement of the hand."""
    if shot.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), shot.blur)
    if shot.motion >= 1:
        picture = cv2.filter2D(picture, -1, _streak(shot.motion, np.radians(shot.motion_towards)))
    return picture


def _streak(length: float, towards: float) -> Image:
    """The path of a point of light, as a kernel of sum 1."""
    side = int(np.ceil(length + 1)) | 1
    kernel = np.zeros((side, side), np.float32)
    half, middle = length / 2, side // 2
    for step in np.linspace(-half, half, 8 * side):
        x, y = middle + step * np.cos(towards), middle + step * np.sin(towards)
        kernel[round(y), round(x)] += 1
    return kernel / kernel.sum()
