"""The printed pass: people and machines can read it, also grey, long, stamped or folded."""

import random
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import pytest
from PIL import Image, ImageDraw

from foundation.problems import DomainProblem
from passes.printing import Sheet, render_sheets
from passes.symbols import make_symbol, read_symbol

FONTS = Path(__file__).parents[2] / "frontend" / "node_modules" / "@embedpdf" / "fonts-sc" / "fonts"
BEIJING = timezone(timedelta(hours=8))
PREFIX = "https://pass.example/p/"

# A square in millimetres from the top left of the page: (x, y, side).
Box = tuple[float, float, float]

# The white boxes of the symbols.
UPPER = (208.0, 20.2, 78.0)
LOWER = (10.0, 142.5, 58.0)
HALVES = {"x": (148.5,), "y": (105.0,)}
THIRDS = {"x": (99.0, 198.0), "y": (70.0, 140.0)}


def digits(count: int = 240) -> str:
    return "".join(random.Random(count).choices("0123456789", k=count))  # noqa: S311 - test data, not a secret


def a_seal() -> bytes:
    picture = Image.new("RGBA", (420, 420), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((10, 10, 410, 410), outline=(205, 20, 30, 230), width=16)
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


USUAL = Sheet(
    number="220184000123",
    plate="吉A12345",
    plate_colour_words="黄色",
    kind_title="重点物资运输车辆通行证",
    supervised_by="吉林省保障物流畅通工作专班 监制",
    issuing_body="公主岭市农业农村局",
    issuer_phone="0431-85097301",
    applicant="公主岭市丰源粮食物流有限公司",
    drivers=(("张*国", "1234"),),
    goods="玉米",
    category="生活必需品",
    origin="吉林省长春市公主岭市",
    destination="辽宁省沈阳市于洪区",
    stops=(),
    roads=("G1 京哈高速", "G1501 沈阳绕城高速"),
    not_before=datetime(2022, 4, 16, 23, 30, tzinfo=UTC),
    not_after=datetime(2022, 5, 1, 16, 0, tzinfo=UTC),
    revision=0,
    check_code="K7M3QX",
    qr_prefix=PREFIX,
    qr_digits=digits(),
    issued_at=datetime(2022, 4, 16, 14, 32, tzinfo=BEIJING),
    seal=a_seal(),
)

SEVEN_ROADS = (
    "G1211 吉林—黑河高速公路|G12 珲春—乌兰浩特高速公路|G45 大庆—广州高速公路|G10 绥芬河—满洲里高速公路|"
    "G111 北京—漠河公路|S0513 扎兰屯—阿荣旗联络线高速公路|X0213 莫力达瓦—腾克线"
)
LONGEST = replace(
    USUAL,
    number="222426999999",
    plate="吉AD12345",
    plate_colour_words="黄绿双色",
    kind_title="吉林省疫情防控应急物资通行证",
    supervised_by="吉林省新冠肺炎疫情防控工作领导小组交通管控与运输保障组 监制",
    issuing_body="延边朝鲜族自治州安图县农业农村局（县重点物资运输保障工作专班办公室）",
    applicant="吉林省长白山保护开发区池北区天池农产品冷链物流仓储配送集团股份有限公司第二分公司",
    drivers=(("欧阳*明", "123X"), ("张*国", "0817"), ("艾*·买买提", "4420")),
    goods="猪肉、禽肉、牛羊肉、鸡蛋、鲜奶及婴幼儿配方乳粉、食用植物油、新鲜蔬菜（冷藏运输）",
    category="生活必需品（肉蛋奶菜米面油）",
    origin="吉林省延边朝鲜族自治州安图县",
    destination="内蒙古自治区呼伦贝尔市莫力达瓦达斡尔族自治旗",
    stops=("吉林省吉林市蛟河市", "吉林省松原市前郭尔罗斯蒙古族自治县", "黑龙江省大庆市杜尔伯特蒙古族自治县"),
    roads=tuple(SEVEN_ROADS.split("|")),
    qr_digits=digits(282),
    revision=15,
    seal=None,
)


def ran(*command: str, of: bytes) -> bytes:
    """What a poppler tool writes when it is given the PDF."""
    return subprocess.run(command, input=of, capture_output=True, check=True).stdout


def words(pdf: bytes) -> str:
    """The selectable text in the order of the file, without the white space between its pieces."""
    return "".join(ran("pdftotext", "-raw", "-", "-", of=pdf).decode().split())


def picture(pdf: bytes, dpi: int, *options: str) -> Image.Image:
    return Image.open(BytesIO(ran("pdftoppm", "-singlefile", "-r", str(dpi), *options, of=pdf)))


def facts(pdf: bytes) -> dict[str, str]:
    lines = ran("pdfinfo", "-", of=pdf).decode().splitlines()
    return {name.strip(): value.strip() for name, value in (line.split(":", 1) for line in lines)}


def cut(image: Image.Image, box: Box) -> Image.Image:
    """The square at (x, y) with that side, all in millimetres."""
    pixels = image.width / 297
    x, y, side = (value * pixels for value in box)
    return image.crop((round(x), round(y), round(x + side), round(y + side)))


@pytest.fixture(scope="module")
def usual() -> bytes:
    return render_sheets([USUAL], fonts=FONTS)


@pytest.fixture(scope="module")
def longest() -> bytes:
    return render_sheets([LONGEST], fonts=FONTS)


@pytest.fixture(scope="module")
def usual_print(usual: bytes) -> Image.Image:
    return picture(usual, 300).convert("RGB")


@pytest.mark.parametrize("dpi", [150, 203])
@pytest.mark.parametrize("sheet", [USUAL, LONGEST], ids=["usual", "longest"])
def test_both_symbols_of_the_print_are_read(sheet: Sheet, dpi: int) -> None:
    page = picture(render_sheets([sheet], fonts=FONTS), dpi)
    text = [sheet.qr_prefix + sheet.qr_digits]
    assert read_symbol(cut(page, UPPER)) == text
    assert read_symbol(cut(page, LOWER)) == text
    assert read_symbol(page) == text


@pytest.mark.parametrize("options", [("-gray",), ("-mono",)], ids=["grey printer", "one-bit printer"])
def test_a_printer_without_colour_makes_a_readable_pass(usual: bytes, options: tuple[str, ...]) -> None:
    page = picture(usual, 203, *options).convert("L")
    assert read_symbol(cut(page, UPPER)) == read_symbol(cut(page, LOWER)) == [PREFIX + USUAL.qr_digits]


def black_part(box: Image.Image) -> tuple[float, float, float, float]:
    """The bounding box of everything that is not white, in pixels."""
    found = box.convert("L").point(lambda level: 255 if level < 250 else 0).getbbox()
    assert found is not None
    return found


@pytest.mark.parametrize(("box", "least", "most"), [(UPPER, 65, 70), (LOWER, 45, 60)], ids=["upper", "lower"])
@pytest.mark.parametrize("count", [229, 240, 282])
def test_a_symbol_has_its_size_and_four_white_modules_around(
    box: Box, least: float, most: float, count: int
) -> None:
    sheet = replace(USUAL, qr_digits=digits(count), copy_marking="演示", status_mark="已吊销")
    page = picture(render_sheets([sheet], fonts=FONTS), 300).convert("RGB")
    pixels = page.width / 297
    inside = cut(page, (box[0] + 0.2, box[1] + 0.2, box[2] - 0.4))
    left, top, right, bottom = black_part(inside)
    side = (right - left) / pixels
    assert least <= side <= most
    assert bottom - top == pytest.approx(right - left, abs=2)
    module = side / make_symbol(PREFIX, sheet.qr_digits, "Q").modules
    margins = (left, top, inside.width - right, inside.height - bottom)
    assert all(margin / pixels + 0.2 >= 4 * module - 0.15 for margin in margins)
    ink = inside.crop((int(left), int(top), int(right), int(bottom)))
    assert ink.getpixel((5, 5)) == (0, 0, 0)


def crossed(box: Box, folds: Mapping[str, tuple[float, ...]]) -> list[tuple[str, float]]:
    """The folds that touch the white box."""
    starts = {"x": box[0], "y": box[1]}
    return [
        (axis, fold)
        for axis, lines in folds.items()
        for fold in lines
        if starts[axis] <= fold <= starts[axis] + box[2]
    ]


def test_only_the_unavoidable_fold_crosses_a_symbol_and_it_crosses_data() -> None:
    assert crossed(UPPER, HALVES) == crossed(LOWER, HALVES) == []
    assert crossed(LOWER, THIRDS) == []
    # A symbol of 65 mm with quiet zone and a margin to print has no room above the fold at 70 mm.
    assert crossed(UPPER, THIRDS) == [("y", 70.0)]
    for version in (7, 8, 9, 10):
        modules = 17 + 4 * version
        module = UPPER[2] / (modules + 8)
        row = (70.0 - UPPER[1]) / module - 4
        middle_alignment_ends = {7: 25, 8: 27, 9: 29, 10: 31}[version]
        version_block_starts = modules - 11
        assert middle_alignment_ends + 2 < row < version_block_starts - 2


def test_a_pass_folded_in_halves_and_in_thirds_is_read(usual_print: Image.Image) -> None:
    worn = usual_print.copy()
    pen = ImageDraw.Draw(worn)
    pixels, width = worn.width / 297, round(1.5 * worn.width / 297)
    for x in HALVES["x"] + THIRDS["x"]:
        pen.line((x * pixels, 0, x * pixels, worn.height), fill="white", width=width)
    for y in HALVES["y"] + THIRDS["y"]:
        pen.line((0, y * pixels, worn.width, y * pixels), fill="white", width=width)
    assert read_symbol(cut(worn, UPPER)) == read_symbol(cut(worn, LOWER)) == [PREFIX + USUAL.qr_digits]


def test_the_document_is_a_green_a4_page_with_title_and_tags(usual: bytes, usual_print: Image.Image) -> None:
    about = facts(usual)
    assert about["Page size"].startswith("841.89 x 595.2")
    assert about["Title"] == f"{USUAL.kind_title} {USUAL.number}"
    assert about["Author"] == USUAL.issuing_body
    assert about["Tagged"] == "yes"
    assert b"pdfuaid" in usual
    for place in ((2.0, 2.0), (292.0, 105.0), (70.0, 208.0)):
        red, green, blue = average(cut(usual_print, (*place, 2.0)))
        assert green > 180
        assert green - red > 40
        assert green - blue > 30


def average(area: Image.Image) -> tuple[float, float, float]:
    pixels = area.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixels, tuple)
    return pixels[0], pixels[1], pixels[2]


