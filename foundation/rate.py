"""How often one client may ask: a token bucket for each address, in the memory of one process.

Each web process counts for itself, so with several of them the limit is as many times higher. It slows down
whoever tries codes one after the other; a flood is the business of the server in front.
"""

import hashlib
import math
import secrets
import threading
import time
from collections import OrderedDict
from ipaddress import IPv4Address, ip_address, ip_network

from flask import current_app, request

from foundation.problems import DomainProblem

PUBLIC_PER_MINUTE = 60
"""Public verdict pages a client may open in a minute."""
CLIENTS_KEPT = 20_000
_SALT = secrets.token_bytes(16)
_MAKING = threading.Lock()


class RateLimit:
    """Buckets that hold `per_minute` tokens and are filled evenly; the client that was seen longest ago is forgotten."""

    def __init__(self, per_minute: int, clients: int = CLIENTS_KEPT) -> None:
        self._most = float(per_minute)
        self._per_second = per_minute / 60
        self._clients = clients
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_for(self, client: bytes, at: float) -> float:
        """Take a token at `at` (seconds of a monotonic clock): 0, or the seconds until there is one."""
        with self._lock:
            tokens, since = self._buckets.pop(client, (self._most, at))
            tokens = min(self._most, tokens + (at - since) * self._per_second)
            admitted = tokens >= 1
            self._buckets[client] = (tokens - 1 if admitted else tokens, at)
            if len(self._buckets) > self._clients:
                self._buckets.popitem(last=False)
        return 0.0 if admitted else (1 - tokens) / self._per_second


def admit_client(what: str, *, per_minute: int = PUBLIC_PER_MINUTE) -> None:
    """Let the client of this request in. Raises `rate.limited` (fact `retry_after`, seconds) when it asks too often.

    All views that name the same `what` share one limit.
    """
    wait = _limit(what, per_minute).wait_for(_client(request.remote_addr or ""), time.monotonic())
    if wait:
        raise DomainProblem("rate.limited", retry_after=math.ceil(wait))


def _limit(what: str, per_minute: int) -> RateLimit:
    with _MAKING:
        limits: dict[str, RateLimit] = current_app.extensions.setdefault("rate", {})
        return limits.setdefault(what, RateLimit(per_minute))


def _client(address: str) -> bytes:
    """The address as a salted hash, so that none is kept; of IPv6 the /64, because one client has all of it."""
    try:
        parsed = ip_address(address)
        whole = isinstance(parsed, IPv4Address)
        who = address if whole else str(ip_network(f"{parsed}/64", strict=False))
    except ValueError:
        who = address
    return hashlib.blake2b(who.encode(), key=_SALT, digest_size=16).digest()
