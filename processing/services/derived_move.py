"""Moving what was made from files to another storage: to a bucket, or back to the disk."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

logger = logging.getLogger(__name__)

# Each file is a trip to the bucket, most of which is waiting.
_AT_ONCE = 8
_BATCH = 1000


@dataclass(slots=True)
class Moved:
    """What was done so far: files copied, found there already, and removed where they were; bytes copied."""

    copied: int = 0
    known: int = 0
    removed: int = 0
    copied_bytes: int = 0


def storage_called(name: str) -> Any:
    """The storage "disk" or "s3" as the settings describe it, in use or not."""
    return storages.create_storage(settings.DERIVED_STORAGES[name])


def move_derived(*, to: str, keep: bool = False, report: Callable[[Moved], None] = lambda moved: None) -> Moved:
    """Copies every derived file to the storage `to` ("disk" or "s3") that isn't there with the same size.

    Files are removed where they were once `to` is the storage in use, unless `keep` says otherwise: pages never look
    for a file in vain. When it is cut short, the next call goes on. `report` is told after each thousand files.
    Raises StorageUnavailableError when the bucket doesn't answer.
    """
    source, target = (storage_called(name) for name in (("disk", "s3") if to == "s3" else ("s3", "disk")))
    is_in_use = to == settings.DERIVED_STORAGE
    moved = Moved()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for batch in _batches(source):
            there = _known(target, batch)
            wanted = [(name, size) for name, size in batch if there.get(name) != size]
            for size in pool.map(lambda one: _copy(source, target, *one), wanted):
                moved.copied += 1
                moved.copied_bytes += size
            moved.known += len(batch) - len(wanted)
            if is_in_use and not keep:
                moved.removed += sum(1 for _ in pool.map(source.delete, [name for name, _ in batch]))
            report(moved)
    return moved


def _batches(storage: Any) -> Iterator[list[tuple[str, int]]]:
    """All files of a storage, at most a thousand at once, and those of one folder ("frames/0012") together."""
    for _, files in groupby(storage.names(), key=lambda one: one[0].split("/")[:2]):
        batch = []
        for file in files:
            batch.append(file)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


def _known(storage: Any, batch: list[tuple[str, int]]) -> dict[str, int]:
    """What of the batch's folder is in the storage: sizes by name."""
    parts = batch[0][0].split("/")[:2]
    return dict(storage.names("/".join(parts) + "/" if len(batch[0][0].split("/")) > 2 else parts[0]))


def _copy(source: Any, target: Any, name: str, size: int) -> int:
    """Returns the bytes copied: 0 for a file that was removed meanwhile, whose video was purged say."""
    try:
        with source.open(name) as stream:
            target.save(name, stream)
    except FileNotFoundError:
        logger.info("%s is gone; it was not copied.", name)
        return 0
    return size