def shown(sheet: Sheet) -> list[str]:
    """Every text of the sheet that a person must find on the paper."""
    facts_shown = (sheet.number, sheet.plate, sheet.plate_colour_words, sheet.kind_title, sheet.check_code)
    bodies = (sheet.supervised_by, sheet.issuing_body, sheet.issuer_phone, sheet.applicant)
    cargo = (sheet.goods, sheet.category, sheet.origin, sheet.destination, *sheet.stops, *sheet.roads)
    people = [part for driver in sheet.drivers for part in driver]
    return ["".join(text.split()) for text in (*facts_shown, *bodies, *cargo, *people)]


@pytest.mark.parametrize("sheet", [USUAL, LONGEST], ids=["usual", "longest"])
def test_one_page_holds_every_field_as_text(sheet: Sheet) -> None:
    pdf = render_sheets([sheet], fonts=FONTS)
    assert facts(pdf)["Pages"] == "1"
    text = words(pdf)
    assert [field for field in shown(sheet) if field not in text] == []


def test_times_are_printed_in_beijing_and_the_end_of_a_day_as_24_hours(usual: bytes) -> None:
    text = words(usual)
    assert "2022年04月17日07:30" in text
    assert "2022年05月01日24:00" in text
    assert "2022年05月02日" not in text
    later = words(
        render_sheets([replace(USUAL, not_after=USUAL.not_after + timedelta(hours=9))], fonts=FONTS)
    )
    assert "2022年05月02日09:00" in later


