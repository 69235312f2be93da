"""The credential 凭证: what the QR of a pass holds, bit by bit (format version 1). No keys here: `signing`.

TEXT = PREFIX DIGITS; DIGITS = (PAYLOAD ‖ SIGNATURE) as one big-endian integer in decimal, zero-padded.
The tables of this file are part of the format: they never change while version 1 is read anywhere, which is
why they stand here and are not taken from the rules about plates and roads.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from foundation.problems import DomainProblem

VERSION: Final = 1
EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
SIGNATURE_BYTES: Final = 64
"""r ‖ s of ECDSA P-256."""
LARGEST_PAYLOAD: Final = 53
"""Bytes of a payload with three stops, seven roads and three drivers."""
LONGEST_PREFIX: Final = 25
"""Characters before the digits: with more, an ordinary pass leaves QR version 9 at level Q."""
MOST_DIGITS: Final = 434
"""Digits of 180 bytes, the most a text may carry."""

PLATE_PREFIXES: Final = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使"
PLATE_CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ挂学警港澳使领应急"
_PLATE_BASE: Final = 48
_PLATE_BODY: Final = 7
_BLACK: Final = 5
_ROAD_CLASSES: Final = "GSXYC"
_ROADS_IN_CLASS: Final = 11_110
_DRIVER_CHECKS: Final = "0123456789X"
_HEAD: Final = (4, 8, 20, 20, 5, 3, 4, 6, 3, 1, 40, 20, 20)
"""Bits of the fields that every payload has, from version to destination."""
_LARGEST: Final = 180
"""Bytes that the most digits stand for."""
_BYTES_OF_DIGITS: Final = {len(str(256**n - 1)): n for n in range(1, _LARGEST + 1)}
"""How many bytes a number of digits stands for; 8·n·log10(2) is never whole, so this is its ceiling."""

_TEXT = re.compile(r"https?://[^/]+/p/([0-9]{1,434})")
_DIGIT_STRING = re.compile(r"[0-9]{1,434}")
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_ROAD = re.compile(r"([GSXYC])([0-9]{1,4})")
_DRIVER = re.compile(r"([0-9]{3})([0-9X])")
_PREFIX = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?/p/")


class CredentialError(DomainProblem):
    """A text, payload or field that is no credential: code `malformed` or `not_canonical`.

    Fact `field`, when there is one, names the field at fault; the value itself is never told.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code, **facts)


@dataclass(frozen=True, kw_only=True)
class Credential:
    """The content of a payload. Codes are text because their leading zeros count.

    area, origin, destination and each stop: six digits (GB/T 2260). key: 0 to 255. serial: 0 to 999999.
    sector 0 to 31, kind 0 to 7, goods 0 to 63: codes of the trust list. revision: 0 to 15.
    plate: normalised, 7 or 8 characters. plate_colour: 0 to 5. stops: at most 3. roads: at most 7, such as
    G1 or G102 (G0102 is another road). not_before: aware, a whole minute from 2020-01-01T00:00Z on.
    duration_minutes: 0 to 131071. drivers: at most 3, the last four characters of an identity number.
    """

    version: int = VERSION
    key: int
    area: str
    serial: int
    sector: int
    kind: int
    revision: int
    plate: str
    plate_colour: int
    origin: str
    destination: str
    stops: tuple[str, ...] = ()
    roads: tuple[str, ...] = ()
    goods: int
    not_before: datetime
    duration_minutes: int
    drivers: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """The pass number: six digits of the area, six of the serial."""
        return f"{self.area}{self.serial:06d}"

    @property
    def not_after(self) -> datetime:
        """The first moment at which the pass is no longer valid, aware."""
        return self.not_before + timedelta(minutes=self.duration_minutes)


@dataclass(frozen=True)
class Scanned:
    """The two parts of a text that was read: `payload` (at least one byte) and `signature` (64 bytes)."""

    payload: bytes
    signature: bytes


