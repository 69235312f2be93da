"""The rules of accounts, without a database."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from accounts import passwords, totp
from accounts.permissions import (
    SCOPES,
    ActorKind,
    Permission,
    area_prefix,
    covers,
    permissions_of_scopes,
)
from accounts.rules import (
    ADDRESS_TRIES,
    COMMON_PASSWORDS,
    FIRM_MOVES,
    LOCK_WINDOW,
    LOGIN_TRIES,
    PASSWORD_LEAST,
    SESSION_IDLE,
    SESSION_LIFE,
    FirmAction,
    FirmState,
    address_group,
    device_name,
    firm_actions,
    firm_move,
    locked_until,
    login_problems,
    mask_identity,
    mask_name,
    mask_phone,
    normal_login,
    password_problems,
    safe_next,
    session_end,
)
from foundation.problems import NotAllowed

NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("state", FirmState)
@pytest.mark.parametrize("action", FirmAction)
def test_a_firm_moves_only_as_the_table_says(state: FirmState, action: FirmAction) -> None:
    if (state, action) in FIRM_MOVES:
        assert firm_move(state, action).to != state
        assert action in firm_actions(state)
    else:
        assert action not in firm_actions(state)
        with pytest.raises(NotAllowed):
            firm_move(state, action)


def test_stopping_a_firm_must_be_explained() -> None:
    assert all(
        move.needs_reason == (action is FirmAction.SUSPEND) for (_, action), move in FIRM_MOVES.items()
    )


def test_five_wrong_tries_within_the_window_lock_and_four_do_not() -> None:
    wrong = [NOON - n * MINUTE for n in range(LOGIN_TRIES)]
    assert locked_until(wrong, LOGIN_TRIES, NOON) == NOON + LOCK_WINDOW
    assert locked_until(wrong[:-1], LOGIN_TRIES, NOON) is None


def test_a_lock_ends_a_window_after_the_last_wrong_try() -> None:
    wrong = [NOON - n * MINUTE for n in range(LOGIN_TRIES)]
    assert locked_until(wrong, LOGIN_TRIES, NOON + LOCK_WINDOW - MINUTE) is not None
    assert locked_until(wrong, LOGIN_TRIES, NOON + LOCK_WINDOW) is None


def test_wrong_tries_spread_over_a_day_do_not_lock() -> None:
    wrong = [NOON - n * 4 * MINUTE for n in range(LOGIN_TRIES)]
    assert wrong[0] - wrong[-1] > LOCK_WINDOW
    assert locked_until(wrong, LOGIN_TRIES, NOON) is None


def test_an_address_may_be_wrong_more_often_than_a_login() -> None:
    wrong = [NOON] * (ADDRESS_TRIES - 1)
    assert locked_until(wrong, ADDRESS_TRIES, NOON) is None
    assert locked_until([*wrong, NOON], ADDRESS_TRIES, NOON) is not None


def test_a_session_ends_when_idle_and_however_busy_after_a_fortnight() -> None:
    assert session_end(NOON, NOON + MINUTE) == NOON + MINUTE + SESSION_IDLE
    assert session_end(NOON, NOON + SESSION_LIFE - MINUTE) == NOON + SESSION_LIFE


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password.too_short"),
        ("x" * (PASSWORD_LEAST - 1), "password.too_short"),
        ("wang.lei-2022", "password.holds_login"),
        ("ＷＡＮＧ.ＬＥＩ2022", "password.holds_login"),
        ("1234567890", "password.common"),
        ("Password123", "password.common"),
        ("aaaaaaaaaaaa", "password.common"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, code: str) -> None:
    assert [problem.code for problem in password_problems(password, "wang.lei")] == [code]


def test_a_long_plain_sentence_is_a_good_password() -> None:
    assert password_problems("四月的卡车都往北走了吧", "wang.lei") == []


def test_every_common_password_is_long_enough_to_matter() -> None:
    assert all(
        len(password) >= PASSWORD_LEAST and password == password.lower() for password in COMMON_PASSWORDS
    )


def test_a_password_fits_its_own_hash_only_and_nobody_has_none() -> None:
    encoded = passwords.hash_password("green-truck-2022")
    assert encoded.startswith("$argon2id$")
    assert passwords.is_right(encoded, "green-truck-2022")
    assert not passwords.is_right(encoded, "green-truck-2023")
    assert not passwords.is_right(None, "the password of nobody")
    assert not passwords.is_right("not a hash", "green-truck-2022")
    assert not passwords.is_outdated(encoded)


@pytest.mark.parametrize("text", [" Wang.Lei ", "ＷＡＮＧ.ｌｅｉ", "wang.lei"])
def test_a_login_is_one_however_it_is_typed(text: str) -> None:
    assert normal_login(text) == "wang.lei"


@pytest.mark.parametrize("login", ["ab", "-abc", "王磊", "a b c", "a" * 65, "a/b/c"])
def test_a_login_that_cannot_be_typed_everywhere_is_refused(login: str) -> None:
    assert login_problems(login)


def test_one_subscriber_of_ipv6_is_one_address() -> None:
    assert address_group("2001:db8:1:2:3:4:5:6") == address_group("2001:db8:1:2:ffff::1")
    assert address_group("2001:db8:1:2::1") != address_group("2001:db8:1:3::1")
    assert address_group("192.0.2.1") != address_group("192.0.2.2")
    assert address_group(None) == address_group("no address") == "unknown"


@pytest.mark.parametrize("target", ["/account", "/queue?state=submitted&x=%E5%90%89", "/passes/220101000123"])
def test_a_path_of_this_site_is_a_safe_place_to_go_on_to(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x",
        "javascript:alert(1)",
        "account",
        "",
        None,
        "/login?next=/login",
        "/logout",
    ],
)
def test_anything_that_could_lead_elsewhere_is_not(target: str | None) -> None:
    assert safe_next(target) is None


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Linux; Android 12) Chrome/99 Mobile MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 15_4) Version/15.4 Safari/604.1", "Safari · iPhone"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_device_has_the_name_people_know(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_masks_keep_only_what_tells_two_people_apart() -> None:
    assert mask_identity("220102199001011234") == "220***********1234"
    assert mask_identity("1234") == "****"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("110") == "***"
    assert mask_name("张三") == "张*"
    assert mask_name("欧阳小明") == "欧**明"
    assert mask_identity(None) == mask_phone(None) == mask_name(None) == ""


def test_the_digits_of_an_authenticator_count_once_and_half_a_minute_around() -> None:
    secret = totp.new_secret()
    step = int(NOON.timestamp()) // totp.STEP_SECONDS
    now_code, old_code = (totp_code(secret, step), totp_code(secret, step - 2))
    assert totp.right_step(secret, now_code, None, now=NOON) == step
    assert totp.right_step(secret, now_code, step - 1, now=NOON) == step
    assert totp.right_step(secret, now_code, step, now=NOON) is None
    assert totp.right_step(secret, totp_code(secret, step - 1), None, now=NOON) == step - 1
    assert totp.right_step(secret, old_code, None, now=NOON) is None


def totp_code(secret: str, step: int) -> str:
    """What an authenticator shows at a step."""
    return pyotp.TOTP(secret).generate_otp(step)


def test_the_codes_of_rfc_6238_come_out() -> None:
    # Appendix B, SHA-1: at 59 s the eight digits are 94287082, so the six are 287082.
    at = datetime(1970, 1, 1, 0, 0, 59, tzinfo=UTC)
    assert totp.right_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", None, now=at) == 1


def test_the_picture_for_the_phone_is_an_image_of_its_own() -> None:
    assert totp.picture(totp.new_secret(), "wang.lei").startswith("data:image/svg+xml;base64,")


def test_a_scope_gives_no_more_than_the_kind_of_token_allows() -> None:
    scopes = ["scan:record", "person:manage", "nonsense"]
    assert permissions_of_scopes(ActorKind.DEVICE, scopes) == {Permission.SCAN_RECORD}
    assert permissions_of_scopes(ActorKind.FIRM_TOKEN, scopes) == frozenset()
    assert all(Permission.PERSON_MANAGE not in allowed for allowed in SCOPES.values())


def test_an_area_covers_itself_and_what_lies_below() -> None:
    assert covers("220000", "220184")
    assert covers("220100", "220184")
    assert not covers("220100", "220200")
    assert not covers("220184", "220100")
    assert not covers(None, "220184")
    assert area_prefix("220000") == "22"
