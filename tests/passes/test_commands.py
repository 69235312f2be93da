"""`flask passes`: the main job on real input, from a shell."""

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy.orm import Session

from passes.public import workshop
from tests.builders import with_keys

ISSUE = "passes issue --plate 吉A12345 --origin 220102 --destination 110115 --road G1 --goods grain --hours 72 --json"


@pytest.fixture
def shell(app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskCliRunner:
    monkeypatch.setattr(workshop().keys, "folder", tmp_path)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    with_keys(session, tmp_path)
    return app.test_cli_runner()


def run(shell: FlaskCliRunner, line: str) -> tuple[int, str]:
    result = shell.invoke(args=line.split())
    return result.exit_code, result.output


def test_issue_verify_revoke_from_a_shell(shell: FlaskCliRunner) -> None:
    code, printed = run(shell, ISSUE)
    issued = json.loads(printed)
    assert code == 0
    assert issued["number"].startswith("2201")
    assert issued["text"] == issued["url"]
    verdict = json.loads(run(shell, f"passes verify {issued['text']} --checkpoint CP001 --json")[1])
    assert (verdict["level"], verdict["code"], verdict["plate"]) == ("green", "valid", "吉A12345")
    assert run(shell, f"passes revoke {issued['number']} --reason misuse")[0] == 0
    assert json.loads(run(shell, f"passes verify {issued['text']} --json")[1])["code"] == "revoked"


def test_suspend_and_resume(shell: FlaskCliRunner) -> None:
    number = json.loads(run(shell, ISSUE)[1])["number"]
    assert run(shell, f"passes suspend {number} --reason misuse") == (0, f"{number}: suspended\n")
    assert run(shell, f"passes resume {number}") == (0, f"{number}: live\n")
    code, printed = run(shell, f"passes resume {number}")
    assert code == 1
    assert "move.not_allowed" in printed


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("--plate 吉AO1234", "plate.letter_o_or_i"),
        ("--origin 990000", "area.unknown"),
        ("--goods rain", "goods.unknown"),
        ("--hours 0", "period.backwards"),
        ("--hours 721", "period.too_long"),
        ("--road G77777", "road.unknown"),
        ("--driver 12345", "driver.last4"),
        ("--kind commuter", "kind.unknown"),
        ("--body nobody", "body.unknown"),
    ],
)
def test_bad_input_is_told_with_its_code(shell: FlaskCliRunner, change: str, code: str) -> None:
    exit_code, printed = run(shell, f"{ISSUE} {change}")
    assert exit_code == 1
    assert f"[{code}]" in printed


def test_full_width_and_small_letters_in_a_plate_are_repaired(shell: FlaskCliRunner) -> None:
    line = ISSUE.replace("吉A12345", "吉ａ·１２３４５")
    issued = json.loads(run(shell, line)[1])
    assert json.loads(run(shell, f"passes verify {issued['text']} --json")[1])["plate"] == "吉A12345"


@pytest.mark.parametrize(
    "text",
    ["", "hello", "https://x/p/", "https://x/p/abc", "https://x/p/" + "0" * 237, "https://x/p/" + "9" * 4000],
)
def test_any_text_gets_a_verdict_and_never_a_crash(shell: FlaskCliRunner, text: str) -> None:
    result = shell.invoke(args=["passes", "verify", text, "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output)["level"] == "red"


def test_one_changed_digit_is_never_valid(shell: FlaskCliRunner) -> None:
    text = json.loads(run(shell, ISSUE)[1])["text"]
    for place in range(len(text) - 40, len(text)):
        digit = str((int(text[place]) + 1) % 10)
        verdict = json.loads(run(shell, f"passes verify {text[:place]}{digit}{text[place + 1 :]} --json")[1])
        assert verdict["level"] == "red"


def test_keys_are_made_once_and_rotated_after_a_day(shell: FlaskCliRunner) -> None:
    assert "0 keys made" in run(shell, "passes keys make")[1]
    assert "key 1 signs" in run(shell, "passes keys rotate 220102")[1]
    code, printed = run(shell, "passes keys rotate 220102")
    assert code == 1
    assert "announced_too_late" in printed


def test_a_condemned_key_turns_its_passes_red_and_the_area_goes_on_issuing(shell: FlaskCliRunner) -> None:
    old = json.loads(run(shell, ISSUE)[1])
    area = old["number"][:6]
    assert run(shell, f"passes keys condemn {area} 0")[0] == 2
    assert run(shell, f"passes keys condemn {area} 0 --yes")[0] == 0
    new = json.loads(run(shell, ISSUE.replace("吉A12345", "吉A54321"))[1])
    assert json.loads(run(shell, f"passes verify {old['text']} --json")[1])["code"] == "key_revoked"
    assert json.loads(run(shell, f"passes verify {new['text']} --json")[1])["level"] == "green"
