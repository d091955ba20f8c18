"""The storage of derived files on a local disk."""

import contextlib
import uuid
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class DerivedStorage(FileSystemStorage):
    """Writes to a temporary name, then renames: a reader sees the old file or the new one, never half of one.

    Saving under a name that exists replaces it; derived names carry a digest of their input, so an equal name is
    equal content.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        try:
            with temporary.open("wb") as target:
                for chunk in content.chunks():
                    target.write(chunk)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return name

    def delete(self, name: str) -> None:
        """Removes the file, and its folder when that is empty then."""
        super().delete(name)
        with contextlib.suppress(OSError):
            Path(self.path(name)).parent.rmdir()
