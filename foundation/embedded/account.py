"""The system account that the server's processes run as: ourselves, or a fixed one when we are root."""

import os
import pwd
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from foundation.embedded.problems import EmbeddedServerError

SYSTEM_USER = "changtong-postgres"
"""PostgreSQL refuses to run as root; a root process (a container, mostly) runs it as this user."""

_USERADD_TRIES = 10
_USERADD_PAUSE = 0.3


@dataclass(frozen=True)
class Account:
    """A user of this machine, by name and numbers."""

    name: str
    uid: int
    gid: int

    @property
    def is_ours(self) -> bool:
        """Whether this process already runs as that user."""
        return self.uid == os.geteuid()

    def may(self, flag: str, path: Path) -> bool:
        """Whether the account passes `test FLAG PATH` (`-x`, `-r`, `-w`), asked as that user.

        Asking the kernel is right where mode bits are not: access lists and mounts count too.
        """
        command = ["/usr/bin/env", "test", flag, str(path)]
        return self.run(command).returncode == 0

    def run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        """A short command run as this account; a command that it may not execute ends with status 126."""
        try:
            return subprocess.run(  # noqa: S603 - the words come from this package, never from input
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                cwd="/",
                user=self.switch_uid,
                group=self.switch_gid,
                extra_groups=self.switch_groups,
            )
        except OSError as error:
            return subprocess.CompletedProcess(command, 126, b"", str(error).encode())

    @property
    def switch_uid(self) -> int | None:
        """The `user` argument of a subprocess; None when there is nothing to switch."""
        return None if self.is_ours else self.uid

    @property
    def switch_gid(self) -> int | None:
        """The `group` argument of a subprocess."""
        return None if self.is_ours else self.gid

    @property
    def switch_groups(self) -> list[int] | None:
        """The `extra_groups` argument: a switched process keeps none of root's groups."""
        return None if self.is_ours else []


def serving_account() -> Account:
    """The account the server runs as: this process's own, or for root `SYSTEM_USER`, created when missing.

    Raises EmbeddedServerError `account.missing` when root cannot create it.
    """
    uid = os.geteuid()
    if uid != 0:
        return Account(name_of(uid), uid, os.getegid())
    return _find(SYSTEM_USER) or _create(SYSTEM_USER)


def name_of(uid: int) -> str:
    """The login name of a user number, or the number itself where the machine has no name for it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> Account:
    """Several root processes may do this at once, so a failure counts only if the user stays missing."""
    for _ in range(_USERADD_TRIES):
        answer = _useradd(name)
        if (account := _find(name)) is not None:
            return account
        time.sleep(_USERADD_PAUSE)
    raise EmbeddedServerError(
        "account.missing",
        f"Root cannot run PostgreSQL, and the system user {name} could not be created: {answer}.",
        f"Create it once (useradd --system {name}), or run as an ordinary user, or set DATABASE_URL.",
    )


def _useradd(name: str) -> str:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return "there is no useradd on this machine"
    command = [program, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", name]
    answer = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - fixed words
    return answer.stderr.strip() or f"useradd ended with status {answer.returncode}"
