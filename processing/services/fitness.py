"""Whether a worker fits the library: the same code and database, the same secret, and files that it can reach.

A main worker runs on the machine that `manage.py up` runs on, and says what it is; one on another machine compares
itself with that and refuses to begin, or goes on no longer, when it differs. Nothing is worse than a worker that
calls every file broken because a disk isn't mounted on its machine.
"""

import hashlib
import hmac
import os
import socket
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now

from library.models import Folder, VideoFile
from library.paths import display_path, encode_path
from library.release import code_version
from library.services.availability import agrees
from processing.exceptions import StorageUnavailableError, WorkerUnfitError
from processing.media.encode.proving import Proof, prove_added, prove_hardware
from processing.media.hardware import cuda_cards, ffmpeg_version
from processing.models import WorkerProcess
from processing.services.conversions.proofs import added_encoders

MARK = ".videothek-derived"
_SAMPLE = 12
_ALIVE = timedelta(seconds=60)


def describe_worker(queues: Sequence[str], *, is_main: bool) -> dict[str, Any]:
    """What a worker tells about itself in WorkerProcess.capabilities. Tries hardware only for the queue gpu of another
    machine: on the main one a job does, and converts in software where there is none."""
    program = _ffmpeg()
    is_asked = "gpu" in queues and not is_main
    added = added_encoders() if "gpu" in queues or "media" in queues else []
    return {
        "queues": list(queues),
        "is_main": is_main,
        "code": code_version(),
        "secret": _secret_mark(),
        "host": socket.gethostname(),
        "cores": len(os.sched_getaffinity(0)),
        "ffmpeg": ffmpeg_version(program),
        "hardware": _hardware(prove_hardware(program), cuda_cards()) if is_asked else _hardware([], ()),
        "plugin_encoders": [proof.name for proof in prove_added(program, added) if proof.is_proven],
        "path_map": [[display_path(encode_path(path)) for path in pair] for pair in settings.PATH_MAP],
        "derived": settings.DERIVED_STORAGE,
    }


def _hardware(proofs: Sequence[Proof], cards: Sequence[str]) -> dict[str, Any]:
    """`encoders` that were proven, names of the `cuda` cards that answered, and the `reasons` of other encoders."""
    return {
        "encoders": [proof.name for proof in proofs if proof.is_proven],
        "cuda": list(cards),
        "reasons": {proof.name: proof.reason for proof in proofs if not proof.is_proven},
    }


def check_worker(about: dict[str, Any]) -> None:
    """Raises WorkerUnfitError with all that is wrong. A main worker marks the folder of derived files as the library's.

    Called at the start and, on other machines, once a minute. A dozen statements at most.
    """
    problems = list(_wrong_anywhere(about))
    if not about["is_main"]:
        problems += _wrong_elsewhere(about)
    if problems:
        raise WorkerUnfitError(" ".join(problems))
    if about["is_main"]:
        _mark_derived()


def _wrong_anywhere(about: dict[str, Any]) -> Iterator[str]:
    executor = MigrationExecutor(connection)
    known = set(executor.loader.disk_migrations)
    for migration in executor.loader.disk_migrations.values():
        known.update(migration.replaces)
    unknown = sorted(".".join(one) for one in executor.loader.applied_migrations if one not in known)
    if unknown:
        yield f"The database is of a newer release (it has {unknown[0]}): bring this machine's code up to date."
    elif executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield "The database is of an older release: start 'manage.py up' of this release first."


def _wrong_elsewhere(about: dict[str, Any]) -> Iterator[str]:
    main = _main_worker()
    if main.get("code", about["code"]) != about["code"]:
        yield f"The main machine runs the code {main['code']}, this one {about['code']}: bring both to one release."
    if main.get("secret", about["secret"]) != about["secret"]:
        yield "VIDEOTHEK_SECRET_KEY is another one than on the main machine: set the same."
    if main.get("derived", about["derived"]) != about["derived"]:
        yield f"The main machine keeps pictures on {main['derived']}: set VIDEOTHEK_DERIVED_STORAGE to the same."
    hardware = about["hardware"]
    # The main machine converts in software when it has no card.
    if "gpu" in about["queues"] and not (hardware["encoders"] or hardware["cuda"]):
        tried = "; ".join(f"{name}: {reason}" for name, reason in hardware["reasons"].items())
        yield (
            "No graphics card was proven to work here, so the queue gpu is not for this machine "
            f"({tried or 'FFmpeg knows no hardware encoder, and no NVIDIA driver answers'})."
        )
    yield from _wrong_with_derived()
    for folder in Folder.objects.active().order_by("path"):
        yield from _wrong_with(folder, about["queues"])


def _main_worker() -> dict[str, Any]:
    """What a living main worker says of itself; nothing while none lives."""
    alive = WorkerProcess.objects.filter(heartbeat_at__gte=Now() - _ALIVE, capabilities__is_main=True)
    return dict(alive.order_by("-heartbeat_at").values_list("capabilities", flat=True).first() or {})


def _wrong_with(folder: Folder, queues: Sequence[str]) -> Iterator[str]:
    place = folder.fs_path
    here = f" (here {display_path(encode_path(place))})" if folder.is_elsewhere else ""
    seen_at = f"{folder.shown_path}{here}"
    if "scan" in queues and folder.is_elsewhere:
        yield f"{seen_at}: scans run only where a folder really is, so leave the queue scan out."
    try:
        with os.scandir(place):
            pass
    except OSError as error:
        yield f"{seen_at} can't be read here ({error.strerror}): mount it, or map its path with VIDEOTHEK_PATH_MAP."
        return
    sample = VideoFile.objects.present().filter(folder=folder).order_by("oshash", "pk")
    if not agrees(place, sample.values_list("relative_path", "size_bytes")[:_SAMPLE]):
        yield f"{seen_at} holds other files here than the library knows there: mount the right one."


def _wrong_with_derived() -> Iterator[str]:
    if settings.DERIVED_STORAGE == "s3":
        try:
            storages["derived"].exists(MARK)
        except StorageUnavailableError as error:
            yield str(error)
        return
    try:
        is_ours = _mark_of_derived().read_text() == _derived_mark()
    except OSError:
        is_ours = False
    if not is_ours:
        yield (
            f"{settings.DERIVED_FOLDER} is not the library's folder of pictures: mount that of the main machine and "
            "set VIDEOTHEK_DERIVED_FOLDER to it, or keep pictures in a bucket (VIDEOTHEK_DERIVED_STORAGE=s3)."
        )


def _mark_derived() -> None:
    if settings.DERIVED_STORAGE != "disk":
        return
    mark = _mark_of_derived()
    if not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(_derived_mark())


def _mark_of_derived() -> Path:
    return Path(str(settings.DERIVED_FOLDER), MARK)


def _ffmpeg() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return ""


def _secret_mark() -> str:
    """Equal for equal secret keys, and tells nothing of them."""
    return _digest("worker")


def _derived_mark() -> str:
    return _digest("derived files")


def _digest(of: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), of.encode(), hashlib.sha256).hexdigest()[:32]
