"""What the servers are made of: memory, programs."""

from collections import namedtuple
from pathlib import Path

import pytest

from config.backup import programs
from config.embedded import machine, postgres, redis
from config.embedded.errors import StackError

GIB = 1024**3


@pytest.mark.parametrize(
    ("memory", "shared"), [(GIB // 2, "128MB"), (2 * GIB, "512MB"), (64 * GIB, "1024MB"), (GIB // 16, "32MB")]
)
def test_shared_buffers_fit_the_memory(monkeypatch, memory, shared):
    monkeypatch.setattr(machine, "memory_bytes", lambda: memory)

    assert machine.postgres_memory()["shared_buffers"] == shared


def test_little_shared_memory_is_worked_around(monkeypatch):
    usage = namedtuple("usage", "total")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(64 * 1024 * 1024))

    assert machine.postgres_memory()["dynamic_shared_memory_type"] == "mmap"


def test_the_memory_of_this_machine_is_plausible():
    assert machine.memory_bytes() > GIB // 4


def test_without_a_wheel_the_machines_redis_serves(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/valkey-server" if "valkey" in name else None)

    assert redis.binary() == Path("/usr/bin/valkey-server")


def test_without_any_redis_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)

    with pytest.raises(StackError, match="Install redis-server or valkey-server"):
        redis.binary()


def test_without_a_postgresql_package_it_says_what_to_set(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(StackError, match="Set DATABASE_URL"):
        postgres.binaries()


def test_the_machines_dump_program_is_taken_when_it_fits_the_server_better(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(programs, "_version", lambda path: 16 if path.parent == Path("/usr/bin") else 18)

    assert programs._find("pg_dump", 16) == Path("/usr/bin/pg_dump")
    assert programs._find("pg_dump", 17) == postgres.binaries() / "pg_dump"


def test_a_server_newer_than_every_dump_program_is_a_sentence():
    with pytest.raises(StackError, match="postgresql-client-99"):
        programs._find("pg_dump", 99)