class _Writer:
    """Collects bits, most significant first."""

    def __init__(self) -> None:
        self._value = 0
        self._bits = 0

    def put(self, field: str, value: int, bits: int) -> None:
        """Append `value`; it must fit."""
        if not 0 <= value < 1 << bits:
            raise CredentialError("malformed", field=field)
        self._value = self._value << bits | value
        self._bits += bits

    def put_list(self, field: str, values: list[int], *, count_bits: int, bits: int) -> None:
        """Append a counted list."""
        self.put(field, len(values), count_bits)
        for value in values:
            self.put(field, value, bits)

    def finish(self) -> bytes:
        """The bits so far, the last byte filled with zeros."""
        padding = -self._bits % 8
        return (self._value << padding).to_bytes((self._bits + padding) // 8)


class _Reader:
    """Takes bits from the front."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = len(data) * 8

    def take(self, bits: int) -> int:
        """The next bits as a number; running out of them is `malformed`."""
        if bits > self._left:
            raise CredentialError("malformed")
        self._left -= bits
        return self._value >> self._left & (1 << bits) - 1

    def take_list(self, read: Callable[[int], str], *, count_bits: int, bits: int) -> tuple[str, ...]:
        """A counted list, each entry turned into its text by `read`."""
        return tuple(read(self.take(bits)) for _ in range(self.take(count_bits)))


def encode_payload(credential: Credential) -> bytes:
    """The one payload of a credential, at most 53 bytes.

    Raises CredentialError(malformed, field=…) for a value the format has no place for.
    """
    writer = _Writer()
    _write_issuer(writer, credential)
    _write_plate(writer, credential)
    writer.put("origin", _county("origin", credential.origin), 20)
    writer.put("destination", _county("destination", credential.destination), 20)
    stops = [_county("stops", stop) for stop in credential.stops]
    writer.put_list("stops", stops, count_bits=2, bits=20)
    writer.put_list("roads", [_road_index(road) for road in credential.roads], count_bits=3, bits=16)
    writer.put("goods", credential.goods, 6)
    writer.put("not_before", _minutes(credential.not_before), 24)
    writer.put("duration_minutes", credential.duration_minutes, 17)
    drivers = [_driver_index(driver) for driver in credential.drivers]
    writer.put_list("drivers", drivers, count_bits=2, bits=14)
    return writer.finish()


def decode_payload(payload: bytes) -> Credential:
    """The credential in a payload, with `not_before` in UTC.

    What was read is encoded again, so that one meaning has exactly one payload.
    Raises CredentialError: `malformed` (too short, another version, a value outside its table) or
    `not_canonical` (filled with other bits than zero, or longer than its content).
    """
    credential = _read(_Reader(payload))
    if encode_payload(credential) != payload:
        raise CredentialError("not_canonical")
    return credential


def to_digits(data: bytes) -> str:
    """1 to 180 bytes as decimal digits; their number tells how many bytes they were."""
    if not 1 <= len(data) <= _LARGEST:
        raise CredentialError("malformed")
    width = len(str(256 ** len(data) - 1))
    return str(int.from_bytes(data)).zfill(width)


def from_digits(digits: str) -> bytes:
    """The bytes behind 1 to 434 ASCII digits.

    Raises CredentialError(malformed) for any other character, a number of digits that no number of bytes
    gives, or a value too large for its bytes. The pattern comes first: `int` would also take digits of other
    scripts and underscores, and refuses more than 4,300 digits with an error of its own.
    """
    size = _BYTES_OF_DIGITS.get(len(digits))
    if size is None or _DIGIT_STRING.fullmatch(digits) is None:
        raise CredentialError("malformed")
    value = int(digits)
    if value >= 256**size:
        raise CredentialError("malformed")
    return value.to_bytes(size)


def build_text(prefix: str, payload: bytes, signature: bytes) -> str:
    """The text of the QR: `prefix` (see `check_prefix`) and the digits of payload ‖ signature (64 bytes)."""
    check_prefix(prefix)
    if len(signature) != SIGNATURE_BYTES or not 1 <= len(payload) <= LARGEST_PAYLOAD:
        raise CredentialError("malformed")
    return prefix + to_digits(payload + signature)


def parse_text(text: str) -> Scanned:
    """Payload and signature of a text, whatever its host: issuer and key decide, not the address.

    A query or a fragment, which chat programs add, is cut first. Raises CredentialError(malformed).
    """
    address = re.split(r"[?#]", text, maxsplit=1)[0]
    found = _TEXT.fullmatch(address)
    if found is None or not address.isascii():
        raise CredentialError("malformed")
    data = from_digits(found[1])
    if len(data) <= SIGNATURE_BYTES:
        raise CredentialError("malformed")
    return Scanned(data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:])


def check_prefix(prefix: str) -> None:
    """A prefix is an ordinary lower-case address of at most 25 characters that ends in /p/.

    Lower case, because some cameras do not open an address with an upper-case scheme.
    Raises CredentialError(malformed, field="prefix", longest=25).
    """
    if len(prefix) > LONGEST_PREFIX or _PREFIX.fullmatch(prefix) is None:
        raise CredentialError("malformed", field="prefix", longest=LONGEST_PREFIX)


def _write_issuer(writer: _Writer, credential: Credential) -> None:
    """Version, key, pass number, sector, kind and revision."""
    if credential.version != VERSION:
        raise CredentialError("malformed", field="version")
    writer.put("version", credential.version, 4)
    writer.put("key", credential.key, 8)
    writer.put("area", _county("area", credential.area), 20)
    writer.put("serial", _county("serial", f"{credential.serial:06d}"), 20)
    writer.put("sector", credential.sector, 5)
    writer.put("kind", credential.kind, 3)
    writer.put("revision", credential.revision, 4)


def _write_plate(writer: _Writer, credential: Credential) -> None:
    """Prefix, colour, length and body of the plate."""
    prefix, body = credential.plate[:1], credential.plate[1:]
    digits = [PLATE_CHARACTERS.find(character) for character in body.ljust(_PLATE_BODY, "0")]
    if prefix not in PLATE_PREFIXES or len(body) not in (_PLATE_BODY - 1, _PLATE_BODY) or min(digits) < 0:
        raise CredentialError("malformed", field="plate")
    if credential.plate_colour > _BLACK:
        raise CredentialError("malformed", field="plate_colour")
    writer.put("plate", PLATE_PREFIXES.index(prefix), 6)
    writer.put("plate_colour", credential.plate_colour, 3)
    writer.put("plate", len(body) - (_PLATE_BODY - 1), 1)
    writer.put("plate", sum(digit * _PLATE_BASE**place for place, digit in enumerate(reversed(digits))), 40)


def _county(field: str, code: str) -> int:
    """Six digits as a number."""
    if _SIX_DIGITS.fullmatch(code) is None:
        raise CredentialError("malformed", field=field)
    return int(code)


def _road_index(road: str) -> int:
    """Class × 11110 + position of the digits among 0–9, 00–99, 000–999, 0000–9999."""
    found = _ROAD.fullmatch(road)
    if found is None:
        raise CredentialError("malformed", field="roads")
    shorter = int("1" * len(found[2])) - 1
    return _ROAD_CLASSES.index(found[1]) * _ROADS_IN_CLASS + shorter + int(found[2])


def _driver_index(driver: str) -> int:
    """First three digits × 11 + the last character, X being 10."""
    found = _DRIVER.fullmatch(driver)
    if found is None:
        raise CredentialError("malformed", field="drivers")
    return int(found[1]) * len(_DRIVER_CHECKS) + _DRIVER_CHECKS.index(found[2])


def _minutes(moment: datetime) -> int:
    """Whole minutes since the epoch; a negative number is refused by the writer."""
    if moment.tzinfo is None or (moment - EPOCH) % timedelta(minutes=1):
        raise CredentialError("malformed", field="not_before")
    return (moment - EPOCH) // timedelta(minutes=1)


def _read(reader: _Reader) -> Credential:
    """The fields in the order of the format; the keyword arguments are evaluated in that order."""
    version, key, area, serial, sector, kind, revision, *plate, origin, destination = map(reader.take, _HEAD)
    if version != VERSION:
        raise CredentialError("malformed", field="version")
    prefix, colour, longer, body = plate
    return Credential(
        key=key,
        area=_six_digits(area),
        serial=serial,
        sector=sector,
        kind=kind,
        revision=revision,
        plate=_plate(prefix, longer, body),
        plate_colour=colour,
        origin=_six_digits(origin),
        destination=_six_digits(destination),
        stops=reader.take_list(_six_digits, count_bits=2, bits=20),
        roads=reader.take_list(_road, count_bits=3, bits=16),
        goods=reader.take(6),
        not_before=EPOCH + timedelta(minutes=reader.take(24)),
        duration_minutes=reader.take(17),
        drivers=reader.take_list(_driver, count_bits=2, bits=14),
    )


def _plate(prefix: int, longer: int, body: int) -> str:
    """The plate of its numbers; what fills up a body of six characters is judged by encoding again."""
    digits = [body // _PLATE_BASE**place % _PLATE_BASE for place in reversed(range(_PLATE_BODY))]
    outside = prefix >= len(PLATE_PREFIXES) or body >= _PLATE_BASE**_PLATE_BODY
    if outside or max(digits) >= len(PLATE_CHARACTERS):
        raise CredentialError("malformed", field="plate")
    characters = [PLATE_CHARACTERS[digit] for digit in digits[: _PLATE_BODY - 1 + longer]]
    return PLATE_PREFIXES[prefix] + "".join(characters)


def _six_digits(code: int) -> str:
    """A county code with its leading zeros; a seventh digit is refused by encoding again."""
    return f"{code:06d}"


def _road(index: int) -> str:
    """The road at an index, such as G102."""
    kind, place = divmod(index, _ROADS_IN_CLASS)
    if kind >= len(_ROAD_CLASSES):
        raise CredentialError("malformed", field="roads")
    width = 1
    while place >= 10**width:
        place -= 10**width
        width += 1
    return f"{_ROAD_CLASSES[kind]}{place:0{width}d}"


def _driver(index: int) -> str:
    """The last four characters of a driver's identity number."""
    first, last = divmod(index, len(_DRIVER_CHECKS))
    return f"{first:03d}{_DRIVER_CHECKS[last]}"
