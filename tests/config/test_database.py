import threading

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.embedded.errors import StackError
from config.services.database import bring_up_to_date, has_pending_migrations, migration_lock
from tests.config.stacks import wait_until


@pytest.fixture
def said():
    return []


def tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def our_apps() -> list[str]:
    """Those with migrations in this repository."""
    return sorted(
        app for app in MigrationLoader(None).migrated_apps if "site-packages" not in apps.get_app_config(app).path
    )


@pytest.mark.slow
def test_every_app_migrates_to_zero_and_back(migrated_database):
    ours = our_apps()
    before = tables()

    for app in ours:
        call_command("migrate", app, "zero", verbosity=0, interactive=False)
    emptied = tables()
    call_command("migrate", verbosity=0, interactive=False)

    assert {"library", "processing", "playback"} <= set(ours)
    assert not [table for table in emptied if table.split("_")[0] in ours]
    assert tables() == before


@pytest.mark.slow
def test_a_new_database_is_migrated_without_a_backup(empty_database, own_home, said):
    assert bring_up_to_date(say=said.append) is None

    assert not has_pending_migrations()
    assert said == []


def test_nothing_is_done_when_nothing_is_pending(migrated_database, own_home, said):
    assert bring_up_to_date(say=said.append) is None
    assert not (own_home / "backups").exists()


@pytest.mark.slow
def test_data_is_backed_up_before_it_is_migrated(migrated_database, own_home, said):
    call_command("migrate", "playback", "zero", verbosity=0)

    backup = bring_up_to_date(say=said.append)

    assert backup.exists()
    assert said == [f"Backing up to {backup} before the database changes"]


def test_a_newer_database_is_refused(migrated_database, own_home, said):
    MigrationRecorder(connection).record_applied("library", "0999_from_the_future")

    with pytest.raises(StackError, match=r"newer release.*library\.0999_from_the_future"):
        bring_up_to_date(say=said.append)


@pytest.mark.slow
def test_a_failed_migration_is_taken_back(migrated_database, own_home, said, monkeypatch):
    call_command("migrate", "playback", "zero", verbosity=0)
    before = tables()

    def migrate(*args, **options):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE half_done (id int)")
        raise RuntimeError("out of luck")

    monkeypatch.setattr("config.services.database.call_command", migrate)
    with pytest.raises(StackError, match=r"out of luck.*restored to what it was"):
        bring_up_to_date(say=said.append)

    assert tables() == before


def test_a_second_starter_waits_for_the_first(migrated_database, said):
    order = []

    def second() -> None:
        with migration_lock(said.append):
            order.append("second")

    with migration_lock(said.append):
        thread = threading.Thread(target=second)
        thread.start()
        wait_until(lambda: said)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
    assert said == ["Another process is preparing the database: waiting for it"]


def test_an_unreachable_database_is_a_sentence(monkeypatch, said):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")

    with pytest.raises(StackError, match=r"(?s)can't be reached.*Check DATABASE_URL"), migration_lock(said.append):
        pass


def test_migrations_are_reversible():
    irreversible = [
        f"{app}.{name}"
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in our_apps()
        for operation in migration.operations
        if isinstance(operation, migrations.RunPython | migrations.RunSQL) and not operation.reversible
    ]

    assert irreversible == []
