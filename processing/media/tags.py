"""The tags that a container carries: artist, genre and the like."""

import av
from av.error import FFmpegError

from processing.media.facts import clean_text

_MOST = 200


def read_tags(path: str) -> dict[str, str]:
    """By name in lower case; {} for what can't be read. Opens the file, decodes nothing."""
    try:
        with av.open(path, metadata_errors="replace") as container:
            found = {str(key).lower(): clean_text(str(value)) for key, value in container.metadata.items()}
    except (FFmpegError, OSError):
        return {}
    return {key: value for key, value in list(found.items())[:_MOST] if value}
