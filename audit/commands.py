"""`flask audit`: check the chain."""

import click
from flask.cli import AppGroup

from audit.sealer import seal_pending, verify_chain
from foundation import clock
from foundation.database import transaction

group = AppGroup("audit", help="The sealed record of deeds.")


@group.command("verify")
def verify() -> None:
    """Seal what is pending, walk the chain and name the first break (exit code 1)."""
    sealed = 1
    while sealed:
        with transaction() as session:
            sealed = seal_pending(session, now=clock.now())
    with transaction() as session:
        report = verify_chain(session)
    if report.broken_at is not None:
        raise click.ClickException(f"broken at position {report.broken_at}: {report.what}")
    click.echo(f"whole: {report.length} events, head {report.head.hex()}")
