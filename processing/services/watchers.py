"""Two ways to notice that something in a folder has changed: events of the file system, and looking again and again."""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import InotifyFD

from library.media_types import is_video_name
from library.paths import encode_path
from library.services.settling import open_for_writing
from library.services.walk import listing_digests

POLL_SECONDS = 60.0
# A file that was made and not closed yet is looked at this often: whether someone still has it open for writing.
_OPENED_SECONDS = 10.0
# Not what is written to or read: a file that is being written is left alone until it is closed.
_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileClosedEvent, FileMovedEvent, FileDeletedEvent,
    DirCreatedEvent, DirMovedEvent, DirDeletedEvent,
]  # fmt: skip

# (the part of the folder in which something changed, stored form)
Note = Callable[[str], None]


class Watcher(Protocol):
    """Calls a Note, from threads of its own, for each part of a folder in which something has changed."""

    def is_working(self) -> bool:
        """False when it has died or lost events, and has to be started anew."""
        ...

    def look(self) -> None:
        """Called every second or so, from the thread that started it."""
        ...

    def stop(self) -> None:
        """Ends it; nothing is noted afterwards."""
        ...


class _Instance(InotifyFD):
    """A folder that appears while the one above it is listed is watched twice; the second time says the same again, and
    watchdog would warn of it in the log."""

    def _add_callback(self, path: bytes, mask: Any, callback: Any, id_: Any) -> Any:
        watch = self._get_or_create_watch(path, mask)
        watch.callbacks[id_] = callback
        return watch.wd


class _OwnEmitter(InotifyEmitter):
    """With an inotify instance of its own: one that fails takes no other folder's with it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.instance = _Instance()
        self.instance.start()
        super().__init__(*args, inotify_fd=self.instance, **options)

    def on_thread_stop(self) -> None:
        super().on_thread_stop()
        self.instance.stop()


class _Overflows(logging.Handler):
    """Notices that the kernel dropped events, which watchdog tells its log only."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


_overflows = _Overflows()
for _name in ("watchdog.observers.inotify", "watchdog.observers.inotify_c"):
    logging.getLogger(_name).addHandler(_overflows)


@dataclass(eq=False)
class EventWatcher(FileSystemEventHandler):
    """Events of the file system below `root` (as `os` gives it). Raises OSError from `start` at inotify's limits."""

    root: str
    note: Note
    _observer: BaseObserver | None = None
    _opened: dict[str, float] = field(default_factory=dict)
    _overflows_before: int = 0

    def start(self) -> None:
        self._overflows_before = _overflows.count
        observer = BaseObserver(_OwnEmitter)
        try:
            observer.schedule(self, self.root, recursive=True, event_filter=_EVENTS)
            observer.start()
        except BaseException:
            for emitter in observer.emitters:
                emitter.instance.stop()  # type: ignore[attr-defined]
            raise
        self._observer = observer

    def is_working(self) -> bool:
        if self._observer is None or _overflows.count != self._overflows_before:
            return False
        emitters: list[Any] = list(self._observer.emitters)
        return self._observer.is_alive() and all(one.is_alive() and one.instance.is_alive() for one in emitters)

    def on_any_event(self, event: FileSystemEvent) -> None:
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path or "")
        if event.is_directory:
            self._changed(source, target)
        elif isinstance(event, FileCreatedEvent):
            if is_video_name(source):
                # It may have been moved here, and it may be about to be written.
                self._opened[source] = time.monotonic()
        elif is_video_name(source) or is_video_name(target):
            self._opened.pop(source, None)
            self._changed(source, target)

    def look(self) -> None:
        now = time.monotonic()
        due = {path for path, since in list(self._opened.items()) if now - since > _OPENED_SECONDS}
        if not due:
            return
        written = open_for_writing(due)
        for path in due:
            if path in written:
                self._opened[path] = now
            elif self._opened.pop(path, None) is not None:
                self._changed(path)

    def stop(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(timeout=5)

    def _changed(self, *paths: str) -> None:
        prefix = self.root.rstrip("/") + "/"
        for path in paths:
            if path.startswith(prefix) and not any(part.startswith(".") for part in path[len(prefix) :].split("/")):
                self.note(encode_path(os.path.dirname(path)[len(prefix) :]))


@dataclass(eq=False)
class PollingWatcher:
    """Lists every folder below `root` once a minute and compares the names: for file systems that tell nothing.

    What is written into a file that stays shows up at the next scan. A folder that can't be listed changes nothing.
    """

    root: str
    note: Note
    leave_out: frozenset[str] = frozenset()
    is_excluded: Callable[[str], bool] | None = None
    every_seconds: float = POLL_SECONDS
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        # A daemon: a server that doesn't answer can hold a listing for minutes.
        self._thread = threading.Thread(target=self._run, name=f"polling {self.root}", daemon=True)
        self._thread.start()

    def is_working(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def look(self) -> None:
        pass

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        before = self._digests()
        while not self._stopping.wait(self.every_seconds):
            now = self._digests()
            if now is None:
                continue
            if before is not None:
                changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
                for path in changed:
                    if not self._stopping.is_set():
                        self.note(path)
            before = now

    def _digests(self) -> dict[str, int] | None:
        try:
            return listing_digests(self.root, leave_out=self.leave_out, is_excluded=self.is_excluded)
        except OSError:
            return None
