"""`flask accounts`."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from accounts.models import ApiToken, Body, Person
from accounts.permissions import Role
from accounts.tokens import hash_of
from foundation.database import db
from tests.accounts.people import PASSWORD, logged_in
from tests.browser import Browser


def test_the_first_administrator_is_made_logs_in_and_is_switched_off(clone: Callable[[], Flask]) -> None:
    app = clone()
    runner = app.test_cli_runner()
    given = [
        "accounts",
        "create-admin",
        "--login",
        "Chief",
        "--name",
        "省级管理员",
        "--phone",
        "0431-12345678",
    ]
    made = runner.invoke(args=given, env={"ADMIN_PASSWORD": PASSWORD})
    assert made.output == "created: chief\n"
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.login == "chief")).one()
        body = db.session.get_one(Body, person.body_id)
        assert (body.duty, body.area) == ("command", "220000")
        assert [grant.role for grant in person.grants] == [Role.ADMINISTRATOR]
        db.session.remove()
    browser = Browser(app.test_client())
    logged_in(browser, "chief")
    assert browser.get("/people").headings == ["人员"]
    again = runner.invoke(args=given, env={"ADMIN_PASSWORD": PASSWORD})
    assert again.exit_code == 1
    assert "login.taken" in again.output
    assert runner.invoke(args=["accounts", "disable", "chief"]).output == "disabled: chief\n"
    assert browser.get("/people").headings == ["登录"]
    assert "not_found" in runner.invoke(args=["accounts", "disable", "nobody"]).output


def test_a_weak_password_and_an_unknown_body_make_no_administrator(clone: Callable[[], Flask]) -> None:
    runner = clone().test_cli_runner()
    given = ["accounts", "create-admin", "--login", "chief", "--name", "管理员", "--phone", "0431-12345678"]
    weak = runner.invoke(args=given, env={"ADMIN_PASSWORD": "short"})
    assert "password.too_short" in weak.output
    lost = runner.invoke(args=[*given, "--body", "nowhere"], env={"ADMIN_PASSWORD": PASSWORD})
    assert "body.unknown" in lost.output


def test_a_token_is_printed_once_and_only_its_hash_is_kept(clone: Callable[[], Flask]) -> None:
    app = clone()
    given = ["accounts", "token", "--device", "3 号机", "--checkpoint", "CP001", "--days", "30"]
    token = app.test_cli_runner().invoke(args=given).output.strip()
    with app.app_context():
        row = db.session.scalars(select(ApiToken)).one()
        assert row.token_hash == hash_of(token)
        assert (row.checkpoint_code, (row.expires_at - row.created_at).days) == ("CP001", 30)
        db.session.remove()
