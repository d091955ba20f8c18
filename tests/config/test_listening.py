"""The servers that come along, on the network: who may come in, and who may not."""

import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from config import paths
from config.embedded import listening
from config.embedded.errors import StackError
from config.embedded.listening import Listening
from config.embedded.postgres import let_workers_in
from config.embedded.stack import start_servers
from config.embedded.supervisor import Supervisor
from tests.config.stacks import free_port

PASSWORD = 'a "long" pass\\word;'


def asked(**values: str) -> Listening | None:
    return listening.wanted({f"VIDEOTHEK_{name.upper()}": value for name, value in values.items()})


def test_by_default_nothing_listens():
    assert asked() is None
    assert asked(worker_password="long enough for all") is None


def test_an_address_with_a_password_listens_at_the_usual_ports():
    assert asked(listen_address="192.0.2.1", worker_password="p" * 12) == Listening("192.0.2.1", 5432, 6379, "p" * 12)


@pytest.mark.parametrize("password", ["", "short", "eleven char"])
def test_an_address_without_a_good_password_is_refused(password):
    with pytest.raises(StackError, match="set VIDEOTHEK_WORKER_PASSWORD too, to at least 12 characters"):
        asked(listen_address="192.0.2.1", worker_password=password)


@pytest.mark.parametrize("address", ["*", "all", "myhost", "192.0.2.0/24"])
def test_only_an_address_counts(address):
    with pytest.raises(StackError, match="give the IP address of this machine"):
        asked(listen_address=address, worker_password="p" * 12)


def test_a_port_that_is_none_is_refused():
    with pytest.raises(StackError, match="VIDEOTHEK_REDIS_PORT is '70000'"):
        asked(listen_address="192.0.2.1", worker_password="p" * 12, redis_port="70000")


def test_an_address_of_another_machine_is_a_sentence():
    with pytest.raises(StackError, match=r"Redis can't listen on 192\.0\.2\.1 port 6379"):
        listening.check_address(Listening("192.0.2.1", 5432, 6379, ""), 6379, "Redis")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Listening]:
    """Servers on a second address of the loopback, with a HOME of their own."""
    patch = pytest.MonkeyPatch()
    wanted = Listening("127.0.0.2", free_port(), free_port(), PASSWORD)
    values = {
        "VIDEOTHEK_HOME": str(tmp_path_factory.mktemp("home")),
        "VIDEOTHEK_LISTEN_ADDRESS": wanted.address,
        "VIDEOTHEK_POSTGRES_PORT": str(wanted.postgres_port),
        "VIDEOTHEK_REDIS_PORT": str(wanted.redis_port),
        "VIDEOTHEK_WORKER_PASSWORD": PASSWORD,
    }
    for name, value in values.items():
        patch.setenv(name, value)
    for name in ("DATABASE_URL", "REDIS_URL"):
        patch.delenv(name, raising=False)
    supervisor = Supervisor(log_folder=paths.logs(), say=lambda sentence: None)
    try:
        start_servers(supervisor, disposable=True)
        yield wanted
    finally:
        supervisor.stop()
        patch.undo()


def connect(place: Listening, user: str = listening.WORKER, password: str = PASSWORD, **more) -> psycopg.Connection:
    return psycopg.connect(
        host=place.address, port=place.postgres_port, user=user, password=password, dbname="videothek", **more
    )


def test_a_worker_comes_in_by_its_password_and_reads_and_writes_tables_to_come(place):
    with psycopg.connect(
        host=str(paths.socket_folder()), port=place.postgres_port, user="videothek", dbname="videothek"
    ) as own:
        own.execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text)")

    with connect(place) as there:
        there.execute("INSERT INTO later (word) VALUES ('hello')")
        words = there.execute("SELECT word FROM later").fetchall()
        encrypted = there.pgconn.used_password

    assert (words, encrypted) == ([("hello",)], True)


@pytest.mark.parametrize(
    ("user", "password"), [(listening.WORKER, "wrong"), (listening.WORKER, ""), ("videothek", PASSWORD)]
)
def test_nobody_else_comes_in(place, user, password):
    with pytest.raises(psycopg.OperationalError):
        connect(place, user=user, password=password)


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine (id int)", "CREATE ROLE other", "COPY (SELECT 1) TO PROGRAM 'true'", "DROP TABLE pg_class"],
)
def test_a_worker_can_do_nothing_but_its_work(place, statement):
    with connect(place) as there, pytest.raises(psycopg.errors.InsufficientPrivilege):
        there.execute(statement)


@pytest.mark.slow
def test_redis_wants_the_password_everywhere(place):
    socket_path = str(paths.redis_socket())
    ways = {
        "network": {"host": place.address, "port": place.redis_port},
        "socket": {"unix_socket_path": socket_path},
    }
    answers = {}
    for name, way in ways.items():
        with Redis(**way, password=PASSWORD) as known:
            answers[name] = known.ping()
        with Redis(**way) as unknown, pytest.raises(AuthenticationError):
            unknown.ping()

    assert answers == {"network": True, "socket": True}


def test_this_machines_own_processes_come_in_by_the_socket(place):
    url = listening.redis_socket_url(paths.redis_socket())

    with Redis.from_url(url, db=0) as own:
        assert own.ping()


def test_nothing_listens_on_another_address(place):
    for port in (place.postgres_port, place.redis_port):
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=2):
            pass


def test_the_password_stands_in_no_command_line_and_in_no_file_for_others(place):
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    files = [paths.redis_data() / "network.conf", paths.postgres_data() / "videothek_hba.conf"]

    assert PASSWORD not in listed
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]


def test_another_password_counts_from_the_next_start_on(place):
    """The next start's part of it: what is asked of PostgreSQL."""
    let_workers_in(paths.socket_folder(), replace(place, password="another password"))
    try:
        with connect(place, password="another password") as there:
            assert there.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError):
            connect(place)
    finally:
        let_workers_in(paths.socket_folder(), place)
