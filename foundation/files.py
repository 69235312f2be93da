"""Files kept by their SHA-256 through fsspec: a local folder by default. The one file that touches fsspec."""

import hashlib
from contextlib import suppress
from datetime import datetime

import fsspec
from flask import Flask, current_app
from sqlalchemy import delete, event
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.base import new_id
from foundation.models import StoredFile
from foundation.settings import Settings


class FileStore:
    """Bytes by hash under one fsspec URL; a hash never changes its content, so writing twice is harmless."""

    def __init__(self, url: str) -> None:
        self._filesystem, self._root = fsspec.core.url_to_fs(url)

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their SHA-256 (hex). Written beside and moved, so no reader sees half a file."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if not self._filesystem.exists(path):
            self._filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            # A name of its own, because two writers of the same bytes must not move each other's file away.
            beside = f"{path}.{new_id().hex}.part"
            self._filesystem.pipe_file(beside, content)
            self._filesystem.mv(beside, path)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """The bytes, or None when they are not there (any more)."""
        try:
            content: bytes = self._filesystem.cat_file(self._path(sha256))
        except FileNotFoundError:
            return None
        return content

    def drop(self, sha256: str) -> None:
        """Remove the bytes; gone already is gone."""
        with suppress(FileNotFoundError):
            self._filesystem.rm_file(self._path(sha256))

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"


def bind_files(app: Flask, settings: Settings) -> None:
    """Give the app its store."""
    app.extensions["files"] = FileStore(settings.files_url)


def store() -> FileStore:
    """The store of the current app."""
    found: FileStore = current_app.extensions["files"]
    return found


def keep_file(session: Session, content: bytes, media_type: str, *, now: datetime) -> str:
    """Keep the bytes and their row; returns the SHA-256 (hex)."""
    sha256 = store().put(content)
    row = {"sha256": sha256, "media_type": media_type, "size": len(content), "created_at": now}
    session.execute(insert(StoredFile).values(row).on_conflict_do_nothing())
    return sha256


def drop_file(session: Session, sha256: str) -> bool:
    """Remove a file that was made to be fetched; False when something else still needs the same bytes."""
    try:
        with session.begin_nested():
            session.execute(delete(StoredFile).where(StoredFile.sha256 == sha256))
    except IntegrityError:
        return False
    # Bytes cannot be rolled back: they go once it is certain that their row has gone.
    event.listen(session, "after_commit", lambda _: store().drop(sha256), once=True)
    return True
