"""Watching the library's folders: which ones, how, and what is done about changes."""

import errno
import logging
import os
import time
from dataclasses import dataclass, field

from library.models import Folder
from library.models.folder import WatchMode
from library.models.scan_log import ScanTrigger
from library.services.disks import mount_of
from library.services.exclusions import exclusion_of
from processing.models import Job, JobStatus
from processing.models.job import TargetKind
from processing.services.bursts import Burst
from processing.services.submit import submit_scan
from processing.services.watchers import EventWatcher, PollingWatcher, Watcher

logger = logging.getLogger(__name__)

_BY_EVENTS = "Watched: changes are noticed at once."
_BY_POLLING = "Looked at every minute, as asked."
_NETWORK = "Looked at every minute, since it lies on a network share ({kind}), which tells nothing of changes."
_LIMIT = (
    "Looked at every minute: the system watches no more folders by events (fs.inotify.{limit}). Raise that limit with "
    "sysctl and start again."
)
_NO_EVENTS = "Looked at every minute, since its file system tells nothing of changes ({reason})."
_AWAY = "Waits for its disk: the folder is not there."
# A file that was still being written is looked at again after this.
_BUSY_AGAIN_SECONDS = 30.0
_COLUMNS = ("path", "watch_mode", "exclude_globs", "is_auto_scanned", "watch_note")


@dataclass
class _Watched:
    """A folder that is watched now."""

    folder: Folder
    wanted: tuple[object, ...]
    # Device and inode of the root: another disk that is mounted there has others.
    place: tuple[int, int]
    watcher: Watcher
    burst: Burst
    job_id: int | None = None
    again: list[tuple[float, str]] = field(default_factory=list)


class Watching:
    """All folders that want it. `pass_once` is called again and again by one thread."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}

    def pass_once(self) -> None:
        """Starts and stops watchers as the folders and disks are now; submits a scan for each burst that is over."""
        folders = {folder.pk: folder for folder in Folder.objects.active()}
        leave_out = frozenset(folder.fs_path for folder in Folder.objects.in_library())
        for pk in [pk for pk in self._watched if pk not in folders]:
            self._stop(pk)
        for folder in folders.values():
            self._follow(folder, leave_out - {folder.fs_path})
        for watched in self._watched.values():
            watched.watcher.look()
            self._submit(watched)

    def stop(self) -> None:
        """Ends all watchers; the folders' pages say nothing of watching any more."""
        for pk in list(self._watched):
            self._stop(pk)

    def _stop(self, pk: int) -> None:
        watched = self._watched.pop(pk)
        watched.watcher.stop()
        _say(watched.folder, "")

    def _follow(self, folder: Folder, leave_out: frozenset[str]) -> None:
        watched = self._watched.get(folder.pk)
        wanted = (folder.path, folder.watch_mode, tuple(folder.exclude_globs), leave_out)
        place = _place_of(folder)
        if watched is not None:
            if watched.wanted == wanted and watched.place == place and watched.watcher.is_working():
                return
            self._stop(folder.pk)
        if folder.watch_mode == WatchMode.OFF:
            return _say(folder, "")
        if place is None:
            return _say(folder, _AWAY)
        burst = Burst()
        watcher, note = _start(folder, leave_out, burst)
        self._watched[folder.pk] = _Watched(folder, wanted, place, watcher, burst)
        _say(folder, note)
        if watched is not None or folder.is_auto_scanned:
            # What changed while nobody watched, or in the part of which events were lost.
            burst.note("", time.monotonic())
        return None

    def _submit(self, watched: _Watched) -> None:
        now = time.monotonic()
        scans = Job.objects.filter(stage="scan", target_kind=TargetKind.FOLDER, target_id=watched.folder.pk)
        if watched.job_id is not None:
            job = scans.filter(pk=watched.job_id).first()
            if job is not None and job.status in (JobStatus.PENDING, JobStatus.RUNNING):
                if job.status == JobStatus.RUNNING:
                    return
            else:
                watched.job_id = None
                if job is not None and job.result.get("files_busy"):
                    watched.again.append((now + _BUSY_AGAIN_SECONDS, job.params.get("subpath", "")))
        for due, part in [one for one in watched.again if one[0] <= now]:
            watched.again.remove((due, part))
            watched.burst.note(part, now)
        # A scan that runs may have passed the place already, and takes no more wishes: it is waited for.
        if scans.filter(status=JobStatus.RUNNING).exists():
            return
        changed = watched.burst.take(now)
        if changed is not None:
            watched.job_id = submit_scan(folder=watched.folder, trigger=ScanTrigger.WATCHED, subpath=changed).pk


def _place_of(folder: Folder) -> tuple[int, int] | None:
    """None when the folder is not there. On a network share nothing is asked: a dead server would hold the answer."""
    mount = mount_of(folder.fs_path)
    if mount is not None and mount.is_network:
        return (0, 0)
    try:
        status = os.stat(folder.fs_path)
    except OSError:
        return None
    is_away = folder.is_mount_point and not os.path.ismount(folder.fs_path)
    return None if is_away else (status.st_dev, status.st_ino)


def _start(folder: Folder, leave_out: frozenset[str], burst: Burst) -> tuple[Watcher, str]:
    """Starts the watcher that the folder's mode asks for; returns it with a sentence."""

    def note(part: str) -> None:
        is_excluded = exclusion_of(folder.exclude_globs)
        if is_excluded is None or not part or not is_excluded(part):
            burst.note(part, time.monotonic())

    mount = mount_of(folder.fs_path)
    sentence = _BY_POLLING
    if folder.watch_mode == WatchMode.AUTO and mount is not None and mount.is_network:
        sentence = _NETWORK.format(kind=mount.kind)
    elif folder.watch_mode != WatchMode.POLLING:
        events = EventWatcher(folder.fs_path, note)
        try:
            events.start()
            return events, _BY_EVENTS
        except OSError as error:
            limit = {errno.ENOSPC: "max_user_watches", errno.EMFILE: "max_user_instances"}.get(error.errno or 0)
            reason = error.strerror or str(error)
            sentence = _LIMIT.format(limit=limit) if limit else _NO_EVENTS.format(reason=reason)
            logger.warning("%s: %s", folder.shown_path, sentence)
    polling = PollingWatcher(folder.fs_path, note, leave_out, exclusion_of(folder.exclude_globs))
    polling.start()
    return polling, sentence


def _say(folder: Folder, note: str) -> None:
    """What the folder's page says about watching; writes only when it changes."""
    Folder.objects.filter(pk=folder.pk).exclude(watch_note=note).update(watch_note=note)
