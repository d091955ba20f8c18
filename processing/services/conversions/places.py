"""Where the output of a conversion lies, and whether there is room."""

import functools
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage

from library.exceptions import LibraryError
from library.models import Folder, VideoFile
from library.paths import encode_path
from library.services.availability import is_available
from library.services.exclusions import exclusion_of
from library.services.folders import containing_folder, register_folder
from processing.exceptions import NoPlaceError
from processing.models import ProcessingSettings
from processing.models.settings import ConversionPlace

_BELOW_DEFAULT = "Converted"
_MOST_NAME_BYTES = 255
_GB = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A directory (as `os` gives it) in a folder of the library; "" is the folder itself."""

    folder: Folder
    part: str

    @property
    def directory(self) -> str:
        """Absolute."""
        return os.path.join(self.folder.fs_path, self.part) if self.part else self.folder.fs_path

    def stored_path(self, name: str) -> str:
        """A file's path below the folder, as it is stored."""
        return encode_path(os.path.join(self.part, name))


def choose_place(file: VideoFile, *, is_replacing: bool) -> Place:
    """The first place that can be written to: beside the original where it is replaced or the settings say so, then
    the default folder, then a folder of Videothek's own. Its directory may have to be made.

    Raises NoPlaceError. A scan finds the file wherever it is: no place is one that a folder's patterns leave out.
    """
    for place in _candidates(file, is_replacing=is_replacing):
        if _is_usable(place):
            return place
    raise NoPlaceError(
        "No folder can be written to: give the user that runs Videothek write permission to the default folder, or "
        "make another one the default."
    )


def _candidates(file: VideoFile, *, is_replacing: bool) -> Iterator[Place]:
    if is_replacing or ProcessingSettings.load().conversion_place == ConversionPlace.BESIDE:
        yield Place(file.folder, os.path.relpath(os.path.dirname(file.fs_path), file.folder.fs_path).removeprefix("."))
    default = Folder.objects.in_library().filter(is_default=True).first()
    if default is not None:
        yield Place(default, _BELOW_DEFAULT)
    own = own_place()
    if own is not None:
        yield own


def _own_root() -> Path:
    return Path(str(settings.VIDEOTHEK_HOME)) / "converted"


@functools.cache
def _storage_at(root: str) -> Storage:
    return FileSystemStorage(location=root)


def converted_storage() -> Storage:
    """The folder for conversions below VIDEOTHEK_HOME, for the clean-up; it need not be there."""
    return _storage_at(os.fspath(_own_root()))


def own_place() -> Place | None:
    """The folder for conversions below VIDEOTHEK_HOME, made and registered the first time it is needed."""
    root = _own_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        held = containing_folder(os.fspath(root))
        folder, part = held if held is not None else (register_folder(path=os.fspath(root), name="Converted"), "")
    except (OSError, LibraryError):
        return None
    return Place(folder, part)


def _is_usable(place: Place) -> bool:
    folder = place.folder
    if folder.removed_at is not None or not folder.is_active or not is_available(folder):
        return False
    is_excluded = exclusion_of(folder.exclude_globs)
    if is_excluded is not None and is_excluded(place.stored_path("a.mkv")):
        return False
    return os.access(existing(place.directory), os.W_OK | os.X_OK)


def existing(directory: str) -> str:
    """The directory, or the nearest one above it that is there."""
    while not os.path.isdir(directory) and directory != os.path.dirname(directory):
        directory = os.path.dirname(directory)
    return directory


def output_name(source_name: str, preset_key: str, extension: str) -> str:
    """ "film_720p_av1_1764172800000.mkv", as "Video streaming" names them; never longer than a name may be."""
    ending = f"_{preset_key}_{time.time_ns() // 1_000_000}{extension}"
    stem = os.path.splitext(source_name)[0]
    while len(os.fsencode(stem + ending)) > _MOST_NAME_BYTES:
        stem = stem[:-1]
    return stem + ending


def free_bytes(directory: str) -> int:
    """Room on the disk of a directory, less the margin that the settings keep free; not below 0.
    Asks the nearest directory that is there.
    """
    margin = ProcessingSettings.load().disk_margin_gb * _GB
    return max(0, shutil.disk_usage(existing(directory)).free - margin)
