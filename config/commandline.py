"""The command line: Django's, with PostgreSQL and Redis there for every command that needs them.

A command attaches to the servers of a running `manage.py up`, or has them started, migrated and with the owner's
account, for its own duration. With DATABASE_URL and REDIS_URL both set nothing is started.
"""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config.embedded.errors import StackError
from config.embedded.stack import attach, needs_servers
from config.services.database import bring_up_to_date, migration_lock
from config.services.owner import ensure_owner

# These work on files alone, or see to the servers themselves.
WITHOUT_SERVERS = frozenset(
    {"check", "makemigrations", "collectstatic", "help", "version", "startapp", "startproject", "test", "testserver"}
    | {"up", "makemessages", "compilemessages", "diffsettings", "findstatic", "move_derived"}
    | {"spectacular", "api_schema", "face_models"}
)
# These need the servers but decide themselves what is migrated.
WITHOUT_MIGRATING = frozenset(
    {"migrate", "showmigrations", "sqlmigrate", "sqlflush", "sqlsequencereset", "optimizemigration"}
    | {"squashmigrations", "dbshell", "inspectdb", "pgtrigger", "restore"}
)
_HELP = frozenset({"-h", "--help", "--version"})


def needed_servers(arguments: list[str]) -> bool:
    """Whether the command in these arguments (argv) uses PostgreSQL or Redis."""
    if len(arguments) < 2 or arguments[1].startswith("-") or arguments[1] in WITHOUT_SERVERS:
        return False
    return _HELP.isdisjoint(arguments)


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit status for what ends before Django does."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if not needed_servers(arguments) or not needs_servers():
            execute_from_command_line(arguments)
            return 0
        return _with_servers(arguments)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130


def _with_servers(arguments: list[str]) -> int:
    attachment = attach(title=f"manage.py {arguments[1]}")
    try:
        if attachment.is_temporary and arguments[1] not in WITHOUT_MIGRATING:
            _prepare()
        execute_from_command_line(arguments)
    finally:
        attachment.close()
    return 0


def _prepare() -> None:
    """Brings the database of a keeper up to date, as `up` would; a bad setting is a sentence."""
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise StackError(str(error)) from None
    with migration_lock(_tell):
        bring_up_to_date(say=_tell)
        ensure_owner()


def _tell(sentence: str) -> None:
    """Standard output belongs to the command, which may print JSON there."""
    sys.stderr.write(f"{sentence}\n")
