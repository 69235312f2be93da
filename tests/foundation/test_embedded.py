"""The embedded server lives and dies as it should, whoever is killed and whatever was left behind."""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from foundation.embedded import (
    APP_ROLE,
    DATABASE,
    OWNER_ROLE,
    SUPERUSER,
    EmbeddedServer,
    EmbeddedServerError,
    Server,
    backup,
    restore,
    serve_or_join,
)
from foundation.embedded import binaries as binaries_module

ROOT = Path(__file__).parents[2]
NOBODY = 65534
"""The user and group number of `nobody` on Debian, and of no user at all elsewhere: both will do."""

OWN = """
import sys
from pathlib import Path
from foundation.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
server.wait()
"""

SERVE_OR_JOIN = """
import sys
from pathlib import Path
from foundation.embedded import serve_or_join
with serve_or_join(Path(sys.argv[1]), durable=False) as server:
    print(type(server).__name__, server.started(), flush=True)
    sys.stdin.readline()
    server.started()
"""

HANG_IN_INITDB = """
import signal, sys
from pathlib import Path
from foundation.embedded import EmbeddedServer, cluster
spawn = cluster.spawn
def spawn_and_hang(*words, **options):
    process = spawn(*words, **options)
    print(process.pid, flush=True)
    signal.pause()
cluster.spawn = spawn_and_hang
EmbeddedServer(Path(sys.argv[1])).start()
"""

