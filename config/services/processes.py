"""The processes that `manage.py up` runs besides the servers, as the settings say."""

import shutil
import signal
import sys

from django.conf import settings

from config import paths
from config.crowd import BESIDE_THREADS
from config.embedded.service import PROCESSES, Service
from config.embedded.stack import ATTACHED

# A worker whose job doesn't end at the first signal is told again; the second one makes it drop the job.
_GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn")
# A page that takes longer is given up, with a page that says so; a worker's statement may work for long, but neither
# waits for a lock for ever.
_WEB_SECONDS = {"STATEMENT": 30, "LOCK": 10}
_WORKER_SECONDS = {"STATEMENT": 3600, "LOCK": 120}
_WORKER_SIGNALS = (signal.SIGTERM, signal.SIGTERM, signal.SIGTERM)


def _environment(host: str, port: int) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VIDEOTHEK_HOME": str(paths.home()),
        "HOST": host,
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        ATTACHED: "up",
    }


def _time_limits(seconds: dict[str, int]) -> dict[str, str]:
    """The database's time limits of a process; what the owner set himself holds for all."""
    own = {"STATEMENT": settings.STATEMENT_TIMEOUT_SECONDS, "LOCK": settings.LOCK_TIMEOUT_SECONDS}
    return {f"VIDEOTHEK_{name}_TIMEOUT_SECONDS": str(own[name] or limit) for name, limit in seconds.items()}


def _pool_size() -> int:
    """Database connections of one web process: one for each of its threads."""
    return settings.DATABASE_POOL_MAX or settings.WEB_THREADS + BESIDE_THREADS


def connections_needed() -> int:
    """PostgreSQL connections for all processes, and some for commands and administration."""
    workers = (
        settings.SCAN_WORKERS
        + settings.MEDIA_WORKERS
        + settings.GPU_WORKERS
        + settings.FACES_WORKERS
        + settings.MAINTENANCE_WORKERS
    )
    return int(settings.WEB_WORKERS * _pool_size() + 3 * workers + 40)


def _is_measured() -> bool:
    return bool(settings.METRICS_TOKEN or settings.METRICS_NETWORKS)


def _clear_request_times() -> None:
    """The figures of web processes that are gone; new ones begin at zero, as counters may."""
    shutil.rmtree(paths.request_times(), ignore_errors=True)
    if _is_measured():
        paths.request_times().mkdir(parents=True, mode=0o700)


def web_service(host: str, port: int) -> Service:
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Service(
        name="web",
        title="The web server",
        command=(*_GUNICORN, "--bind", bind, "config.wsgi:application"),
        folder=paths.PROJECT_ROOT,
        environment={
            **_environment(host, port),
            **_time_limits(_WEB_SECONDS),
            "VIDEOTHEK_DATABASE_POOL_MAX": str(_pool_size()),
            **({"PROMETHEUS_MULTIPROC_DIR": str(paths.request_times())} if _is_measured() else {}),
        },
        prepare=_clear_request_times,
        phase=PROCESSES,
        death_signal=signal.SIGTERM,
    )


def worker_services(host: str, port: int) -> list[Service]:
    """One service for each worker process, then the scheduler, the watcher of folders and the maker of streams."""
    counts = {
        "scan": settings.SCAN_WORKERS,
        "media": settings.MEDIA_WORKERS,
        "gpu": settings.GPU_WORKERS,
        "faces": settings.FACES_WORKERS,
        "maintenance": settings.MAINTENANCE_WORKERS,
    }
    services = [
        _command(f"worker-{queue}-{number}", f"Worker {queue} {number}", ("worker", "--queue", queue), host, port)
        for queue, count in counts.items()
        for number in range(1, count + 1)
    ]
    return [
        *services,
        _command("scheduler", "The scheduler", ("scheduler",), host, port),
        _command("watcher", "The watcher", ("watch",), host, port),
        _command("streamer", "The streamer", ("streamer",), host, port),
    ]


def _command(name: str, title: str, arguments: tuple[str, ...], host: str, port: int) -> Service:
    return Service(
        name=name,
        title=title,
        command=(sys.executable, str(paths.PROJECT_ROOT / "manage.py"), *arguments),
        folder=paths.PROJECT_ROOT,
        environment={**_environment(host, port), **_time_limits(_WORKER_SECONDS)},
        phase=PROCESSES,
        stop_signals=_WORKER_SIGNALS,
    )
