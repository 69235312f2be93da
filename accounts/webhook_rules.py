"""The rules of webhooks: what is told, how it is signed, when it is tried again. No database, no network."""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from foundation.problems import FieldProblem, field_problem


class WebhookKind(StrEnum):
    """What a firm's server can be told of."""

    PING = "ping"
    APPLICATION_RETURNED = "application.returned"
    APPLICATION_ISSUED = "application.issued"
    APPLICATION_REFUSED = "application.refused"
    PASS_SUSPENDED = "pass.suspended"
    PASS_RESUMED = "pass.resumed"
    PASS_REVOKED = "pass.revoked"
    PASS_SURRENDERED = "pass.surrendered"
    PASS_SUPERSEDED = "pass.superseded"
    PASS_AMENDED = "pass.amended"
    BATCH_READ = "batch.read"
    BATCH_ACCEPTED = "batch.accepted"
    BATCH_DECIDED = "batch.decided"


class DeliveryState(StrEnum):
    """Where the telling of one event to one endpoint stands."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


BACK_OFF = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Pauses after each failed try, as the Standard Webhooks specification proposes: some three days in all."""
GONE = 410
"""The receiver's word for "never again": the endpoint is paused."""
MOST_ENDPOINTS = 5
"""A firm has a server or two and one for trials; more is a mistake, and each one multiplies what is sent."""
LONGEST_URL = 300
SECRET_PREFIX = "whsec_"
WEB_PORTS = frozenset({80, 443})
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def secret_of(server_key: bytes, endpoint_id: str, generation: int) -> bytes:
    """The 32 bytes that sign an endpoint's deliveries. They follow from the server's key, so no table holds them."""
    return hmac.new(server_key, f"webhook:{endpoint_id}:{generation}".encode(), hashlib.sha256).digest()


def shown_secret(secret: bytes) -> str:
    """The secret as a receiver's library takes it (Standard Webhooks: prefix and base 64)."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(secret: bytes, event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of the Standard Webhooks specification: id, time stamp in seconds, HMAC-SHA256 over all."""
    stamp = str(int(at.timestamp()))
    signature = hmac.new(secret, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When a delivery that has failed `attempts` times is tried again; None once it is given up."""
    return now + BACK_OFF[attempts - 1] if attempts <= len(BACK_OFF) else None


def is_taken(status: int | None) -> bool:
    """Whether the receiver has said that it has the event; a redirect is not followed and says nothing."""
    return status is not None and 200 <= status < 300


def url_problems(url: str, *, private: bool) -> list[FieldProblem]:
    """What is wrong with the address of an endpoint. `private` allows plain http, any port and addresses within."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return [field_problem("url", "webhook.url")]
    if len(url) > LONGEST_URL or not parts.hostname or "@" in parts.netloc or parts.fragment:
        return [field_problem("url", "webhook.url")]
    if private:
        return [] if parts.scheme in {"http", "https"} else [field_problem("url", "webhook.url")]
    if parts.scheme != "https":
        return [field_problem("url", "webhook.https")]
    return [] if port is None or port in WEB_PORTS else [field_problem("url", "webhook.port")]


def is_public(address: str) -> bool:
    """Whether an address is one of the open Internet: not the server itself, nor the network it stands in."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        found = _carried(found) or found
    return found.is_global and not found.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address of the older kind that a gateway makes of one: mapped, 6to4 (RFC 3056), NAT64 (RFC 6052)."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def event_content(event_id: str, kind: str, subject: Mapping[str, object], at: datetime) -> dict[str, object]:
    """What is sent: id, kind, time (ISO 8601 in UTC) and the ids and states it is about, never personal data."""
    return {"id": event_id, "type": kind, "timestamp": at.isoformat(), "data": dict(subject)}
