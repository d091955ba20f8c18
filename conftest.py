"""One PostgreSQL and one Redis for the whole run of the tests, and the fixtures every room uses."""

import os
import shutil
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.backends.base.operations import BaseDatabaseOperations as DatabaseOperations
from psycopg.errors import DeadlockDetected
from pytest_django.plugin import DjangoDbBlocker
from redis import Redis

from config import paths
from config.embedded.errors import StackError
from config.embedded.stack import Attachment, attach
from tests import template_database

_attachment = pytest.StashKey[Attachment]()


def pytest_configure(config: pytest.Config) -> None:
    """Starts the servers in the process that the person started; the workers of pytest-xdist inherit them."""
    if hasattr(config, "workerinput") or config.option.help or config.option.version or config.option.collectonly:
        return
    # The servers' keeper outlives the report, so its coverage would only be a file left behind.
    measured = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE_PROCESS")}
    try:
        template_database.lay_out_cluster()
        config.stash[_attachment] = attach(title="tests", disposable=True)
    except StackError as error:
        raise pytest.UsageError(str(error)) from None
    finally:
        os.environ.update(measured)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the servers and removes the run's HOME."""
    if _attachment not in config.stash:
        return
    is_template_there = template_database.drop_other_databases()
    config.stash[_attachment].close()
    if is_template_there:
        template_database.store_cluster()
    shutil.rmtree(os.environ["VIDEOTHEK_TEST_HOME"], ignore_errors=True)


def _delete_all(self: object, style: object, tables: Sequence[str], **options: bool) -> list[str]:
    """Instead of TRUNCATE, which makes new files for each of a hundred tables and takes 40 times as long.

    As a replica PostgreSQL neither runs triggers nor looks at foreign keys, so the order doesn't count.
    """
    names = ", ".join(f"'{table}'" for table in tables)
    return [
        f"""DO $$ DECLARE name text; BEGIN
        SET LOCAL session_replication_role = replica;
        FOREACH name IN ARRAY ARRAY[{names}] LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
        END $$;"""
    ]


def _flush_again(self: DatabaseOperations, sql_list: Sequence[str]) -> None:
    """A request that the browser sent as its page closed may be under way still, and wait for what this waits for."""
    for is_last in (False, False, False, False, True):
        try:
            DatabaseOperations.execute_sql_flush(self, sql_list)
        except OperationalError as error:
            if is_last or not isinstance(error.__cause__, DeadlockDetected):
                raise
        else:
            return


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Test databases are copies of one that is migrated."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template_database.ensure_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Tests that commit leave the tables as migrations made them; at the end no session is left that would keep the
    database.

    Django empties the tables and has every app make its content types, rights and triggers anew, which takes longer
    than most tests. Here the rows are kept, and copied into the emptied tables.
    """
    # Its import needs Django, which pytest-django sets up after this file is read.
    from tests.seeds import read_seeds, write_seeds

    with django_db_blocker.unblock():
        seeds = read_seeds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(connection.ops), "sql_flush", _delete_all)
        patch.setattr(type(connection.ops), "execute_sql_flush", _flush_again)
        patch.setattr(
            "django.core.management.commands.flush.emit_post_migrate_signal", lambda *_, **__: write_seeds(seeds)
        )
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()


# Seconds that a test takes, about; they only tell the order of the files.
_SECONDS_OF = {"slow": 6.0, "browser": 2.0}
_SECONDS = 0.1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that in the end no worker has a long one before it while the other
    is done: a file goes to one worker as a whole."""
    seconds: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        seconds[item.path] += max(
            [_SECONDS_OF[name] for name in _SECONDS_OF if item.get_closest_marker(name)], default=_SECONDS
        )
    items.sort(key=lambda item: -seconds[item.path])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where browser tests are required (`.ci/run`), a skipped one is a failure."""
    report = yield
    required = os.environ.get("VIDEOTHEK_BROWSER") == "required"
    if report.skipped and required and item.get_closest_marker("browser") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but browser tests are required here."
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the machine's Chromium; tests that need it are skipped without one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("There is no Chromium on this machine: apt install chromium")


@pytest.fixture
def redis_connection() -> Iterator[Redis]:
    """The Redis database of the queues, empty before and after the test."""
    connection = Redis(unix_socket_path=str(paths.redis_socket()), db=int(settings.RQ_QUEUES["media"]["DB"] or 0))
    connection.flushdb()
    yield connection
    connection.flushdb()
    connection.close()
