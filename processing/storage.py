"""The storage of derived files on a local disk."""

import os
import uuid

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
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{uuid.uuid4().hex}.part"
        try:
            with open(temporary, "wb") as target:
                for chunk in content.chunks():
                    target.write(chunk)
            os.replace(temporary, path)
        except BaseException:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise
        return name
