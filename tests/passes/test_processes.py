"""Two processes on one database: one vehicle, one pass."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from tests.builders import own_transaction, with_keys

ROOT = Path(__file__).resolve().parents[2]
ISSUE = [
    "passes",
    "issue",
    "--plate",
    "吉A12345",
    "--origin",
    "220102",
    "--destination",
    "110115",
    "--goods",
    "grain",
]


def start(app: Flask) -> "subprocess.Popen[str]":
    """`flask passes issue` for always the same plate, as a process of its own."""
    settings = app.extensions["settings"]
    environment = {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "DATABASE_URL": settings.database_url,
        "KEY_DIR": str(settings.key_dir),
        "INSTANCE_DIR": str(settings.instance_dir),
        "PUBLIC_URL": settings.public_url,
        "SECRET_KEY": "test",
    }
    flask = str(Path(sys.executable).with_name("flask"))
    command = [flask, "--app", "wsgi", *ISSUE, "--hours", "72", "--json"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_one_plate_issued_in_three_processes_at_once_gives_one_pass(clone: Callable[..., Flask]) -> None:
    app = clone()
    with own_transaction(app) as session:
        with_keys(session, app.extensions["passes"].keys.folder)
    ended = [
        (process.communicate(timeout=60), process.returncode) for process in [start(app) for _ in range(3)]
    ]
    won = [json.loads(printed)["number"] for (printed, _), code in ended if code == 0]
    refused = [told for (_, told), code in ended if code == 1]
    assert len(won) == 1
    assert len(refused) == 2
    assert all("pass.overlap" in told and won[0] in told for told in refused)
