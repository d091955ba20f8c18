"""/healthz and /readyz: for `manage.py up`, containers and monitoring, so without login."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass

import psycopg
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from config import paths
from config.backup.programs import current_server
from config.services.database import has_pending_migrations
from processing.queries.workers import worker_state

# With less than this no picture and no backup can be counted on.
FEWEST_FREE_BYTES = 500_000_000
_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be well; the detail names no path and no address, since anybody may read it."""

    ok: bool
    detail: str


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers; looks at nothing else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when everything works, else 503; each check is bounded in time."""
    checks = {"database": check_database()}
    needs_database: dict[str, Callable[[], Check]] = {"migrations": check_migrations, "workers": check_workers}
    for name, check in needs_database.items():
        checks[name] = check() if checks["database"].ok else Check(False, "unknown while the database is away")
    checks |= {"redis": check_redis(), "disk": check_disk()}
    is_ready = all(check.ok for check in checks.values())
    body = {
        "status": "ok" if is_ready else "unavailable",
        "checks": {name: asdict(check) for name, check in checks.items()},
    }
    response = JsonResponse(body, status=200 if is_ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined] # Django would log each 503 as an error.
    return response


def check_database() -> Check:
    """By a connection of its own: the pool would wait for a long time."""
    server = current_server()
    limits: dict[str, str | int] = {"connect_timeout": _SECONDS, "options": f"-c statement_timeout={_SECONDS}s"}
    try:
        with server.connect(server.name, **limits) as session:
            session.execute("SELECT 1")
    except psycopg.Error:
        return Check(False, "PostgreSQL doesn't answer")
    return Check(True, "answers")


def check_migrations() -> Check:
    """Whether the database fits this release."""
    try:
        pending = has_pending_migrations()
    except DatabaseError:
        return Check(False, "PostgreSQL doesn't answer")
    return Check(False, "the database isn't migrated yet") if pending else Check(True, "all applied")


def check_workers() -> Check:
    """Whether each queue that is needed has a living worker."""
    try:
        state = worker_state()
    except DatabaseError:
        return Check(False, "PostgreSQL doesn't answer")
    if state.missing_queues:
        return Check(False, f"no worker for {', '.join(state.missing_queues)}")
    return Check(True, f"{state.alive} alive")


def check_redis() -> Check:
    queue = settings.RQ_QUEUES["maintenance"]
    connection = Redis.from_url(
        str(queue["URL"]), db=queue["DB"], socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS
    )
    try:
        connection.ping()
    except RedisError:
        return Check(False, "Redis doesn't answer")
    finally:
        connection.close()
    return Check(True, "answers")


def check_disk() -> Check:
    free = shutil.disk_usage(paths.home()).free
    return Check(free >= FEWEST_FREE_BYTES, f"{free // 1_000_000:,} MB free")
