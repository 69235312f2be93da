"""The people of the demo world and their logins."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import RoleGrant
from accounts.passwords import hash_password
from accounts.permissions import Actor, ActorKind, Role, permissions_of
from accounts.public import Body, Firm, Person
from foundation.base import new_id

PASSWORD = "tongxing-2022"  # noqa: S105 - printed at start: a demo has nothing to hide
"""One password for every demo login."""


@dataclass(frozen=True)
class Login:
    """A login of the demo: who it is, and what to try with it."""

    login: str
    name: str
    role: Role
    body: str | None
    firm: int | None
    checkpoint: str | None
    about: str


LOGINS: tuple[Login, ...] = (
    Login("firm", "王丽", Role.FIRM_LEAD, None, 0, None, "企业管理员：申请、批量、车辆库、成员、接口令牌"),
    Login(
        "dispatcher", "马超", Role.APPLICANT, None, 0, None, "同企业经办人：申请、跟踪、打印、发驾驶员链接"
    ),
    Login("driver", "张建国", Role.APPLICANT, None, None, None, "个体司机：以个人名义申请"),
    Login(
        "officer",
        "李娜",
        Role.ISSUING_OFFICER,
        "changchun-nanguan-agriculture",
        None,
        None,
        "发证经办：领取、核发、退回、不予核发",
    ),
    Login(
        "officer2",
        "赵强",
        Role.ISSUING_OFFICER,
        "changchun-nanguan-agriculture",
        None,
        None,
        "同单位另一经办：试试同时领取",
    ),
    Login(
        "control",
        "孙伟",
        Role.CONTROL_OFFICER,
        "changchun-nanguan-control",
        None,
        "CP001",
        "交通管控与运输保障组：省内通行证",
    ),
    Login("staff", "周敏", Role.CHECKPOINT_STAFF, None, None, "CP001", "检查站人员：查验、处置"),
    Login("lead", "吴刚", Role.CHECKPOINT_LEAD, None, None, "CP001", "检查站负责人：设备令牌"),
    Login("operator", "郑洁", Role.OPERATOR, "jl-hotline", None, None, "热线接线员：查询通行证"),
    Login("liaison", "冯涛", Role.LIAISON, "changchun-transport", None, None, "联络员"),
    Login("inspector", "陈静", Role.INSPECTOR, "jl-transport", None, None, "核查人员：查询通行证"),
    Login("command", "刘洋", Role.COMMAND, "jl-command", None, None, "专班：全省通行证、审计"),
    Login(
        "admin", "杨帆", Role.ADMINISTRATOR, "jl-transport", None, None, "管理员：人员、企业、印章审批、审计"
    ),
)

FIRMS = (
    ("吉林省春耕农资物流有限公司（演示）", "220102"),
    ("长春粮源运输有限公司（演示）", "220102"),
    ("松原黑土地农业科技有限公司（演示）", "220702"),
    ("吉林市江城冷链有限公司（演示）", "220202"),
    ("四平红嘴子化肥储运有限公司（演示）", "220302"),
    ("延边长白山特产进出口贸易有限责任公司珲春分公司（演示）", "222404"),
    ("一汽零部件协同配送（南关）有限公司（演示）", "220102"),
    ("通化人参制药物资供应站（演示）", "220502"),
)
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""Weights of the check character of a credit code (GB 32100-2015, 4.2)."""
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(area: str, serial: int) -> str:
    """A credit code with a right check character, for a firm that does not exist."""
    stem = f"91{area}{serial:09d}"
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(stem, WEIGHTS, strict=True))
    return stem + ALPHABET[-total % 31]


def make_people(session: Session, *, now: datetime) -> dict[str, Actor]:
    """Firms, persons and roles; returns the acting party of each login."""
    firms = [
        Firm(
            id=new_id(),
            name=name,
            credit_code=credit_code(area, serial + 1),
            area=area,
            phone=f"0431-0510{serial:04d}",
            state="approved",
            created_at=now,
            demo=True,
        )
        for serial, (name, area) in enumerate(FIRMS)
    ]
    session.add_all(firms)
    session.flush()
    password = hash_password(PASSWORD)
    people = {login.login: make_person(session, login, firms, password, now=now) for login in LOGINS}
    for serial in range(1, len(firms)):
        login = Login(f"firm{serial + 1}", f"调度员{serial + 1}", Role.FIRM_LEAD, None, serial, None, "")
        people[login.login] = make_person(session, login, firms, password, now=now)
    return people


def make_person(session: Session, login: Login, firms: list[Firm], password: str, *, now: datetime) -> Actor:
    """One person with one role, as an acting party."""
    body = session.scalars(select(Body).where(Body.code == login.body)).one() if login.body else None
    person = Person(
        id=new_id(),
        login=login.login,
        name=login.name,
        phone="0431-05200000",
        email=f"{login.login}@demo.example.cn",
        area="220102" if login.firm is None and body is None else None,
        password_hash=password,
        body_id=body.id if body else None,
        firm_id=firms[login.firm].id if login.firm is not None else None,
        checkpoint_code=login.checkpoint,
        created_at=now,
        demo=True,
    )
    person.grants.append(RoleGrant(person_id=person.id, role=login.role.value, granted_at=now))
    session.add(person)
    session.flush()
    return Actor(
        ActorKind.PERSON,
        person.id,
        permissions=permissions_of([login.role]),
        roles=frozenset({login.role}),
        body_id=person.body_id,
        firm_id=person.firm_id,
        area=body.area if body else None,
        checkpoint_code=login.checkpoint,
    )


def staff_of(session: Session, body: Body, password: str, *, now: datetime) -> Actor:
    """An officer of a body, for decisions of the past."""
    login = Login(
        f"officer-{body.code}", f"{body.name[:4]}经办", Role.ISSUING_OFFICER, body.code, None, None, ""
    )
    return make_person(session, login, [], password, now=now)
