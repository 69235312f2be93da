"""`flask accounts`: the first administrator, tokens of devices, switching somebody off."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Body
from accounts.permissions import COMMAND_LINE, Role
from accounts.queries import person_by_login
from accounts.rules import TOKEN_DAYS, TOKEN_DAYS_MOST, normal_login
from accounts.service.devices import make_device_token
from accounts.service.persons import NewAccount, create_person, deactivate_person
from foundation import clock
from foundation.console import RoomGroup
from foundation.database import transaction
from foundation.problems import InvalidInput, NotFound, field_problem

group = RoomGroup("accounts", help="People, their sessions and tokens.")


@group.command("create-admin")
@click.option("--login", required=True, help="Login of the administrator.")
@click.option("--name", required=True, help="Name of the administrator.")
@click.option("--phone", required=True, help="Telephone number of the administrator.")
@click.option("--body", help="Code of the body; by default the command of the province.")
@click.option(
    "--password",
    envvar="ADMIN_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for when neither given nor in ADMIN_PASSWORD.",
)
def create_admin(login: str, name: str, phone: str, body: str | None, password: str) -> None:
    """Make an administrator, who can then make everybody else."""
    with transaction() as session:
        account = NewAccount(
            login=login, name=name, phone=phone, password=password, body_id=_body(session, body).id
        )
        create_person(session, COMMAND_LINE, account, [Role.ADMINISTRATOR], now=clock.now())
    click.echo(f"created: {normal_login(login)}")


def _body(session: Session, code: str | None) -> Body:
    wanted = Body.code == code if code else Body.duty == "command"
    found = session.scalars(select(Body).where(wanted).order_by(Body.area, Body.code)).first()
    if found is None:
        raise InvalidInput(field_problem("body", "body.unknown"))
    return found


@group.command("token")
@click.option("--device", required=True, help="Name of the device.")
@click.option("--checkpoint", required=True, help="Code of the checkpoint it works at.")
@click.option("--days", default=TOKEN_DAYS, type=click.IntRange(1, TOKEN_DAYS_MOST), show_default=True)
def token(device: str, checkpoint: str, days: int) -> None:
    """Make a bearer token of a device and print it, once."""
    with transaction() as session:
        _, made = make_device_token(session, COMMAND_LINE, device, checkpoint, days=days, now=clock.now())
    click.echo(made)


@group.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Switch a person off: sessions end, tokens are revoked."""
    with transaction() as session:
        person = person_by_login(session, normal_login(login))
        if person is None:
            raise NotFound
        deactivate_person(session, COMMAND_LINE, person.id, now=clock.now())
    click.echo(f"disabled: {normal_login(login)}")
