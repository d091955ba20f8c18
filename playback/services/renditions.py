"""Which renditions may be asked for: those that a decision named, by their key."""

from django.core.cache import cache

from library.models import VideoFile
from processing.media.stream.rendition import Rendition

_VERSION = 1
_KEPT_SECONDS = 7 * 24 * 3600


def register_rendition(*, file: VideoFile, rendition: Rendition) -> str:
    """The key of a rendition of a file, from now on known; asking again gives the same one."""
    key = rendition.key(f"{file.size_bytes:x}-{file.oshash}", version=_VERSION)
    cache.set(f"rendition:{file.pk}:{key}", rendition.to_json(), _KEPT_SECONDS)
    return key
