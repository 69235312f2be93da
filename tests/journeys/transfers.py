"""A phone's screen filmed by another phone, and a transfer that somebody altered on the way."""

import base64
import gzip
import hashlib
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from foundation.problems import DomainProblem
from passes.symbols import read_symbol
from tests.journeys.scenes import SIZE, TABLE

PREFIX = "CT1:"
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
ID, HEADER, PIECE = 6, 8, 288
DEFLATED = b"\x01"
PER_SECOND = 30
PATIENCE = 60_000
"""Milliseconds for a whole loop of frames on a busy machine."""

Film = Sequence[tuple[Image.Image, int]]


def filmed(page: Page) -> Film:
    """The screen of a phone for one loop of its transfer: pictures with their thirtieths of a second."""
    shots: list[tuple[float, bytes]] = []
    session = page.context.new_cdp_session(page)

    def keep(frame: dict[str, Any]) -> None:
        shots.append((frame["metadata"]["timestamp"], base64.b64decode(frame["data"])))
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", keep)
    bar = page.locator("progress")
    of, begun = int(bar.get_attribute("max") or 0), int(bar.get_attribute("value") or 0)
    session.send("Page.startScreencast", {"format": "png"})
    # Round to the frame before the first one, then past it.
    for frame in ((begun - 2) % of + 1, begun % of + 1):
        at = "frame => Number(document.querySelector('progress').value) === frame"
        page.wait_for_function(at, arg=frame, timeout=PATIENCE)
    session.send("Page.stopScreencast")
    session.detach()
    return [(_before_the_camera(shot), _thirtieths(now, then)) for (now, shot), (then, _) in pairwise(shots)]


def _thirtieths(now: float, then: float) -> int:
    return max(1, round((then - now) * PER_SECOND))


def _before_the_camera(shot: bytes) -> Image.Image:
    screen = Image.open(BytesIO(shot)).convert("L")
    screen = screen.resize((screen.width * SIZE[1] // screen.height, SIZE[1]), Image.Resampling.BICUBIC)
    table = Image.new("L", SIZE, TABLE)
    table.paste(screen, ((SIZE[0] - screen.width) // 2, 0))
    return table


def texts_on(film: Film) -> list[str]:
    """The texts of all frames that can be read on a film, each once."""
    found: dict[str, None] = {}
    for picture, _ in film:
        try:
            found.update(dict.fromkeys(read_symbol(picture)))
        except DomainProblem:
            # A picture taken between two frames shows neither.
            continue
    return list(found)


def altered(frames: Sequence[str]) -> list[str]:
    """The same transfer, whole in itself, with one bit of the first list's content turned round."""
    pieces = sorted((_bytes_of(frame) for frame in frames), key=lambda frame: frame[ID])
    assert len(pieces) == pieces[0][ID + 1], "a frame is missing"
    whole = b"".join(piece[HEADER:] for piece in pieces)
    content = bytearray(gzip.decompress(whole[1:]))
    header = int.from_bytes(content[:4])
    content[4 + header + 4 + 10] ^= 1
    return _frames_of(DEFLATED + gzip.compress(bytes(content)))


def _frames_of(whole: bytes) -> list[str]:
    name = hashlib.sha256(whole).digest()[:ID]
    parts = [whole[at : at + PIECE] for at in range(0, len(whole), PIECE)]
    return [PREFIX + _text_of(name + bytes([index, len(parts)]) + part) for index, part in enumerate(parts)]


def _bytes_of(frame: str) -> bytes:
    text, found = frame.removeprefix(PREFIX), bytearray()
    for at in range(0, len(text), 3):
        part = text[at : at + 3]
        value = sum(SIGNS.index(sign) * 45**place for place, sign in enumerate(part))
        found += value.to_bytes(len(part) - 1)
    return bytes(found)


def _text_of(content: bytes) -> str:
    """Base45 (RFC 9285)."""
    text = ""
    for at in range(0, len(content), 2):
        part = content[at : at + 2]
        value = int.from_bytes(part)
        for _ in range(len(part) + 1):
            value, sign = divmod(value, 45)
            text += SIGNS[sign]
    return text
