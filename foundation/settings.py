"""Settings from the environment or `.env`; `TABLE` is the one list that code, `.env.example` and docs share."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values


@dataclass(frozen=True)
class Setting:
    """One line of the documented table."""

    name: str
    default: str
    meaning: str


TABLE: tuple[Setting, ...] = (
    Setting("PORT", "8000", "Port of the web server."),
    Setting("HOST", "127.0.0.1", "Address the web server listens on; 0.0.0.0 for all."),
    Setting("INSTANCE_DIR", "instance", "Folder for the embedded database, keys, files and logs."),
    Setting("DATABASE_URL", "", "PostgreSQL 15+ the application logs in to; empty = the embedded server."),
    Setting("DATABASE_OWNER_URL", "", "Role that owns the tables, for migrations only."),
    Setting(
        "PUBLIC_URL", "", "Address people reach the site under; the QR starts with it. Empty = HOST:PORT."
    ),
    Setting("DEMO", "", "1 = load and keep demo data, and say so on every page."),
    Setting("SECRET_KEY", "", "Signs cookies; empty = made once and kept in INSTANCE_DIR."),
    Setting("TLS_CERT", "", "Certificate chain (PEM); with TLS_KEY the server speaks https."),
    Setting("TLS_KEY", "", "Private key (PEM) of TLS_CERT."),
    Setting("KEY_DIR", "", "Folder of the private signing keys; empty = INSTANCE_DIR/keys."),
    Setting(
        "FILES_URL", "", "Where photos, seals and sheets are kept (fsspec URL); empty = INSTANCE_DIR/files."
    ),
    Setting(
        "WEBHOOK_PRIVATE",
        "",
        "1 lets webhooks go by http and into private networks (a trial; never on line).",
    ),
    Setting("FIRM_APPROVAL", "auto", "auto: a firm applies once it has registered; manual: after approval."),
    Setting(
        "SMTP_URL", "", "smtp[s|+starttls]://user:password@host:port for e-mail; empty = local catcher only."
    ),
    Setting("MAIL_FROM", "changtong@localhost", "Sender of e-mails."),
    Setting("SMS_URL", "", "Gateway for text messages (docs/sms_gateway.md); empty = local catcher only."),
    Setting("SMS_TOKEN", "", "Bearer token of the gateway."),
    Setting("SMS_SENDER", "畅通", "Sender of text messages, in the brackets that operators ask for."),
    Setting(
        "FONTS_DIR", "frontend/node_modules/@embedpdf/fonts-sc/fonts", "Folder of Noto Sans SC for the sheet."
    ),
    Setting("TRUSTED_PROXIES", "0", "Number of reverse proxies whose X-Forwarded-For is believed."),
    Setting("API_PER_MINUTE", "600", "Requests of the API that one token may make in a minute."),
    Setting("WORKERS", "1", "Processes of the web server."),
    Setting(
        "THREADS",
        "16",
        "Threads of each web process; a quarter of them takes submissions at a time, so that the barrier never waits.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one run, read once at start."""

    port: int
    host: str
    instance_dir: Path
    database_url: str
    database_owner_url: str
    public_url: str
    demo: bool
    secret_key: str
    tls_cert: str
    tls_key: str
    key_dir: Path
    files_url: str
    webhook_private: bool
    firm_approval: str
    smtp_url: str
    mail_from: str
    sms_url: str
    sms_token: str
    sms_sender: str
    fonts_dir: Path
    trusted_proxies: int
    api_per_minute: int
    workers: int
    threads: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the process environment over `.env` over the defaults.

        Raises `ValueError` naming the setting when a number is none, or a word is none of those it knows.
        """
        return cls.of(gather(os.environ if environ is None else environ))

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Settings":
        """Settings from plain strings; names not given take the default of `TABLE`."""
        values = {setting.name: given.get(setting.name) or setting.default for setting in TABLE}
        instance = Path(values["INSTANCE_DIR"]).resolve()
        scheme = "https" if values["TLS_CERT"] else "http"
        port = _number(values, "PORT")
        return cls(
            port=port,
            host=values["HOST"],
            instance_dir=instance,
            database_url=values["DATABASE_URL"],
            database_owner_url=values["DATABASE_OWNER_URL"],
            public_url=(values["PUBLIC_URL"] or f"{scheme}://127.0.0.1:{port}").rstrip("/"),
            demo=values["DEMO"] not in {"", "0"},
            secret_key=values["SECRET_KEY"],
            tls_cert=values["TLS_CERT"],
            tls_key=values["TLS_KEY"],
            key_dir=Path(values["KEY_DIR"] or instance / "keys").resolve(),
            files_url=values["FILES_URL"] or f"file://{instance / 'files'}",
            webhook_private=values["WEBHOOK_PRIVATE"] not in {"", "0"},
            firm_approval=_one_of(values, "FIRM_APPROVAL", ("auto", "manual")),
            smtp_url=values["SMTP_URL"],
            mail_from=values["MAIL_FROM"],
            sms_url=values["SMS_URL"],
            sms_token=values["SMS_TOKEN"],
            sms_sender=values["SMS_SENDER"],
            fonts_dir=Path(values["FONTS_DIR"]).resolve(),
            trusted_proxies=_number(values, "TRUSTED_PROXIES"),
            api_per_minute=_number(values, "API_PER_MINUTE"),
            workers=_number(values, "WORKERS"),
            threads=_number(values, "THREADS"),
        )


def gather(environ: Mapping[str, str]) -> dict[str, str]:
    """What was said: the environment over `.env`, without the defaults."""
    return {**_dotenv(), **environ}


def as_dotenv() -> str:
    """The table as `.env.example`."""
    lines = [
        "# Copy to .env and change what you need; the environment wins over .env. Made by: flask settings --write"
    ]
    for setting in TABLE:
        lines += ["", f"# {setting.meaning}", f"#{setting.name}={setting.default}"]
    return "\n".join(lines) + "\n"


def as_markdown() -> str:
    """The table as `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Read once at start: the environment over `.env` over the default. Relative paths start at the",
    ]
    lines += ["project's folder. This page is made by `flask settings --write`.", ""]
    lines += ["| name | default | meaning |", "|---|---|---|"]
    lines += [f"| `{s.name}` | {f'`{s.default}`' if s.default else ''} | {s.meaning} |" for s in TABLE]
    return "\n".join(lines) + "\n"


def _dotenv() -> dict[str, str]:
    return {name: value for name, value in dotenv_values(".env").items() if value is not None}


def _number(values: Mapping[str, str], name: str) -> int:
    try:
        return int(values[name])
    except ValueError:
        raise ValueError(f"{name} must be a whole number, not {values[name]!r}") from None


def _one_of(values: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    if values[name] not in words:
        raise ValueError(f"{name} must be {' or '.join(words)}, not {values[name]!r}")
    return values[name]
