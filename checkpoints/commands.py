"""`flask passes verify`: a verdict from a shell, as this server and a checkpoint know it.

The command belongs to the group of the passes room by its name, and stands here because it knows checkpoints.
"""

import json
from datetime import datetime
from typing import Any

import click

from checkpoints.verdicts import judge_question
from foundation import clock
from foundation.console import RoomGroup
from foundation.database import transaction
from passes.public import PlateSeen


@click.command("verify")
@click.argument("text")
@click.option("--at", type=click.DateTime(), help="Judge as of this moment, Beijing time.")
@click.option("--checkpoint", help="Code of the checkpoint where it is read.")
@click.option("--plate-seen", type=click.Choice([str(seen) for seen in PlateSeen]), default="matches")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(text: str, at: datetime | None, checkpoint: str | None, plate_seen: str, as_json: bool) -> None:
    """Judge the text of a QR as this server knows it. Nothing is recorded."""
    question: dict[str, Any] = {
        "text": text or " ",
        "number": None,
        "plate": None,
        "check_code": None,
        "checkpoint": checkpoint,
        "plate_seen": PlateSeen(plate_seen),
        "at": at.replace(tzinfo=clock.SHOWN_IN) if at else None,
    }
    with transaction() as session:
        judged = judge_question(session, question, now=clock.now())
    if judged is None:
        raise click.ClickException("no verdict")
    verdict = judged.verdict
    found: dict[str, Any] = {"level": verdict.level, "code": verdict.code, "reasons": list(verdict.reasons)}
    if judged.credential:
        found |= {"number": judged.credential.number, "plate": judged.credential.plate}
    lines = (f"{name}: {value}" for name, value in found.items())
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(lines))


def join(group: RoomGroup) -> None:
    """Put the command into the group of the passes."""
    group.add_command(verify)
