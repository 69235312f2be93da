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

from accounts.permissions import Actor, ActorKind
from accounts.public import enrol, note_report, order_enrolment
from accounts.service.devices import revoke_device_token
from checkpoints.models import Slip
from checkpoints.public import take_in
from checkpoints.rules_slip import code_of_event
from checkpoints.slips import slip_asked, take_slip
from foundation.base import new_id
from passes.models import Pass
from passes.public import Tools
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


SLIPS: tuple[dict[str, Any], ...] = (
    {"plate": "辽AE6201", "goods": 7, "goods_words": "大米 30 吨", "destination": "220102", "ago": 25},
    {"plate": "黑BF10762", "plate_colour": 3, "goods": 9, "destination": "220202", "ago": 70},
    {"plate": "冀B8T519", "goods": 1, "goods_words": "抗原试剂", "destination": "220702", "ago": 190},
    {"plate": "辽H30518", "goods": 24, "destination": "220302", "driver_last4": None, "ago": 260},
    # What goes wrong at a barrier: the truck has a pass already, leaves the province, comes to light too late.
    {"plate": "辽AE6201", "goods": 7, "destination": "220102", "ago": 12},
    {"plate": "鲁F67330", "goods": 32, "destination": "230103", "ago": 130},
    {"plate": "蒙E51907", "goods": 41, "destination": "220802", "ago": 27 * 60, "offline": True},
    {"plate": "黑A7R033", "goods": 23, "destination": "220184", "ago": 3 * 60, "offline": True},
)
"""What was asked for at one barrier, and how many minutes ago."""


def make_slips(session: Session, staff: Actor, tools: Tools, *, now: datetime) -> None:
    """Passes asked for at one checkpoint, the oldest first; some of them could not be issued."""
    for number, wanted in enumerate(sorted(SLIPS, key=lambda wanted: -wanted["ago"])):
        given: dict[str, Any] = {"plate_colour": 1, "goods_words": None, "offline": False}
        given |= {"driver_last4": f"{471 + number}X", "phone": f"1000000{4100 + number}", **wanted}
        made = now - timedelta(minutes=given.pop("ago"))
        # A phone that had no network brought its slips an hour ago.
        at = now - timedelta(hours=1) if given["offline"] else made
        event_id = new_id()
        told = {"event_id": event_id, "code": code_of_event(event_id), "checkpoint": staff.checkpoint_code}
        times = {"made_at": made, "time_low": None, "time_high": None}
        take_slip(session, staff, slip_asked({**given, **told, **times}), tools, now=at)
    if not session.scalar(select(Slip.number).where(Slip.state == "issued").limit(1)):
        raise ValueError("no pass of the demo was issued on the spot")


VERSION = "1.0.0"
WELL: dict[str, Any] = {
    "app_version": VERSION,
    "waiting": 0,
    "refused": 0,
    "status_seq": 1,
    "trust_seq": 1,
    "book_etag": None,
    "persisted": True,
    "health": "ok",
}
"""What a phone tells of itself that has sent everything and can keep what comes."""


def make_devices(session: Session, staff: Actor, lead: Actor, *, now: datetime) -> None:
    """Three phones of one checkpoint: one that is well, one in the hills with scans to send, one that was lost."""
    phones = (
        ("1 号机", WELL, timedelta(minutes=2)),
        ("2 号机（备用）", {**WELL, "waiting": 17, "persisted": False}, timedelta(hours=5)),
        ("3 号机", {**WELL, "waiting": 2}, timedelta(days=2)),
    )
    for name, told, ago in phones:
        _, code = order_enrolment(
            session, staff, name, staff.checkpoint_code or "", now=now - timedelta(days=3)
        )
        row, _ = enrol(session, code, VERSION, now=now - timedelta(days=3))
        last = now - ago
        report = {**told, "status_as_of": last.isoformat()}
        note_report(session, Actor(ActorKind.DEVICE, row.id), report, now=last)
        row.last_used_at = last
    revoke_device_token(session, lead, row.id, now=now - timedelta(days=1))


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
                "means": "camera",
                "uec": round(chance.uniform(0.25, 0.9), 3),
                "symbol_version": 9,
                "frames": chance.randint(1, 6),
                "read_ms": chance.randint(12, 48),
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
