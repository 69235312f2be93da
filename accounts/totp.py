"""Time-based one-time passwords (RFC 6238) and the picture that hands one to a phone. The one file that touches
pyotp and, in this room, qrcode."""

import base64
import hmac
import io
from datetime import datetime

import pyotp
import qrcode
from qrcode.image.svg import SvgPathFillImage

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""Phones run up to half a minute wrong: the step before and the step after are taken too (RFC 6238 5.2)."""
ISSUER = "Changtong"


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def right_step(secret: str, code: str, last_step: int | None, *, now: datetime) -> int | None:
    """The time step the six digits belong to, or None. A step up to `last_step` was used before and is refused."""
    here = int(now.timestamp()) // STEP_SECONDS
    clock = pyotp.TOTP(secret, interval=STEP_SECONDS)
    for step in range(here - DRIFT_STEPS, here + DRIFT_STEPS + 1):
        if hmac.compare_digest(clock.generate_otp(step).encode(), code.encode()):
            return step if last_step is None or step > last_step else None
    return None


def address(secret: str, login: str) -> str:
    """The otpauth address that authenticator apps read."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=login, issuer_name=ISSUER)


def picture(secret: str, login: str) -> str:
    """The address as a QR in SVG, as a data address for an image."""
    content = io.BytesIO()
    qrcode.make(address(secret, login), image_factory=SvgPathFillImage, border=4).save(content)
    return "data:image/svg+xml;base64," + base64.b64encode(content.getvalue()).decode()
