"""What every page is given: the menu, the person, the built files, the language."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, g, request, url_for

from accounts.permissions import Actor, Permission
from accounts.public import ROLE_WORDS
from foundation import outbox
from foundation.database import db
from foundation.i18n import chosen_locale, gettext, lazy_gettext
from foundation.settings import Settings

BUILT = Path(__file__).parent / "static" / "built" / "office"
NOT_BUILT: dict[str, Any] = {}


@dataclass(frozen=True)
class MenuItem:
    """One entry of the menu: an endpoint, its words, and the permission that shows it (None = everybody).

    `also` shows it as well; `besides` must be there in any case.
    """

    endpoint: str
    words: Any
    permission: Permission | None
    also: Permission | None = None
    besides: Permission | None = None

    def shown_to(self, actor: Actor) -> bool:
        """Whether the matrix lets this party in."""
        wanted = {self.permission, self.also} - {None}
        if self.besides is not None and self.besides not in actor.permissions:
            return False
        return not wanted or bool(wanted & actor.permissions)


MENU: tuple[MenuItem, ...] = (
    MenuItem("web.home", lazy_gettext("首页"), None),
    MenuItem("passes.my_applications", lazy_gettext("我的申请"), Permission.APPLICATION_APPLY),
    MenuItem("passes.batches", lazy_gettext("批量申请"), Permission.APPLICATION_APPLY),
    MenuItem("passes.vehicles", lazy_gettext("车辆库"), Permission.APPLICATION_APPLY),
    MenuItem("passes.queue", lazy_gettext("待审申请"), Permission.APPLICATION_REVIEW),
    MenuItem("passes.counter", lazy_gettext("窗口办理"), Permission.APPLICATION_REVIEW),
    MenuItem("passes.register", lazy_gettext("通行证"), Permission.PASS_READ),
    MenuItem("checkpoints.staff", lazy_gettext("查验"), Permission.SCAN_RECORD),
    MenuItem("checkpoints.on_the_spot", lazy_gettext("现场核发"), Permission.PASS_ISSUE_ON_THE_SPOT),
    MenuItem("checkpoints.enrol", lazy_gettext("登记手机"), Permission.SCAN_RECORD),
    MenuItem("web.scanner", lazy_gettext("扫码端"), Permission.SCAN_RECORD),
    MenuItem("checkpoints.register_list", lazy_gettext("检查站点"), Permission.PASS_LOOK_UP),
    MenuItem(
        "checkpoints.sightings",
        lazy_gettext("扫描异常"),
        Permission.AUDIT_READ,
        besides=Permission.PASS_READ,
    ),
    MenuItem("accounts.own_firm", lazy_gettext("本企业"), Permission.FIRM_OWN),
    MenuItem("passes.notices", lazy_gettext("通知"), Permission.NOTICE_SEND),
    MenuItem("accounts.people", lazy_gettext("人员"), Permission.PERSON_MANAGE),
    MenuItem("accounts.firms", lazy_gettext("企业"), Permission.FIRM_MANAGE),
    MenuItem("accounts.devices", lazy_gettext("设备"), Permission.DEVICE_MANAGE),
    MenuItem("passes.seals", lazy_gettext("印章"), Permission.SEAL_APPROVE, Permission.SEAL_UPLOAD),
    MenuItem("web.messages", lazy_gettext("消息"), Permission.MESSAGE_MANAGE),
    MenuItem("web.audit_trail", lazy_gettext("审计"), Permission.AUDIT_READ),
)


@lru_cache(maxsize=1)
def _manifest() -> dict[str, Any]:
    path = BUILT / "manifest.json"
    return json.loads(path.read_text()) if path.exists() else NOT_BUILT


def _files(entry: str) -> tuple[list[str], list[str]]:
    """Addresses of the style sheets and scripts of one entry, with those of the chunks it shares."""
    manifest = _manifest()
    found = manifest.get(entry)
    if found is None:
        return [], []
    shared = [manifest[name] for name in found.get("imports", [])]
    sheets = [sheet for chunk in (*shared, found) for sheet in chunk.get("css", [])]
    # A page asks for the shared chunk through the module import of its entry.
    return [_built(sheet) for sheet in dict.fromkeys(sheets)], [_built(found["file"])]


def _built(name: str) -> str:
    return f"/static/built/office/{name}"


def _menu(actor: Actor | None) -> list[dict[str, Any]]:
    if actor is None:
        return []
    return [
        {
            "label": str(item.words),
            "url": url_for(item.endpoint),
            "active": request.endpoint == item.endpoint,
            "badge": None,
        }
        for item in MENU
        if item.shown_to(actor)
    ]


def _person() -> dict[str, Any] | None:
    person = g.get("person")
    if person is None:
        return None
    roles = gettext("、").join(str(ROLE_WORDS[role]) for role in sorted(g.actor.roles))
    return {
        "display_name": person.name,
        "role_words": roles,
        "unread": outbox.unread(db.session(), person.id),
    }


def bind_site(app: Flask, settings: Settings) -> None:
    """Give the layouts their `site`."""

    @app.context_processor
    def site() -> dict[str, Any]:
        css, js = _files("office.ts")
        plain_css, plain_js = _files("plain.ts")
        locale = chosen_locale()
        return {
            "site": {
                "product": gettext("畅通"),
                "demo": settings.demo,
                "person": _person(),
                "menu": _menu(g.get("actor")),
                "locale": locale,
                "other_locale_url": url_for("web.switch_language", locale="en" if locale == "zh" else "zh"),
                "css": css,
                "js": js,
                "plain_css": plain_css,
                "plain_js": plain_js,
                "home_url": url_for("web.home"),
                "login_url": url_for("accounts.log_in"),
                "logout_url": url_for("accounts.log_out"),
                "inbox_url": url_for("accounts.inbox"),
                "account_url": url_for("accounts.account"),
            }
        }
