"""`manage.py up`: everything of Videothek on this machine, in the foreground, until Ctrl-C or SIGTERM."""

import http.client
import json
import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.conf import settings

from config import paths
from config.embedded.errors import StackError
from config.embedded.lock import Holder, HomeLock, current_holder
from config.embedded.service import Service
from config.embedded.stack import ATTACHED, check_home, start_servers
from config.embedded.supervisor import Supervisor
from config.services.database import bring_up_to_date, migration_lock
from config.services.owner import FirstLogin, ensure_owner, first_login_file
from config.services.ports import check_address, url_of
from config.services.processes import connections_needed, web_service, worker_services
from config.services.static import collect_static
from config.services.terminal import say, step, table
from library.exceptions import LibraryError
from library.models import Folder
from library.services import find_or_register_folder
from processing.services import submit_scan

_WATCH_EVERY_SECONDS = 0.5
_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for on the command line."""

    media: Path | None
    host: str
    port: int

    @property
    def url(self) -> str:
        return url_of(self.host, self.port)


class _Stopped(BaseException):
    """Ctrl-C or SIGTERM; not an Exception, so that nothing on the way mistakes it for an error."""


def run_up(wishes: Wishes) -> None:
    """Starts everything and watches over it; returns when it was told to stop and all has stopped.

    Raises StackError with a sentence when something keeps it from starting; nothing runs then.
    """
    _check_media(wishes.media)
    check_home()
    _stop_on_signals()
    with ExitStack() as exits:
        try:
            lock = HomeLock(paths.home())
            exits.callback(lock.release)
            _take(lock, wishes)
            check_address(wishes.host, wishes.port)
            supervisor = Supervisor(log_folder=paths.logs(), say=say)
            exits.callback(_stop, supervisor)
            _start(wishes, lock, supervisor)
            while True:
                supervisor.watch()
                time.sleep(_WATCH_EVERY_SECONDS)
        except _Stopped:
            say("")


def _check_media(folder: Path | None) -> None:
    if folder is None:
        return
    if not folder.exists():
        raise StackError(f"There is no folder {folder}. Check its name, and that its disk is mounted.")
    if not folder.is_dir():
        raise StackError(f"{folder} is no folder. Name the folder that the videos are in.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise StackError(f"You may not read {folder}. Change its rights, or run Videothek as a user who may.")


def _stop_on_signals() -> None:
    """The first signal begins the stop; later ones don't disturb it, as it is bounded in time anyway."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise _Stopped

    for number in numbers:
        signal.signal(number, stop)


def _take(lock: HomeLock, wishes: Wishes) -> None:
    """Takes HOME; waits for a command that is using it, refuses beside another `up`."""
    announced = 0
    while not lock.acquire(Holder(pid=os.getpid(), role="up", title="manage.py up", url=wishes.url)):
        holder = current_holder(paths.home())
        if holder is not None and holder.role == "up":
            raise StackError(
                f"Videothek already runs on {paths.home()}: {holder.url} (process {holder.pid}). Stop it first "
                f"('kill {holder.pid}'), or set VIDEOTHEK_HOME to start another library beside it."
            )
        if holder is not None and holder.pid != announced:
            announced = holder.pid
            say(f"Waiting for '{holder.title}' to end: it uses {paths.home()}. Ctrl-C to give up.")
        time.sleep(0.2)


def _start(wishes: Wishes, lock: HomeLock, supervisor: Supervisor) -> None:
    say("Videothek is starting")
    start_servers(supervisor, connections=connections_needed(), report=step)
    # What this process runs now lives on its own servers.
    os.environ[ATTACHED] = "up"
    with step("Preparing the database"), migration_lock(say):
        bring_up_to_date(say=say)
        login = ensure_owner()
    lock.tell(state="ready")
    with step("Collecting static files"):
        collect_static()
    with step("Starting the web server and workers"):
        services = [web_service(wishes.host, wishes.port), *worker_services(wishes.host, wishes.port)]
        for service in services:
            supervisor.start(service)
        if wishes.media is not None:
            _scan(wishes.media)
        missing = _wait_until_ready(wishes, supervisor)
    say(_welcome(wishes, login, services))
    if missing:
        say(f"\nNot ready yet: {missing}. It keeps trying; the logs say why.")


def _scan(media: Path) -> None:
    try:
        targets = find_or_register_folder(path=str(media))
    except LibraryError as error:
        raise StackError(str(error)) from None
    for target in targets:
        submit_scan(folder=target.folder, trigger="manual", subpath=target.subpath)


def _wait_until_ready(wishes: Wishes, supervisor: Supervisor) -> str:
    """Until /readyz answers 200; returns what is missing when it takes too long, else nothing."""
    deadline = time.monotonic() + _READY_SECONDS
    missing = "the web server doesn't answer"
    while time.monotonic() < deadline:
        supervisor.watch()
        missing = _ask_ready(wishes, missing)
        if not missing:
            return ""
        time.sleep(0.2)
    return missing


def _ask_ready(wishes: Wishes, otherwise: str) -> str:
    address = wishes.url.removeprefix("http://").rsplit(":", 1)[0].strip("[]")
    connection = http.client.HTTPConnection(address, wishes.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        checks = json.loads(response.read()).get("checks", {})
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return otherwise
    finally:
        connection.close()
    if response.status == http.client.OK:
        return ""
    return "; ".join(f"{name}: {check['detail']}" for name, check in checks.items() if not check["ok"]) or otherwise


def _welcome(wishes: Wishes, login: FirstLogin | None, services: list[Service]) -> str:
    rows = [("Open", wishes.url)]
    if login is not None and login.password:
        rows.append(("Log in as", f"{login.username}  with the password  {login.password}"))
        rows.append(("", f"(kept in {first_login_file()} until you change it)"))
    elif login is not None:
        rows.append(("Log in as", f"{login.username}  with the password from VIDEOTHEK_ADMIN_PASSWORD"))
    folders = [folder.shown_path for folder in Folder.objects.order_by("path")]
    rows += [("Videos" if not number else "", path) for number, path in enumerate(folders)]
    if not folders:
        rows.append(("Videos", f"none yet: add a folder at {wishes.url}/admin/, or start with --media FOLDER"))
    rows.append(("Data", str(paths.home())))
    rows.append(("Logs", f"{paths.logs()}  ({len(services)} processes besides the servers)"))
    rows.append(("Stop", "Ctrl-C"))
    if settings.DEBUG:
        rows.append(("Careful", "VIDEOTHEK_DEBUG is on: errors show the program's inside"))
    return f"\nVideothek is ready\n\n{table(rows)}\n"


def _stop(supervisor: Supervisor) -> None:
    with step("Stopping"):
        supervisor.stop()
