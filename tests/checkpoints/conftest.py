"""Keys for tests that issue: their rows are rolled back with the test, so they are made once and put in again."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from foundation.base import table_of
from passes.ledgers import ListKey, SigningKey
from passes.public import workshop
from tests.builders import with_keys

TABLES = tuple(table_of(model) for model in (SigningKey, ListKey))
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def kept_keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rows]:
    """The folder of the private keys, and the rows of the public ones once a test has made them."""
    return tmp_path_factory.mktemp("keys"), {}


@pytest.fixture
def keys(session: Session, kept_keys: tuple[Path, Rows], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys for every area."""
    folder, rows = kept_keys
    monkeypatch.setattr(workshop().keys, "folder", folder)
    monkeypatch.setattr(workshop().keys, "_loaded", {})
    if rows:
        for table in TABLES:
            session.execute(insert(table), rows[table.name])
        return
    with_keys(session, folder)
    for table in TABLES:
        rows[table.name] = [dict(row) for row in session.execute(select(table)).mappings()]
