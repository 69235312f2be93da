"""`flask passes`: issue, verify and stop passes, keys and lists, from a shell on the server."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from accounts.permissions import COMMAND_LINE
from accounts.public import Body
from foundation import clock
from foundation.console import RoomGroup
from foundation.database import transaction
from foundation.problems import DomainProblem, InvalidInput, field_problem
from passes.catalogue import Catalogue, Kind
from passes.credential import build_text
from passes.keys import announce_missing, condemn_key, ensure_keys, list_key_file, rotate_key
from passes.queries import body_by_code, deciding_body
from passes.rules import (
    STARTS_AGO,
    Content,
    Driver,
    PassAction,
    PassReason,
    PlateColour,
    default_colour,
    normalise_plate,
    parse_plate,
)
from passes.service.change import change_pass
from passes.service.issue import Holder, Issued, issue_pass
from passes.signing import load_private_key
from passes.trust import import_trust, newest_trust, sign_trust
from passes.workshop import catalogue, tools, workshop

group = RoomGroup("passes", help="Passes, their keys and lists.")
COLOURS = {colour.name.lower(): colour for colour in PlateColour}


@group.command("issue")
@click.option("--plate", required=True, help="Plate of the (tractor) vehicle.")
@click.option(
    "--colour", type=click.Choice(sorted(COLOURS)), help="Plate colour; by default what the plate implies."
)
@click.option("--origin", required=True, help="County code of the origin.")
@click.option("--destination", required=True, help="County code of the destination.")
@click.option("--stop", "stops", multiple=True, help="County code of a stop, in order.")
@click.option("--road", "roads", multiple=True, help="Road such as G1, in order of travel.")
@click.option("--goods", required=True, help="Code of the goods item.")
@click.option("--hours", type=int, required=True, help="How long it is valid.")
@click.option("--start", type=click.DateTime(), help="Start in Beijing time; by default half an hour ago.")
@click.option("--kind", help="Code of the kind; by default what the route asks for.")
@click.option(
    "--driver", "drivers", multiple=True, help="Last four characters of a driver's identity number."
)
@click.option("--holder", default="命令行核发", help="Name of the holder.")
@click.option("--body", help="Code of the issuing body; by default the one the goods and the county lead to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def issue(**given: Any) -> None:
    """Issue a pass and print its number, the text of its QR and its address."""
    now = clock.now()
    with transaction() as session:
        known = catalogue(session, now=now)
        content = _content(known, given, now)
        body = _body(session, known, content, given["body"], now)
        issued = issue_pass(
            session,
            COMMAND_LINE,
            body,
            content,
            Holder(name=given["holder"]),
            tools(session, now=now),
            now=now,
        )
    _show(_told(issued), as_json=given["as_json"])


def _content(known: Catalogue, given: dict[str, Any], now: datetime) -> Content:
    kind = _kind(known, given)
    goods = known.goods_by_code(given["goods"])
    if goods is None:
        raise InvalidInput(field_problem("goods", "goods.unknown"))
    plate = parse_plate(normalise_plate(given["plate"]))
    start = given["start"].replace(tzinfo=clock.SHOWN_IN) if given["start"] else now - STARTS_AGO
    return Content(
        kind=kind.number,
        plate=plate.text,
        plate_colour=COLOURS[given["colour"]] if given["colour"] else default_colour(plate),
        goods=goods.number,
        goods_words=None,
        origin=given["origin"],
        destination=given["destination"],
        stops=given["stops"],
        roads=given["roads"],
        not_before=start.replace(second=0, microsecond=0),
        hours=given["hours"],
        drivers=tuple(Driver("", "", last4.upper()) for last4 in given["drivers"]),
    )


def _kind(known: Catalogue, given: dict[str, Any]) -> Kind:
    """The kind that was named, else the one the route asks for."""
    named = known.kind_by_code(given["kind"]) if given["kind"] else None
    if given["kind"] and named is None:
        raise DomainProblem("kind.unknown")
    unknown = [field for field in ("origin", "destination") if given[field] not in known.areas]
    if unknown:
        raise InvalidInput(*(field_problem(field, "area.unknown") for field in unknown))
    return named or known.kind_for(given["origin"], given["destination"])


def _body(session: Session, known: Catalogue, content: Content, code: str | None, now: datetime) -> Body:
    body = (
        body_by_code(session, code)
        if code
        else deciding_body(
            session,
            known,
            known.kinds[content.kind],
            content.goods,
            content.origin,
            on=now.astimezone(clock.SHOWN_IN).date(),
        )
    )
    if body is None:
        raise DomainProblem("body.unknown")
    return body


def _told(issued: Issued) -> dict[str, str]:
    text = build_text(workshop().prefix, issued.payload, issued.signature)
    return {"number": issued.number, "text": text, "url": text, "check_code": issued.check_code}


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo("\n".join(f"{name}: {value}" for name, value in found.items()))


def _change(number: str, action: PassAction, reason: str | None) -> None:
    with transaction() as session:
        found = change_pass(
            session,
            COMMAND_LINE,
            number,
            action,
            reason=PassReason(reason) if reason else None,
            now=clock.now(),
        )
        state = found.state
    click.echo(f"{number}: {state}")


REASON = click.option("--reason", required=True, type=click.Choice([str(reason) for reason in PassReason]))


@group.command("revoke")
@click.argument("number")
@REASON
def revoke(number: str, reason: str) -> None:
    """Revoke a pass for good."""
    _change(number, PassAction.REVOKE, reason)


@group.command("suspend")
@click.argument("number")
@REASON
def suspend(number: str, reason: str) -> None:
    """Suspend a pass until it is resumed."""
    _change(number, PassAction.SUSPEND, reason)


@group.command("resume")
@click.argument("number")
def resume(number: str) -> None:
    """Resume a suspended pass."""
    _change(number, PassAction.RESUME, None)


keys = RoomGroup("keys", help="Signing keys.")
group.add_command(keys)


@keys.command("make")
def make_keys() -> None:
    """Make the keys that areas and lists lack, and sign the trust list."""
    now = clock.now()
    with transaction() as session:
        made = ensure_keys(session, COMMAND_LINE, workshop().keys.folder, now=now)
    click.echo(f"{made} keys made")
    _sign_trust(None)


@keys.command("rotate")
@click.argument("area")
def rotate(area: str) -> None:
    """Let the announced key of an area sign from now on, and announce another."""
    with transaction() as session:
        key = rotate_key(session, COMMAND_LINE, area, workshop().keys.folder, now=clock.now())
    click.echo(f"{area}: key {key} signs")
    _sign_trust(None)


@keys.command("condemn")
@click.argument("area")
@click.argument("key", type=int)
@click.option("--yes", is_flag=True, help="Confirm: every pass this key signed turns red.")
def condemn(area: str, key: int, yes: bool) -> None:
    """A key is in wrong hands: all its passes become key_revoked."""
    if not yes:
        raise click.UsageError("add --yes: every pass this key signed turns red")
    now = clock.now()
    with transaction() as session:
        condemn_key(session, COMMAND_LINE, area, key, now=now)
        announce_missing(session, workshop().keys.folder, area, now=now)
    _sign_trust(None)


trust = RoomGroup("trust", help="The trust list.")
group.add_command(trust)


@trust.command("sign")
@click.option(
    "--root", type=click.Path(exists=True, path_type=Path), help="File of the root key, if kept elsewhere."
)
def sign(root: Path | None) -> None:
    """Sign a new trust list if anything in it has changed."""
    _sign_trust(root)


def _sign_trust(root: Path | None) -> None:
    bench = workshop()
    key = load_private_key(root.parent, root.name) if root else bench.keys.get(list_key_file("root"))
    with transaction() as session:
        changed = sign_trust(session, COMMAND_LINE, key, bench.public_url, now=clock.now())
    click.echo("trust list signed" if changed else "trust list unchanged")


@trust.command("show")
def show() -> None:
    """Print the newest trust list (to hand to another province)."""
    with transaction() as session:
        newest = newest_trust(session)
    if newest is None:
        raise click.ClickException("no trust list yet: flask passes trust sign")
    click.echo(newest.jws)


@trust.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--root-jwk", required=True, type=click.Path(exists=True, path_type=Path), help="Public root key (JWK)."
)
@click.option("--kid", required=True, help="Key id of that root.")
def import_list(file: Path, root_jwk: Path, kid: str) -> None:
    """Import another province's trust list: its passes then verify here."""
    with transaction() as session:
        seq = import_trust(
            session,
            COMMAND_LINE,
            file.read_text().strip(),
            json.loads(root_jwk.read_text()),
            kid,
            now=clock.now(),
        )
    click.echo(f"imported list {seq}")