def test_a_pass_that_binds_no_driver_says_so() -> None:
    assert "不限定驾驶员" in words(render_sheets([replace(USUAL, drivers=())], fonts=FONTS))


def test_far_too_long_texts_shrink_and_stay_in_their_places(usual_print: Image.Image) -> None:
    flood = replace(
        LONGEST,
        applicant="很长的单位名称" * 40,
        goods="GOODS_WITHOUT_A_SINGLE_SPACE_" * 8,
        roads=("G1 " + "长" * 60,) * 7,
        kind_title="吉林省重点物资运输车辆通行证" * 3,
        issuing_body="延边朝鲜族自治州" * 12,
        supervised_by="监制" * 60,
    )
    pdf = render_sheets([flood], fonts=FONTS)
    assert facts(pdf)["Pages"] == "1"
    text = words(pdf)
    assert [field for field in shown(flood) if field not in text] == []
    page = picture(pdf, 300).convert("RGB")
    # The strips beside and below the fields hold the ground only, however long the texts are.
    for gap in (*((203.6, y, 4.0) for y in (22, 64, 76, 88, 100, 112, 125, 134)), (80.0, 139.6, 2.5)):
        assert average(cut(page, gap)) == pytest.approx(average(cut(usual_print, gap)), abs=2)
    assert read_symbol(cut(page, UPPER)) == [PREFIX + flood.qr_digits]


TYPED = """#read("/etc/passwd")
$x^2$ $
*a* _b_ `c` = 标题
\\ \\u{41} \\# "'“”
#pagebreak()
<tag> @ref // /* */ [[#{1+1}]] -- --- ... ~
</path><script>&amp;"""


