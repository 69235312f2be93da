"""Files by their hash: whole or not there, the same bytes once, and a row for each."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.files import FileStore, keep_file, store
from foundation.models import StoredFile
from tests.races import race

NOON = datetime(2022, 4, 16, 4, 0, tzinfo=UTC)
PHOTO = b"\xff\xd8 a photo of a checkpoint that is gone"


def test_bytes_come_back_by_their_hash(tmp_path: Path) -> None:
    files = FileStore(f"file://{tmp_path}/files")
    sha256 = files.put(PHOTO)
    assert sha256 == hashlib.sha256(PHOTO).hexdigest()
    assert files.get(sha256) == PHOTO
    assert (tmp_path / "files" / sha256[:2] / sha256).read_bytes() == PHOTO


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    files = FileStore(f"file://{tmp_path}")
    assert files.put(PHOTO) == files.put(PHOTO)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    files = FileStore(f"file://{tmp_path}")
    assert files.get("0" * 64) is None
    sha256 = files.put(PHOTO)
    (tmp_path / sha256[:2] / sha256).unlink()
    assert files.get(sha256) is None


def test_a_file_that_was_half_written_is_not_taken_for_whole(tmp_path: Path) -> None:
    files = FileStore(f"file://{tmp_path}")
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    folder = tmp_path / sha256[:2]
    folder.mkdir()
    (folder / f"{sha256}.x.part").write_bytes(PHOTO[:5])
    assert files.get(sha256) is None
    files.put(PHOTO)
    assert files.get(sha256) == PHOTO


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    files = FileStore(f"file://{tmp_path}")
    assert files.get(files.put(b"")) == b""


def test_a_store_elsewhere_is_one_setting_away() -> None:
    files = FileStore("memory://changtong")
    assert files.get(files.put(PHOTO)) == PHOTO


def test_a_kept_file_has_a_row_and_a_second_keeping_adds_none(session: Session) -> None:
    first = keep_file(session, PHOTO, "image/jpeg", now=NOON)
    assert keep_file(session, PHOTO, "image/png", now=NOON) == first
    row = session.scalars(select(StoredFile).where(StoredFile.sha256 == first)).one()
    assert (row.media_type, row.size, row.created_at) == ("image/jpeg", len(PHOTO), NOON)
    assert store().get(first) == PHOTO


def test_the_same_photo_kept_by_many_at_the_same_instant_is_one(clone: Callable[[], Flask]) -> None:
    app = clone()
    results = race(app, [lambda session: keep_file(session, PHOTO, "image/jpeg", now=NOON)] * 4)
    assert set(results) == {hashlib.sha256(PHOTO).hexdigest()}
