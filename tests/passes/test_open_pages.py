"""The page behind the QR: green, red, and one answer to everything that no signature vouches for."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from foundation import clock
from foundation.problems import DomainProblem
from foundation.rate import RateLimit, admit_client
from passes.credential import MOST_DIGITS, from_digits, to_digits
from passes.judging import judge_text
from passes.public import Driver, Issued, PassAction, PassReason, change_pass, workshop
from tests.builders import NOON, an_issued_pass, with_keys

LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _keys(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of this test only, and nobody has asked yet."""
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    monkeypatch.setattr(clock, "now", lambda: LATER)
    with_keys(session, tmp_path)


@pytest.fixture(autouse=True)
def _fresh_limits(app: Any) -> None:
    app.extensions.pop("rate", None)


def digits_of(issued: Issued) -> str:
    return to_digits(issued.payload + issued.signature)


def opened(client: Any, digits: str, **more: Any) -> Any:
    return client.get(f"/p/{digits}", **more)


def test_a_good_code_is_green_and_names_no_person(client: Any, session: Session) -> None:
    issued = an_issued_pass(session, drivers=(Driver("王建国", "13800001234", "123X"),))
    session.commit()
    answer = opened(client, digits_of(issued))
    assert answer.status_code == 200
    assert "verdict-green" in answer.text
    for wanted in (
        "有效",
        "吉林省长春市南关区",
        "大兴区",
        "长春市交通运输局",
        "tel:",
        "请核对",
        "生活物资"[:2],
    ):
        assert wanted in answer.text, wanted
    for hidden in ("王", "123X", "13800001234", "吉林粮运有限公司", issued.check_code):
        assert hidden not in answer.text, hidden


def test_green_turns_red_when_the_pass_is_stopped_and_green_again_when_resumed(
    client: Any, session: Session
) -> None:
    issued = an_issued_pass(session)
    session.commit()
    digits = digits_of(issued)
    assert "verdict-green" in opened(client, digits).text
    for action, reason, level, said in (
        (PassAction.SUSPEND, PassReason.MISUSE, "red", "暂停"),
        (PassAction.RESUME, None, "green", "签名真实"),
        (PassAction.REVOKE, PassReason.MISUSE, "red", "吊销"),
    ):
        change_pass(session, COMMAND_LINE, issued.number, action, reason=reason, now=LATER)
        session.commit()
        answer = opened(client, digits)
        assert answer.status_code == 200
        assert f"verdict-{level}" in answer.text
        assert said in answer.text


def test_an_expired_code_is_red_and_still_says_what_it_was(
    client: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = an_issued_pass(session)
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=9))
    answer = opened(client, digits_of(issued))
    assert "verdict-red" in answer.text
    assert "已过有效期" in answer.text


def test_the_answer_is_kept_nowhere_and_tells_nobody_where_it_came_from(
    client: Any, session: Session
) -> None:
    issued = an_issued_pass(session)
    session.commit()
    answer = opened(client, digits_of(issued))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers


def changed_digit(digits: str) -> str:
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


def test_every_code_without_a_good_signature_gets_the_same_bytes(client: Any, session: Session) -> None:
    issued = an_issued_pass(session)
    session.commit()
    good = digits_of(issued)
    payload_alone = to_digits(issued.payload + bytes(64))
    other_issuer = to_digits(b"\xff" * len(issued.payload) + issued.signature)
    paths = [
        "",
        "abc",
        "0" * len(good),
        "0" * MOST_DIGITS,
        "1" * 4000,
        changed_digit(good),
        good + "0",
        good[1:],
        "0" + good,
        payload_alone,
        other_issuer,
        issued.number,
        "１２３",
        "%3F" + good,
        good + "%3Fx",
        " " + good,
        good + "%0A",
        "-1",
        "../p",
    ]
    answers = {path: opened(client, path) for path in paths if path != "../p"}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 404)
    assert len({answer.data for answer in answers.values()}) == 1
    assert "未能核实" in answers["abc"].text


def test_ten_thousand_random_codes_reveal_nothing(session: Session) -> None:
    """Codes of the right length around a real one: the judge never gives content without a good signature."""
    issued = an_issued_pass(session)
    real = digits_of(issued)
    chance = random.Random(7)  # noqa: S311 - test data, not a secret
    seen = set()
    for turn in range(10_000):
        digits = "".join(chance.choices("0123456789", k=len(real)))
        if turn % 2:
            # The payload of a real pass with another signature is the best that somebody who guesses can have.
            digits = to_digits(issued.payload + chance.randbytes(64))
        judged = judge_text(session, workshop().prefix + digits, now=LATER)
        assert judged.credential is None
        seen.add(str(judged.verdict.code))
    assert "valid" not in seen
    assert from_digits(real) == issued.payload + issued.signature


def test_three_hundred_random_codes_get_one_page(client: Any, session: Session) -> None:
    length = len(digits_of(an_issued_pass(session)))
    session.commit()
    chance = random.Random(8)  # noqa: S311 - test data, not a secret
    pages = set()
    for turn in range(300):
        digits = "".join(chance.choices("0123456789", k=length))
        answer = opened(client, digits, environ_base={"REMOTE_ADDR": f"10.0.{turn // 250}.{turn % 250}"})
        pages.add((answer.status_code, answer.data))
    assert len(pages) == 1


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_opening_the_page_writes_nothing(client: Any, session: Session, method: str) -> None:
    issued = an_issued_pass(session)
    session.commit()
    statements: list[str] = []
    connection = session.connection()

    def note(*arguments: Any) -> None:
        statements.append(str(arguments[2]))

    event.listen(connection, "before_cursor_execute", note)
    for digits in (digits_of(issued), "123", changed_digit(digits_of(issued))):
        client.open(f"/p/{digits}", method=method)
    event.remove(connection, "before_cursor_execute", note)
    begun = {statement.lstrip().split(" ")[0].upper() for statement in statements}
    assert begun <= {"SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK"}
    assert "SELECT" in begun


def test_a_client_that_tries_too_many_codes_has_to_wait(client: Any, session: Session) -> None:
    del session
    answers = [opened(client, "1", environ_base={"REMOTE_ADDR": "10.9.9.9"}) for _ in range(65)]
    codes = [answer.status_code for answer in answers]
    assert codes[:60] == [404] * 60
    assert codes[-1] == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert opened(client, "1", environ_base={"REMOTE_ADDR": "10.9.9.8"}).status_code == 404


def test_a_bucket_fills_again_and_forgets_who_was_seen_longest_ago() -> None:
    limit = RateLimit(60, clients=2)
    assert [limit.wait_for(b"a", 0.0) for _ in range(60)] == [0.0] * 60
    assert limit.wait_for(b"a", 0.0) == pytest.approx(1.0)
    assert limit.wait_for(b"a", 1.0) == 0.0
    assert limit.wait_for(b"a", 1.0) > 0
    for other in (b"b", b"c"):
        assert limit.wait_for(other, 1.0) == 0.0
    assert limit.wait_for(b"a", 1.0) == 0.0


def test_addresses_of_one_network_share_a_bucket_and_others_do_not(app: Any) -> None:
    def ask(address: str, times: int) -> int:
        """How many of so many tries are let in."""
        return [admitted(address) for _ in range(times)].count(True)

    def admitted(address: str) -> bool:
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            try:
                admit_client("test", per_minute=5)
            except DomainProblem:
                return False
            return True

    assert ask("2001:db8:1:2::1", 4) == 4
    assert ask("2001:db8:1:2:ffff::9", 4) == 1
    assert ask("2001:db8:1:3::1", 4) == 4
    assert ask("not an address", 6) == 5
