"""What can go wrong with a stream. `str(error)` is a sentence for the viewer."""

from processing.media.errors import MediaError


class StreamError(MediaError):
    """Base of this package's errors."""


class BrokenFragmentsError(StreamError):
    """What FFmpeg wrote is no fragmented MP4, or not cut as it was told to."""


class NoSegmentsError(StreamError):
    """The file can't be parted: it isn't known how long it is."""


class FewKeyframesError(NoSegmentsError):
    """Its pictures can't be copied in parts: it has no keyframes, or far too few of them. Encoded they can be sent."""
