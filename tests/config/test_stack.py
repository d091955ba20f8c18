"""Commands that share servers, on a HOME of their own."""

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from config import paths
from config.embedded import postgres
from config.embedded.errors import StackError
from config.embedded.lock import current_holder
from config.paths import PROJECT_ROOT
from tests.config.stacks import environment_for, processes_of, wait_until

USE = """
import sys
from config.embedded.stack import attach
attachment = attach(title="test")
print(attachment.holder.pid, flush=True)
sys.stdin.readline()
attachment.close()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("stack")


@pytest.fixture
def use(home):
    """Starts a program that uses the HOME's servers until its input ends; gives it and the keeper's pid."""
    started = []

    def start() -> tuple[subprocess.Popen, int]:
        program = subprocess.Popen(
            [sys.executable, "-c", USE],
            cwd=PROJECT_ROOT,
            env=environment_for(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(program)
        return program, int(program.stdout.readline())

    yield start
    for program in started:
        program.kill()
        program.communicate()
    wait_until(lambda: current_holder(home) is None)


@pytest.mark.slow
def test_two_commands_share_the_servers_and_the_last_one_stops_them(home, use):
    first, keeper = use()
    second, same_keeper = use()

    first.communicate("\n")
    alive_between = current_holder(home).pid
    second.communicate("\n")

    assert same_keeper == keeper == alive_between
    assert current_holder(home) is None
    assert processes_of(home) == []


def test_a_killed_command_leaves_no_servers(home, use):
    program, _ = use()

    program.kill()

    wait_until(lambda: processes_of(home) == [])
    assert current_holder(home) is None


def test_a_killed_keeper_leaves_no_servers_and_the_next_command_works(home, use):
    first, keeper = use()
    os.kill(keeper, signal.SIGKILL)
    first.kill()

    second, next_keeper = use()

    assert next_keeper != keeper
    second.communicate("\n")
    assert processes_of(home) == []


def test_a_keeper_that_is_told_to_stop_does(home, use):
    _, keeper = use()

    os.kill(keeper, signal.SIGTERM)

    wait_until(lambda: processes_of(home) == [] or len(processes_of(home)) == 1)
    assert current_holder(home) is None


@pytest.mark.slow
def test_a_number_taken_by_another_process_does_not_block_the_start(home, use):
    use()[0].communicate("\n")
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{home / 'postgres'}\n")

    program, _ = use()

    assert program.poll() is None


def test_data_of_another_postgresql_is_refused(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(StackError, match="made by PostgreSQL 15"):
        postgres.postgres_service(data=tmp_path / "postgres", sockets=tmp_path / "run")


def test_a_folder_that_holds_no_data_is_refused(tmp_path):
    (tmp_path / "postgres").mkdir()

    with pytest.raises(StackError, match="holds no PostgreSQL data"):
        postgres.postgres_service(data=tmp_path / "postgres", sockets=tmp_path / "run")


def test_the_database_speaks_utf_8_and_knows_vectors():
    with psycopg.connect(host=str(paths.socket_folder()), user="videothek", dbname="videothek") as session:
        encoding = session.execute("SHOW server_encoding").fetchone()
        listens = session.execute("SHOW listen_addresses").fetchone()
        vector = session.execute("SELECT name FROM pg_available_extensions WHERE name = 'vector'").fetchone()

    assert (encoding, listens, vector) == (("UTF8",), ("",), ("vector",))
