"""What the passes room keeps in the app: the catalogue, the private keys and the status book."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from foundation.settings import Settings
from passes.catalogue import Catalogue, CatalogueCache
from passes.credential import LONGEST_PREFIX, CredentialError, check_prefix
from passes.keys import KeyRing
from passes.service.issue import Tools
from passes.status import StatusBook


@dataclass
class Workshop:
    """One a process; nothing is read before it is first asked for."""

    keys: KeyRing
    prefix: str
    public_url: str
    fonts: Path
    catalogues: CatalogueCache = field(default_factory=CatalogueCache)
    book: StatusBook = field(default_factory=StatusBook)


def bind_workshop(app: Flask, settings: Settings) -> None:
    """Give the app its workshop. Raises `ValueError` when PUBLIC_URL is no address a QR can begin with."""
    prefix = f"{settings.public_url}/p/"
    try:
        check_prefix(prefix)
    except CredentialError as refused:
        raise ValueError(
            f"PUBLIC_URL {settings.public_url!r}: a lower-case http(s) address of at most {LONGEST_PREFIX - 3} "
            "characters is wanted, because the QR of every pass begins with it"
        ) from refused
    app.extensions["passes"] = Workshop(
        KeyRing(settings.key_dir), prefix, settings.public_url, settings.fonts_dir
    )


def workshop() -> Workshop:
    """The workshop of the current app."""
    found: Workshop = current_app.extensions["passes"]
    return found


def catalogue(session: Session, *, now: datetime) -> Catalogue:
    """The reference data, at most a minute old."""
    return workshop().catalogues.get(session, now=now)


def tools(session: Session, *, now: datetime) -> Tools:
    """What issuing needs."""
    return Tools(catalogue(session, now=now), workshop().keys)
