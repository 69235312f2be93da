"""The sheet: one alone and five hundred together."""

import random
import time
from datetime import timedelta

from bench.world import NOW, ROOT
from passes.printing import Sheet, render_sheets

FONTS = ROOT / "frontend/node_modules/@embedpdf/fonts-sc/fonts"


def _digits(serial: int) -> str:
    """As many digits as an ordinary pass has, and as mixed."""
    return str(random.Random(serial).getrandbits(800))[-237:]  # noqa: S311 - a repeatable mixture


def a_sheet(serial: int) -> Sheet:
    """An ordinary pass with three roads and one driver."""
    return Sheet(
        number=f"220100{serial:06d}",
        plate=f"吉A{serial:05d}",
        plate_colour_words="蓝牌",
        kind_title="重点物资运输车辆通行证",
        supervised_by="吉林省疫情防控领导小组 监制",
        issuing_body="长春市交通运输局",
        issuer_phone="0431-05000001",
        applicant="吉林粮运有限公司",
        drivers=(("王**", "123X"),),
        goods="粮食",
        category="生活必需品",
        origin="吉林省长春市南关区",
        destination="北京市大兴区",
        stops=(),
        roads=("G1 京哈高速", "G102", "G45"),
        not_before=NOW,
        not_after=NOW + timedelta(hours=72),
        revision=0,
        check_code="4GG8MV",
        qr_prefix="https://ct.example.cn/p/",
        qr_digits=_digits(serial),
        issued_at=NOW,
    )


def alone(times: int = 60) -> float:
    """The 95th percentile of one sheet, in milliseconds, after a first one has loaded the fonts."""
    render_sheets([a_sheet(0)], fonts=FONTS)
    found = []
    for serial in range(times):
        started = time.perf_counter()
        render_sheets([a_sheet(serial + 1)], fonts=FONTS)
        found.append((time.perf_counter() - started) * 1000)
    return sorted(found)[int(times * 0.95)]


def together(sheets: int = 500, piece: int = 100) -> float:
    """Milliseconds a sheet in a batch, made in pieces as the job makes them."""
    started = time.perf_counter()
    for first in range(0, sheets, piece):
        render_sheets([a_sheet(first + place) for place in range(piece)], fonts=FONTS)
    return (time.perf_counter() - started) * 1000 / sheets