@pytest.mark.parametrize("typed", TYPED.splitlines())
def test_what_a_person_typed_is_printed_and_never_run(typed: str) -> None:
    sheet = replace(USUAL, applicant=typed, roads=(typed,), kind_title=typed, goods=typed)
    pdf = render_sheets([sheet], fonts=FONTS)
    text = words(pdf)
    assert text.count("".join(typed.split())) >= 4
    assert "root:" not in text
    assert facts(pdf)["Pages"] == "1"


def test_invisible_characters_cannot_disguise_a_name() -> None:
    sheet = replace(USUAL, applicant="丰\u200b源\u202e司公\u0000限\n有\u2028物流")
    assert "丰源司公限有物流" in words(render_sheets([sheet], fonts=FONTS))


def test_a_letter_that_the_font_lacks_does_not_stop_the_pass() -> None:
    text = words(render_sheets([replace(USUAL, applicant="𠮷祥物流🚚有限公司")], fonts=FONTS))
    assert "祥物流" in text
    assert "有限公司" in text
    assert USUAL.plate in text


def reddish(page: Image.Image) -> int:
    """Clearly red pixels in the place of the seal."""
    area = cut(page, (226.0, 149.0, 42.0)).convert("RGB").tobytes()
    return sum(1 for at in range(0, len(area), 3) if area[at] > 150 and area[at + 1] < 90)


def test_the_seal_is_printed_over_the_name_and_its_place_is_marked_without_one(usual: bytes) -> None:
    bare = render_sheets([replace(USUAL, seal=None)], fonts=FONTS)
    assert "（盖章处）" in words(bare)
    assert "（盖章处）" not in words(usual)
    assert reddish(picture(bare, 100)) == 0
    assert reddish(picture(usual, 100)) > 500
    assert USUAL.issuing_body in words(usual)


@pytest.mark.parametrize("seal", [b"no picture", a_seal()[:300], b"\x89PNG\r\n\x1a\n"])
def test_a_seal_that_is_no_picture_is_refused(seal: bytes) -> None:
    with pytest.raises(DomainProblem, match=r"seal\.not_an_image"):
        render_sheets([replace(USUAL, seal=seal)], fonts=FONTS)


def test_marks_are_printed_and_leave_the_symbols_alone() -> None:
    pdf = render_sheets([replace(USUAL, copy_marking="演示", status_mark="已吊销")], fonts=FONTS)
    text = words(pdf)
    assert text.count("演示") > 10
    assert "已吊销" in text
    assert read_symbol(cut(picture(pdf, 150), UPPER)) == [PREFIX + USUAL.qr_digits]


def test_a_batch_has_a_page_for_each_sheet_in_order() -> None:
    plates = ["吉A00001", "吉A00002", "吉A00003"]
    sheets = [replace(USUAL, plate=plate, qr_digits=digits(230 + at)) for at, plate in enumerate(plates)]
    pdf = render_sheets(sheets, fonts=FONTS)
    assert facts(pdf)["Pages"] == "3"
    pages = ran("pdftotext", "-", "-", of=pdf).decode().split("\f")
    assert [plate for plate, page in zip(plates, pages, strict=False) if plate in page] == plates
    for number, sheet in enumerate(sheets, start=1):
        page = picture(pdf, 150, "-f", str(number), "-l", str(number))
        assert read_symbol(page) == [PREFIX + sheet.qr_digits]


def test_the_same_sheet_gives_the_same_bytes(usual: bytes) -> None:
    render_sheets([LONGEST], fonts=FONTS)
    assert render_sheets([USUAL], fonts=FONTS) == usual
    assert facts(usual)["CreationDate"].startswith("Sat Apr 16")


def test_several_threads_print_at_once(usual: bytes) -> None:
    with ThreadPoolExecutor(4) as threads:
        results = threads.map(lambda _: render_sheets([USUAL], fonts=FONTS), range(8))
        assert all(result == usual for result in results)


def test_missing_fonts_are_named_and_missing_sheets_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        render_sheets([], fonts=FONTS)
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FileNotFoundError, match="fonts-sc"):
            render_sheets([USUAL], fonts=folder)


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, usual: bytes) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert render_sheets([USUAL], fonts=FONTS) == usual
    assert list(tmp_path.iterdir()) == []


def test_speed_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    many = [replace(USUAL, plate=f"吉B{serial:05}", qr_digits=digits(241)) for serial in range(20)]
    times = [perf_counter()]
    for sheets in (*([sheet] for sheet in many), many):
        render_sheets(sheets, fonts=FONTS)
        times.append(perf_counter())
    *single, batch = sorted((later - earlier) * 1000 for earlier, later in pairwise(times))
    with capsys.disabled():
        print(f"\none sheet {single[10]:.0f} ms, slowest {single[-1]:.0f} ms; of a batch {batch / 20:.0f} ms")
    assert batch > single[0]
