"""Settings: one table, read once, from the environment over `.env` over the defaults."""

from dataclasses import fields
from pathlib import Path

import pytest

from foundation.settings import TABLE, Settings, as_dotenv, as_markdown, gather


def test_the_table_and_the_settings_speak_of_the_same_things() -> None:
    assert sorted(setting.name.lower() for setting in TABLE) == sorted(
        field.name for field in fields(Settings)
    )
    assert all(setting.meaning.endswith(".") for setting in TABLE)


def test_without_a_word_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert (settings.port, settings.host, settings.demo) == (8000, "127.0.0.1", False)
    assert settings.instance_dir == tmp_path / "instance"
    assert settings.key_dir == tmp_path / "instance" / "keys"
    assert settings.files_url == f"file://{tmp_path}/instance/files"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == ""


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=9000\nHOST=192.0.2.1\nWORKERS\n")
    settings = Settings.from_env({"PORT": "9001"})
    assert (settings.port, settings.host, settings.workers) == (9001, "192.0.2.1", 1)


def test_an_empty_word_is_no_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.from_env({"PORT": "", "DEMO": ""}).port == 8000


@pytest.mark.parametrize("name", ["PORT", "WORKERS", "THREADS", "TRUSTED_PROXIES"])
def test_a_number_that_is_none_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number, not 'many'"):
        Settings.of({name: "many"})


@pytest.mark.parametrize(("said", "demo"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_a_demo_is_said_or_not(said: str, *, demo: bool) -> None:
    assert Settings.of({"DEMO": said}).demo is demo


def test_the_address_follows_certificate_and_port_unless_it_is_said() -> None:
    assert Settings.of({"TLS_CERT": "chain.pem", "PORT": "8443"}).public_url == "https://127.0.0.1:8443"
    assert Settings.of({"PUBLIC_URL": "https://ct.example.cn/"}).public_url == "https://ct.example.cn"


def test_what_was_said_is_kept_apart_from_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DEMO=0\n")
    assert gather({"PORT": "1"}) == {"DEMO": "0", "PORT": "1"}


def test_the_example_file_changes_nothing_until_somebody_edits_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = Settings.from_env({})
    (tmp_path / ".env").write_text(as_dotenv())
    assert Settings.from_env({}) == before
    (tmp_path / ".env").write_text(as_dotenv().replace("#PORT=8000", "PORT=8001"))
    assert Settings.from_env({}).port == 8001


def test_the_page_names_every_setting_once() -> None:
    assert all(as_markdown().count(f"| `{setting.name}` |") == 1 for setting in TABLE)
