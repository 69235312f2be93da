"""QR symbols: what is drawn is read back, even from bad photos, and nobody's file can hurt the reader."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from math import ceil, log10

import pytest
from PIL import Image, ImageFilter, ImageOps

from foundation.problems import DomainProblem
from passes.symbols import (
    PHOTO_BYTES,
    QUIET_ZONE,
    ErrorLevel,
    Symbol,
    check_symbol,
    make_symbol,
    read_symbol,
    symbol_path,
    symbol_png,
    symbol_svg,
)

PREFIX = "https://pass.example/p/"
DIGITS = "".join(random.Random(20220416).choices("0123456789", k=240))  # noqa: S311 - test data, not a secret
TEXT = PREFIX + DIGITS


def digits_for(payload_bytes: int) -> int:
    """How many digits a payload and its 64-byte signature take (credential.md section 1)."""
    return ceil(8 * (payload_bytes + 64) * log10(2))


def photo(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def printed(level: ErrorLevel = "Q") -> Image.Image:
    return Image.open(BytesIO(symbol_png(make_symbol(PREFIX, DIGITS, level)))).convert("L")


def on_a_dashboard(paper: Image.Image) -> Image.Image:
    """The paper lying somewhere on something darker."""
    scene = Image.new("L", (paper.width * 2, paper.height * 2), 90)
    scene.paste(paper, (paper.width // 2, paper.height // 3))
    return scene


@pytest.mark.parametrize("level", ["Q", "M"])
def test_every_form_of_a_symbol_reads_back_as_its_text(level: ErrorLevel) -> None:
    symbol = make_symbol(PREFIX, DIGITS, level)
    assert symbol.modules == 17 + 4 * symbol.version
    check_symbol(symbol, TEXT)
    assert read_symbol(symbol_png(symbol)) == [TEXT]


def test_a_usual_pass_stays_within_version_9_on_paper_and_8_on_a_screen() -> None:
    prefix = "https://tong.jilin.gov/p/"
    assert len(prefix) == 25
    digits = "9" * digits_for(39)
    assert make_symbol(prefix, digits, "Q").version == 9
    assert make_symbol(prefix, digits, "M").version <= 8


def test_the_largest_payload_still_makes_a_symbol_that_reads_back() -> None:
    digits = "8" * digits_for(53)
    symbol = make_symbol(PREFIX, digits, "Q")
    assert symbol.version <= 11
    check_symbol(symbol, PREFIX + digits)


def test_leading_zeros_survive() -> None:
    digits = "000" + DIGITS[3:]
    assert read_symbol(symbol_png(make_symbol(PREFIX, digits, "M"))) == [PREFIX + digits]


@pytest.mark.parametrize("digits", ["", "12a4", "１２３", "-1", "²³"])
def test_only_ascii_digits_go_into_the_second_segment(digits: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        make_symbol(PREFIX, digits, "Q")


def test_a_symbol_that_says_something_else_is_refused() -> None:
    symbol = make_symbol(PREFIX, DIGITS, "Q")
    with pytest.raises(DomainProblem) as other:
        check_symbol(symbol, TEXT + "0")
    assert other.value.code == "symbol.unreadable"


def test_a_damaged_symbol_is_refused() -> None:
    symbol = make_symbol(PREFIX, DIGITS, "Q")
    blank = tuple((False,) * symbol.modules for _ in range(20))
    with pytest.raises(DomainProblem, match=r"symbol\.unreadable"):
        check_symbol(Symbol(blank + symbol.matrix[20:], symbol.version), TEXT)


def painted(path: str, side: int) -> list[list[bool]]:
    """What the path paints, module by module."""
    grid = [[False] * side for _ in range(side)]
    for piece in path.split("M")[1:]:
        start, run = piece.split("h", 1)
        left, top = (int(number) for number in start.split())
        width = int(run.split("v")[0])
        for column in range(left, left + width):
            grid[top][column] = True
    return grid


def test_the_path_paints_exactly_the_black_modules() -> None:
    symbol = make_symbol(PREFIX, DIGITS, "Q")
    assert painted(symbol_path(symbol), symbol.modules) == [list(row) for row in symbol.matrix]
    side = symbol.modules + 2 * QUIET_ZONE
    framed = painted(symbol_path(symbol, quiet=QUIET_ZONE), side)
    inner = [row[QUIET_ZONE:-QUIET_ZONE] for row in framed[QUIET_ZONE:-QUIET_ZONE]]
    assert inner == [list(row) for row in symbol.matrix]
    assert sum(map(sum, framed)) == sum(map(sum, symbol.matrix))


def test_the_svg_is_small_and_has_its_quiet_zone_when_asked() -> None:
    symbol = make_symbol(PREFIX, DIGITS, "M")
    svg = symbol_svg(symbol, quiet=QUIET_ZONE)
    side = symbol.modules + 2 * QUIET_ZONE
    assert f'viewBox="0 0 {side} {side}"' in svg
    assert f'viewBox="0 0 {symbol.modules} {symbol.modules}"' in symbol_svg(symbol)
    assert len(svg) < 12_000


def test_the_png_has_whole_modules_and_a_quiet_zone() -> None:
    symbol = make_symbol(PREFIX, DIGITS, "M")
    png = symbol_png(symbol, module_px=7)
    image = Image.open(BytesIO(png)).convert("L")
    side = (symbol.modules + 8) * 7
    assert image.size == (side, side)
    assert ImageOps.invert(image).getbbox() == (28, 28, side - 28, side - 28)
    assert len(png) < 2_000
    with pytest.raises(ValueError, match="6 pixels"):
        symbol_png(symbol, module_px=5)


def turned(image: Image.Image) -> Image.Image:
    return on_a_dashboard(image).rotate(33, expand=True, fillcolor=90)


def tilted(image: Image.Image) -> Image.Image:
    scene = on_a_dashboard(image)
    width, height = scene.size
    corners = (-0.1 * width, 0.05 * height, 0.0, height, width, 0.85 * height, 1.2 * width, 0.0)
    return scene.transform(scene.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def distant(image: Image.Image) -> Image.Image:
    return on_a_dashboard(image.resize((120, 120), Image.Resampling.LANCZOS))


def noisy(image: Image.Image) -> Image.Image:
    scene = on_a_dashboard(image)
    grain = random.Random(3).randbytes(scene.width * scene.height)  # noqa: S311 - repeatable noise
    return Image.blend(scene, Image.frombytes("L", scene.size, grain), 0.35)


def unfocused(image: Image.Image) -> Image.Image:
    return on_a_dashboard(image).filter(ImageFilter.GaussianBlur(3.4))


def stained(image: Image.Image) -> Image.Image:
    spoilt = image.copy()
    spoilt.paste(60, (150, 170, 150 + 90, 170 + 70))
    return on_a_dashboard(spoilt)


def inverted(image: Image.Image) -> Image.Image:
    return ImageOps.invert(image)


@pytest.mark.parametrize("hurt", [turned, tilted, distant, noisy, unfocused, stained, inverted])
def test_a_poor_photo_is_read(hurt: Callable[[Image.Image], Image.Image]) -> None:
    assert read_symbol(photo(hurt(printed()), quality=70)) == [TEXT]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
def test_the_formats_of_phones_are_read(kind: str) -> None:
    assert read_symbol(photo(on_a_dashboard(printed()).convert("RGB"), kind)) == [TEXT]


def test_a_code_drawn_on_nothing_is_read() -> None:
    alpha = ImageOps.invert(printed("M"))
    black = Image.new("RGBA", alpha.size, (0, 0, 0, 0))
    black.putalpha(alpha)
    assert read_symbol(photo(black, "PNG")) == [TEXT]


def test_two_different_codes_in_one_photo_are_both_given() -> None:
    other = PREFIX + "1" * 240
    scene = Image.new("L", (1100, 500), 255)
    scene.paste(printed(), (20, 50))
    scene.paste(Image.open(BytesIO(symbol_png(make_symbol(PREFIX, "1" * 240, "Q")))).convert("L"), (560, 50))
    assert sorted(read_symbol(photo(scene))) == sorted([TEXT, other])


def test_the_same_code_twice_is_one_text() -> None:
    scene = Image.new("L", (1100, 500), 255)
    scene.paste(printed(), (20, 50))
    scene.paste(printed(), (560, 50))
    assert read_symbol(photo(scene)) == [TEXT]


def test_a_photo_without_a_code_says_so() -> None:
    with pytest.raises(DomainProblem, match=r"photo\.no_code"):
        read_symbol(photo(Image.linear_gradient("L")))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing: a decompression bomb's shell."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("size", [(8000, 7000), (10_000, 10_000), (60_000, 60_000), (31_000, 3)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(DomainProblem) as refused:
        read_symbol(png_of_size(*size))
    assert refused.value.code == "photo.too_large"
    assert refused.value.facts == {"max_mb": 10, "max_megapixels": 50}


def test_a_file_over_the_limit_is_refused_unopened() -> None:
    with pytest.raises(DomainProblem, match=r"photo\.too_large"):
        read_symbol(b"\0" * (PHOTO_BYTES + 1))


def test_what_is_no_photo_is_refused() -> None:
    whole = photo(on_a_dashboard(printed()))
    gif = photo(printed(), "GIF")
    for upload in (b"", b"hello", b"%PDF-1.7", b"<svg/>", gif, whole[: len(whole) // 2], png_of_size(50, 50)):
        with pytest.raises(DomainProblem, match=r"photo\.not_an_image"):
            read_symbol(upload)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_damaged_file_never_breaks_the_reader(kind: str) -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable damage
    whole = photo(printed().convert("RGB").resize((160, 160)), kind)
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            texts = read_symbol(bytes(broken))
        except DomainProblem as problem:
            assert problem.code.startswith("photo.")  # noqa: PT017 - reading it by luck is right as well
        else:
            assert texts == [TEXT]


def test_tiny_and_odd_images_are_only_without_a_code() -> None:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        for size in ((1, 1), (3, 9000), (9000, 3)):
            with pytest.raises(DomainProblem, match=r"photo\.no_code"):
                read_symbol(Image.new(mode, size))
