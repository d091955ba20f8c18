from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from psycopg import sql

from config.backup.programs import current_server
from library.roles import ADMIN
from tests.config.api_world import World, client_for, make_world
from tests.library.factories import make_user


@contextmanager
def other_database(request: pytest.FixtureRequest, template: str) -> Iterator[str]:
    """The default connection leads to a copy of the template; its name."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    name, usual = f"other_{worker}", connection.settings_dict["NAME"]
    server = current_server()
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    # A browser that left in the middle of an answer leaves its session; PostgreSQL copies no database in use.
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    connection.close()
    with server.connect("postgres") as session:
        session.execute(drop)
        session.execute(others, [template])
        session.execute(create)
        connection.settings_dict["NAME"] = name
        try:
            yield name
        finally:
            connection.close()
            connection.settings_dict["NAME"] = usual
            session.execute(drop)


@pytest.fixture
def empty_database(request, django_db_setup, django_db_blocker):
    """The default connection leads to a new, empty database for the time of the test."""
    with django_db_blocker.unblock(), other_database(request, "template0") as name:
        yield name


@pytest.fixture
def migrated_database(request, django_db_setup, django_db_blocker):
    """The same, but migrated: a copy of the tests' database, which is empty where no test of the run asks for it."""
    with django_db_blocker.unblock(), other_database(request, connection.settings_dict["NAME"]) as name:
        call_command("migrate", verbosity=0, interactive=False)
        yield name


@pytest.fixture
def own_home(monkeypatch, tmp_path):
    """VIDEOTHEK_HOME for what is written; the database stays the tests'."""
    monkeypatch.setenv("VIDEOTHEK_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture(scope="module")
def made_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One of everything, made once for a module's tests: what each of them writes is taken back to here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made_world: World, db: None, redis_connection: Any) -> World:
    return made_world.copied()


@pytest.fixture
def admin() -> Client:
    return client_for(make_user(role=ADMIN))
