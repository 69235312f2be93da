"""What the passes room keeps in the app: the catalogue, the private keys and the status book."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from foundation.settings import Settings
from passes.catalogue import Catalogue, CatalogueCache
from passes.credential import check_prefix
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
    """Give the app its workshop. Raises `CredentialError` when PUBLIC_URL is too long for the QR."""
    prefix = f"{settings.public_url}/p/"
    check_prefix(prefix)
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