START_AS_ANOTHER = """
import os, sys
from pathlib import Path
from foundation.embedded import EmbeddedServer, EmbeddedServerError
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
try:
    EmbeddedServer(Path(sys.argv[1])).start()
except EmbeddedServerError as error:
    print(error.code, error)
"""


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder that the server's account can pass through, which pytest's own are not for root's."""
    folder = Path(tempfile.mkdtemp(prefix="changtong-embedded-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def place() -> Iterator[Path]:
    with a_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def instance() -> Iterator[Path]:
    """A folder that was started before, for tests in turn: each starts the server in it and stops it."""
    with a_folder() as folder:
        with EmbeddedServer(folder / "instance", durable=False):
            pass
        yield folder / "instance"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """A server, first started just now, that several tests share and none stops."""
    with a_folder() as folder, EmbeddedServer(folder / "shared", durable=False) as running:
        yield running


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that a test started; none outlives it."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for child in started:
        with child:
            child.kill()


def run_apart(children: list[subprocess.Popen[str]], script: str, *words: object) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    children.append(child)
    return child


def next_line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def tell(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def wait_until_gone(pid: int) -> None:
    """Wait for a process that is not our child."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            ready, _, _ = select.select([descriptor], [], [], 30)
        finally:
            os.close(descriptor)
        assert ready, f"{pid} is still alive"


def as_owner(server: Server, statement: str, database: str = DATABASE) -> None:
    with psycopg.connect(server.dsn(OWNER_ROLE, database), autocommit=True) as connection:
        connection.execute(statement)


def numbers(server: Server, database: str = DATABASE) -> set[int]:
    with psycopg.connect(server.dsn(OWNER_ROLE, database)) as connection:
        return {row[0] for row in connection.execute("SELECT n FROM kept")}


def owners_and_modes(folder: Path) -> dict[Path, tuple[int, int]]:
    found = (folder, *folder.glob("*"), *folder.glob("*/*"))
    return {path: (path.lstat().st_uid, path.lstat().st_mode) for path in found}


def refusal(server: EmbeddedServer, patience: float = 0.0) -> EmbeddedServerError:
    with pytest.raises(EmbeddedServerError) as caught:
        server.start(patience)
    server.stop()
    return caught.value


def test_a_cold_start_gives_a_database_whose_application_owns_nothing(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn()) as connection:
        where = connection.execute("SELECT current_user, current_database()").fetchone()
        assert where == (APP_ROLE, DATABASE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.intruder (n int)")
    with server.connect(DATABASE) as connection:
        powers = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolcanlogin AND (rolsuper OR rolcreatedb OR rolcreaterole)"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba), datlocale, pg_encoding_to_char(encoding) FROM pg_database"
            " WHERE datname = %s",
            [DATABASE],
        ).fetchone()
        extensions = connection.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
    assert powers == [(SUPERUSER,)]
    assert owner == (OWNER_ROLE, "C.UTF-8", "UTF8")
    assert extensions == [("btree_gist",), ("pg_trgm",), ("plpgsql",)]


def test_chinese_text_is_letters_to_trigrams_and_to_the_word_search(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn()) as connection:
        found = connection.execute(
            "SELECT similarity('长春市绿园区', '长春市绿园') > 0.5, to_tsvector('simple', '长春 绿园')::text"
        ).fetchone()
    assert found == (True, "'绿园':2 '长春':1")


def test_the_same_address_serves_sqlalchemy(server: EmbeddedServer) -> None:
    engine = sqlalchemy.create_engine(server.url(OWNER_ROLE))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar() == OWNER_ROLE
    engine.dispose()


def test_a_warm_start_keeps_the_rows_and_takes_back_powers_that_were_given(instance: Path) -> None:
    server = EmbeddedServer(instance)
    with server:
        as_owner(server, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n")
        with server.connect() as connection:
            connection.execute(f"ALTER ROLE {APP_ROLE} SUPERUSER")
    with server:
        assert numbers(server) == {7}
        with server.connect() as connection:
            found = connection.execute("SELECT rolsuper::text FROM pg_roles WHERE rolname = %s", [APP_ROLE])
            assert found.fetchone() == ("false",)


def test_settings_of_the_caller_win_and_bad_ones_are_named(instance: Path) -> None:
    own = EmbeddedServer(instance, durable=False, settings={"max_connections": "17"})
    with own as server, server.connect() as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("17",)
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    error = refusal(EmbeddedServer(instance, settings={"max_connections": "many"}))
    assert error.code == "start"
    assert 'invalid value for parameter "max_connections": "many"' in error.message
    with EmbeddedServer(instance, durable=False) as again:
        assert again.poll() is None


def test_stop_may_be_called_at_any_time_and_again(instance: Path) -> None:
    server = EmbeddedServer(instance, durable=False)
    server.stop()
    assert server.poll() == -1
    server.start()
    socket_folder = server.socket_folder
    assert socket_folder.stat().st_mode & 0o777 == 0o700
    server.start()
    assert server.poll() is None
    server.stop()
    server.stop()
    assert server.poll() == 0
    assert not socket_folder.exists()


def test_a_forked_copy_does_not_stop_the_server(server: EmbeddedServer) -> None:
    copy = os.fork()
    if copy == 0:
        server.stop()
        os._exit(0)
    os.waitpid(copy, 0)
    assert server.poll() is None
    assert server.started()


def test_databases_are_made_empty_or_as_copies_and_dropped_under_their_users(server: EmbeddedServer) -> None:
    server.create_database("original")
    as_owner(server, "CREATE TABLE kept AS SELECT 7 AS n", "original")
    server.create_database("copy of all", "original")
    server.create_database("bare")
    assert numbers(server, "copy of all") == {7}
    with psycopg.connect(server.dsn(OWNER_ROLE, "bare"), autocommit=True) as connection:
        connection.execute("CREATE TABLE t (plate text, EXCLUDE USING gist (plate WITH =))")
        server.drop_database("bare")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    server.drop_database("bare")


def test_six_processes_that_meet_on_a_cold_folder_share_one_server(
    place: Path, children: list[subprocess.Popen[str]]
) -> None:
    six = [run_apart(children, SERVE_OR_JOIN, place / "instance") for _ in range(6)]
    answers = [next_line(child).split() for child in six]
    assert sorted(kind for kind, _ in answers) == ["EmbeddedServer", *["Server"] * 5]
    assert len({started for _, started in answers}) == 1
    owner = six[[kind for kind, _ in answers].index("EmbeddedServer")]
    for child in sorted(six, key=lambda child: child is not owner):
        tell(child)
    assert [child.wait(30) for child in six] == [0] * 6


def test_a_passing_owner_waits_for_those_who_joined(
    instance: Path, children: list[subprocess.Popen[str]]
) -> None:
    with serve_or_join(instance, durable=False) as first:
        child = run_apart(children, SERVE_OR_JOIN, instance)
        assert next_line(child) == f"Server {first.started()}"
        leave = threading.Timer(0.2, tell, [child])
        leave.start()
    assert child.wait(30) == 0, "the server was stopped under the one who had joined"
    leave.join()


def test_a_joiner_of_a_dead_server_serves_for_itself(
    instance: Path, children: list[subprocess.Popen[str]]
) -> None:
    owner = run_apart(children, OWN, instance)
    postmaster = int(next_line(owner))
    os.kill(postmaster, signal.SIGKILL)
    with serve_or_join(instance) as server:
        assert isinstance(server, EmbeddedServer)
        assert server.started()


def test_a_second_owner_is_told_that_the_folder_is_held(server: EmbeddedServer) -> None:
    error = refusal(EmbeddedServer(server.instance_dir))
    assert error.code == "held"
    assert "INSTANCE_DIR" in error.remedy
    assert server.started()


def test_a_postmaster_killed_under_load_loses_no_acknowledged_row(instance: Path) -> None:
    acknowledged: list[int] = []
    enough = threading.Event()

    def write(server: EmbeddedServer) -> None:
        with suppress(psycopg.OperationalError), psycopg.connect(server.dsn(OWNER_ROLE)) as connection:
            connection.autocommit = True
            for number in range(1_000_000):
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
                acknowledged.append(number)
                if number == 200:
                    enough.set()

    with EmbeddedServer(instance) as server:
        as_owner(server, "DROP TABLE IF EXISTS kept; CREATE TABLE kept (n int PRIMARY KEY)")
        writer = threading.Thread(target=write, args=[server])
        writer.start()
        assert enough.wait(30)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert server.wait(10) == -signal.SIGKILL
        assert server.poll() == -signal.SIGKILL
        writer.join()
        server.start()
        assert numbers(server) >= set(acknowledged)


def test_a_killed_supervisor_takes_the_server_with_it(
    instance: Path, children: list[subprocess.Popen[str]]
) -> None:
    owner = run_apart(children, OWN, instance)
    postmaster = int(next_line(owner))
    server = EmbeddedServer(instance)
    as_owner(server, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n")
    owner.kill()
    wait_until_gone(postmaster)
    with server:
        assert numbers(server) == {7}


def test_a_start_killed_in_initdb_leaves_nothing_in_the_way(
    place: Path, children: list[subprocess.Popen[str]]
) -> None:
    owner = run_apart(children, HANG_IN_INITDB, place / "instance")
    initdb = int(next_line(owner))
    owner.kill()
    wait_until_gone(initdb)
    home = place / "instance" / "postgres"
    assert not (home / "data").exists()
    (home / "data.new").mkdir(exist_ok=True)
    (home / "data.new" / "half").write_text("what a power cut left")
    with EmbeddedServer(place / "instance", durable=False) as server:
        assert server.started()
    assert not (home / "data" / "half").exists()


def test_process_numbers_that_others_have_now_do_not_confuse(instance: Path) -> None:
    server = EmbeddedServer(instance, durable=False)
    with server:
        socket_folder = server.socket_folder
        left = {path: path.read_text() for path in socket_folder.glob("*.lock")}
        pidfile = instance / "postgres" / "data" / "postmaster.pid"
        left[pidfile] = pidfile.read_text()
    socket_folder.mkdir(mode=0o700)
    owner = (instance / "postgres" / "data").stat()
    os.chown(socket_folder, owner.st_uid, owner.st_gid)
    for path, text in left.items():
        path.write_text("\n".join([str(os.getpid()), *text.splitlines()[1:]]))
    with server:
        assert server.started()


def test_a_long_path_with_a_space_works_even_under_a_strict_umask(place: Path) -> None:
    instance = place / "a folder with spaces" / ("long" * 20)
    assert len(str(instance)) >= 120
    mask = os.umask(0o077)
    try:
        with EmbeddedServer(instance, durable=False) as server:
            assert server.started()
    finally:
        os.umask(mask)
    with serve_or_join(instance, durable=False) as again:
        assert again.started()


def test_the_folder_of_another_user_is_refused_and_left_alone(
    server: EmbeddedServer, children: list[subprocess.Popen[str]]
) -> None:
    before = owners_and_modes(server.instance_dir)
    foreign = server.instance_dir if os.geteuid() == 0 else Path("/usr/changtong")
    answer = next_line(run_apart(children, START_AS_ANOTHER, foreign, NOBODY))
    assert answer.split()[0] in {"folder.foreign", "folder.closed"}
    assert str(foreign) in answer
    assert "set INSTANCE_DIR" in answer
    assert owners_and_modes(server.instance_dir) == before
    assert server.started()


def test_a_folder_that_the_server_cannot_enter_is_refused_with_the_remedy(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700 if os.geteuid() == 0 else 0o500)
    error = refusal(EmbeddedServer(closed / "instance"))
    assert error.code in {"folder.unreachable", "folder.closed"}
    assert "INSTANCE_DIR" in error.remedy


def test_a_socket_folder_made_by_somebody_else_is_refused(instance: Path) -> None:
    server = EmbeddedServer(instance, durable=False)
    server.socket_folder.mkdir()
    server.socket_folder.chmod(0o777)
    try:
        assert refusal(server).code == "socket.foreign"
        assert server.socket_folder.exists()
    finally:
        server.socket_folder.rmdir()


def test_programs_out_of_reach_are_copied_once_to_where_the_data_is(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_runs = binaries_module._runs
    original = binaries_module.wheel_programs()
    monkeypatch.setattr(
        binaries_module, "_runs", lambda account, folder: folder != original and really_runs(account, folder)
    )
    server = EmbeddedServer(instance, durable=False)
    with server:
        [copied] = (instance / "postgres").glob("programs-*")
        assert os.readlink(f"/proc/{server.pid}/exe").startswith(f"{copied}/")
        made = copied.stat().st_ino
    with server:
        assert copied.stat().st_ino == made


def test_it_starts_in_the_main_thread_only(instance: Path) -> None:
    caught: list[EmbeddedServerError] = []
    server = EmbeddedServer(instance, durable=False)
    apart = threading.Thread(target=lambda: caught.append(refusal(server)))
    apart.start()
    apart.join()
    assert [error.code for error in caught] == ["thread"]


def test_values_of_failed_statements_do_not_reach_the_log(instance: Path) -> None:
    with EmbeddedServer(instance, durable=False) as server:
        as_owner(server, "CREATE TABLE vehicle (plate text PRIMARY KEY)")
        as_owner(server, "INSERT INTO vehicle VALUES ('吉A12345')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            as_owner(server, "INSERT INTO vehicle VALUES ('吉A12345')")
    written = "".join(log.read_text() for log in (instance / "logs").rglob("*.log"))
    assert "duplicate key value" in written
    assert "吉A12345" not in written


def test_a_backup_comes_back_with_its_owners_rights_and_rows(server: EmbeddedServer, place: Path) -> None:
    server.create_database("books")
    as_owner(server, f"CREATE TABLE kept AS SELECT 7 AS n; GRANT SELECT ON kept TO {APP_ROLE}", "books")
    backup(server.dsn(SUPERUSER, "books"), place / "saved")
    assert (place / "saved").stat().st_mode & 0o777 == 0o600
    as_owner(server, "UPDATE kept SET n = 8; CREATE TABLE later (n int)", "books")
    with pytest.raises(EmbeddedServerError, match="not empty"):
        restore(server.dsn(SUPERUSER, "books"), place / "saved")
    server.create_database("brought back")
    restore(server.dsn(SUPERUSER, "brought back"), place / "saved")
    server.replace_database("books", by="brought back")
    assert numbers(server, "books") == {7}
    with psycopg.connect(server.dsn(APP_ROLE, "books")) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]
        assert connection.execute("SELECT to_regclass('later')").fetchone() == (None,)


def test_a_damaged_backup_changes_nothing_and_says_so(server: EmbeddedServer, place: Path) -> None:
    (place / "damaged").write_text("this is no backup")
    server.create_database("restored")
    with pytest.raises(EmbeddedServerError, match="pg_restore") as caught:
        restore(server.dsn(SUPERUSER, "restored"), place / "damaged")
    assert caught.value.code == "restore"
