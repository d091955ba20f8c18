"""What a conversion that was cut off leaves on the disk. Loads no encoder."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from library.models import VideoFile
from library.paths import decode_path, encode_path
from processing.models import Conversion
from processing.models.job import ACTIVE

_PART = re.compile(r"\.videothek-conversion-([0-9]{1,18})\.part")


def part_name(conversion_id: int) -> str:
    """The hidden name of an output that isn't finished; scans pass it over."""
    return f".videothek-conversion-{conversion_id}.part"


def owned_parts(names: Sequence[str]) -> set[str]:
    """Of files in Videothek's own folder for conversions, all but unfinished outputs that no conversion works on: the
    folder is one of the library, and whatever else lies in it is a person's."""
    parts = {name: int(match[1]) for name in names if (match := _PART.fullmatch(name.rpartition("/")[2]))}
    active = set(Conversion.objects.filter(pk__in=parts.values(), status__in=ACTIVE).values_list("pk", flat=True))
    return {name for name in names if name not in parts or parts[name] in active}


def remove_leftovers() -> int:
    """Removes unfinished and rowless files of conversions that ended without their worker; returns how many.

    Those of one that runs are its own, and one that waits removes them itself. What a scan has taken up stays.
    """
    removed = 0
    rows = Conversion.objects.exclude(partial_path="").exclude(status__in=ACTIVE)
    for row in rows.only("partial_path"):
        removed += remove_unclaimed(row.partial_path)
        Conversion.objects.filter(pk=row.pk).update(partial_path="")
    return removed


def remove_unclaimed(stored: str) -> int:
    """Removes the file unless the library has it; returns how many went."""
    path = Path(decode_path(stored))
    if not stored or not path.exists():
        return 0
    name = encode_path(path.name)
    known = VideoFile.objects.filter(relative_path__endswith=name).select_related("folder")
    if any(file.fs_path == os.fspath(path) for file in known):
        return 0
    path.unlink()
    return 1
