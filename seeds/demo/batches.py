"""Two batches of the demo's firm: one accepted and partly decided, one that waits with three bad rows."""

import csv
import io
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.permissions import Actor
from foundation.clock import SHOWN_IN
from passes.batch_models import Batch
from passes.models import Application
from passes.public import Catalogue, Tools
from passes.rules import RefuseReason
from passes.service import batch_review, reviewing
from passes.service.accepting import accept_piece
from passes.service.batch_checking import Gazetteer
from passes.service.batch_reading import open_file, read_piece
from passes.service.batches import accept, send_file

ACCEPTED_ROWS, READY_ROWS = 40, 24
ISSUED, RETURNED, REFUSED = 18, 3, 2
"""How many of the accepted rows have been decided, and how."""
HEADS = (
    "车牌号",
    "车牌颜色",
    "货物",
    "货物说明",
    "起点",
    "终点",
    "途经道路",
    "开始时间",
    "有效时长",
    "联系电话",
    "驾驶员1姓名",
    "驾驶员1身份证号后四位",
    "驾驶员1手机号",
)
GOODS = {
    23: ("玉米种子 28 吨", "水稻种子 12 吨"),
    24: ("复合肥 30 吨", "尿素 32 吨"),
    25: ("除草剂 8 吨", ""),
    26: ("水稻育苗棚膜", "育秧盘 6000 张"),
    27: ("插秧机 4 台", ""),
    28: ("豆粕 30 吨", ""),
}
"""Seed, fertiliser and what else the spring ploughing waits for, with the words people add to them."""
ENDS = ("北京市大兴区", "沈阳市和平区", "济南市历下区", "天津市北辰区", "哈尔滨市南岗区")
ROADS = ("G1、G102", "G1", "G102 京抚线", "G1、G25")
NAMES = ("于海洋", "孙立军", "赵铁柱", "崔明哲", "王秀芝", "马晓东")
PLATE, GOODS_CELL, HOURS = 0, 2, 8


def make_batches(session: Session, applicant: Actor, officer: Actor, bench: Tools, *, now: datetime) -> None:
    """Both batches, sent and decided at moments of the last day."""
    chance = random.Random(now.date().toordinal())  # noqa: S311 - plates of trucks that do not exist, not a secret
    plates = [f"吉A{number:05d}" for number in chance.sample(range(10_000), ACCEPTED_ROWS + READY_ROWS)]
    sent = now - timedelta(hours=20)
    first = [_row(chance, bench.catalogue, plate, sent) for plate in plates[:ACCEPTED_ROWS]]
    decided = _sent(session, applicant, first, "春耕运输车辆4月.csv", bench.catalogue, sent)
    _accept(session, applicant, decided, bench.catalogue, sent + timedelta(minutes=6))
    _decide(session, officer, decided, bench, sent + timedelta(minutes=30))
    second = [_row(chance, bench.catalogue, plate, now) for plate in plates[ACCEPTED_ROWS:]]
    second[4][PLATE] = f"吉AO{second[4][PLATE][3:]}"
    second[9][GOODS_CELL] = "办公家具"
    second[15][HOURS] = "3000"
    second[2][PLATE] = "吉·a" + second[2][PLATE][2:]
    second[7][HOURS] = "３天"
    _sent(session, applicant, second, "补充车辆（第二批）.csv", bench.catalogue, now - timedelta(minutes=40))


def _row(chance: random.Random, known: Catalogue, plate: str, at: datetime) -> list[str]:
    begins = (at - timedelta(minutes=30)).astimezone(SHOWN_IN)
    goods = chance.choice(sorted(GOODS))
    return [
        plate,
        chance.choice(("蓝牌", "黄牌", "黄牌")),
        known.goods[goods].name,
        chance.choice(GOODS[goods]),
        "长春市南关区",
        chance.choice(ENDS),
        chance.choice(ROADS),
        f"{begins:%Y-%m-%d %H:%M}",
        str(chance.choice((72, 120, 168))),
        f"0431-0530{chance.randint(0, 9999):04d}",
        chance.choice(NAMES),
        f"{chance.randint(0, 999):03d}{chance.choice('0123456789X')}",
        f"0431-0520{chance.randint(0, 9999):04d}",
    ]


def _sent(
    session: Session,
    applicant: Actor,
    rows: Sequence[Sequence[str]],
    name: str,
    known: Catalogue,
    at: datetime,
) -> Batch:
    """Send a file and read it as the worker would."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADS, *rows])
    batch = send_file(session, applicant, text.getvalue().encode("utf-8-sig"), name, now=at)
    opened, names = open_file(session, batch.id, now=at), Gazetteer(known)
    while opened is not None and read_piece(session, batch.id, opened, names, now=at):
        pass
    session.refresh(batch)
    return batch


def _accept(session: Session, applicant: Actor, batch: Batch, known: Catalogue, at: datetime) -> None:
    accept(session, applicant, batch.id, batch.version, now=at)
    while accept_piece(session, applicant, batch.id, Gazetteer(known), now=at):
        pass


def _decide(session: Session, officer: Actor, batch: Batch, bench: Tools, at: datetime) -> None:
    """Issue most, return and refuse a few, and leave the rest to whoever takes the batch next."""
    batch_review.take_batch(session, officer, batch.id, now=at)
    found = select(Application.id).where(Application.batch_id == batch.id, Application.taken_by == officer.id)
    ids = iter(session.scalars(found.order_by(Application.id)).all())
    for _ in range(ISSUED):
        reviewing.issue(session, officer, next(ids), bench, now=at, alone=False)
    for _ in range(RETURNED):
        notes = {"contact_phone": "电话无人接听，请更换能接通的号码。"}
        reviewing.return_(session, officer, next(ids), notes, now=at, alone=False)
    for _ in range(REFUSED):
        reviewing.refuse(
            session, officer, next(ids), RefuseReason.FALSE_DATA, "车牌与登记不符。", now=at, alone=False
        )
    batch_review.release_batch(session, officer, batch.id, now=at + timedelta(minutes=5))
