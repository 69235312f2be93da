"""What the demo's body prints with and what its barrier has seen: a seal that says it is none, and scans with actions."""

import io
import math
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from checkpoints.public import take_in
from foundation.base import new_id
from passes.models import Pass
from passes.service.seals import approve_seal, upload_seal

SIZE = 600
RED = (200, 30, 30, 235)
WORDS = "演示专用章"
BELOW = "非真实印章"
SCANS = 24


def draw_seal(fonts: Path) -> bytes:
    """A round red seal as PNG whose words say that it belongs to a demo."""
    image = Image.new("RGBA", (SIZE, SIZE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((12, 12, SIZE - 12, SIZE - 12), outline=RED, width=14)
    font = ImageFont.truetype(str(fonts / "NotoSansHans-Bold.otf"), 68)
    for place, word in enumerate(WORDS):
        _write_around(image, font, word, 200 + place * 140 / (len(WORDS) - 1))
    draw.polygon(_star(SIZE / 2, 90), fill=RED)
    draw.text((SIZE / 2, SIZE * 0.77), BELOW, font=font.font_variant(size=52), fill=RED, anchor="mm")
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def _star(middle: float, radius: float) -> list[tuple[float, float]]:
    """The ten corners of a five-pointed star, its first point up."""
    corners = (
        (radius if corner % 2 == 0 else radius * 0.382, math.radians(corner * 36 - 90))
        for corner in range(10)
    )
    return [
        (middle + length * math.cos(angle), middle + length * math.sin(angle)) for length, angle in corners
    ]


def _write_around(image: Image.Image, font: ImageFont.FreeTypeFont, word: str, degrees: float) -> None:
    """One character on the upper arc, upright towards the rim; `degrees` clockwise from three o'clock."""
    tile = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(tile).text((50, 50), word, font=font, fill=RED, anchor="mm")
    turned = tile.rotate(-(degrees - 270), expand=True, resample=Image.Resampling.BICUBIC)
    angle = math.radians(degrees)
    x, y = SIZE / 2 + 220 * math.cos(angle), SIZE / 2 + 220 * math.sin(angle)
    image.alpha_composite(turned, (round(x - turned.width / 2), round(y - turned.height / 2)))


def make_seal(session: Session, officer: Actor, administrator: Actor, fonts: Path, *, now: datetime) -> None:
    """The officer hands the seal in, the administrator approves it."""
    seal = upload_seal(session, officer, draw_seal(fonts), now=now)
    approve_seal(session, administrator, seal.id, now=now)


def make_scans(session: Session, staff: Actor, chance: random.Random, *, now: datetime) -> None:
    """A shift at one checkpoint: most go through, one good pass is turned back, which the province sees."""
    passes = session.scalars(
        select(Pass).where(Pass.state == "live").order_by(Pass.number.desc()).limit(SCANS)
    ).all()
    events: list[Any] = []
    for place, found in enumerate(passes):
        at = now - timedelta(minutes=(place + 1) * 9 + chance.randint(0, 5))
        scan_id = str(new_id())
        shared = {"plate": found.plate, "checkpoint": staff.checkpoint_code}
        events.append(
            {
                **shared,
                "kind": "scan",
                "event_id": scan_id,
                "scanned_at": at.isoformat(),
                "number": found.number,
                "level": "green",
                "verdict": "valid",
                "reasons": ["valid"],
                "plate_seen": "matches",
                "offline": place % 7 == 0,
            }
        )
        turned_back = place == 5
        events.append(
            {
                **shared,
                "kind": "action",
                "event_id": str(new_id()),
                "acted_at": (at + timedelta(seconds=20)).isoformat(),
                "scan_id": scan_id,
                "action": "turned_back" if turned_back else "passed",
                **({"reason": "local_order"} if turned_back else {}),
            }
        )
    refused = [outcome for outcome in take_in(session, staff, events, now=now) if outcome.problem]
    if refused:
        raise ValueError(f"the demo's scans were refused: {refused[0].problem}")
