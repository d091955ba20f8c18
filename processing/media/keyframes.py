"""The keyframes of a short video, none of them decoded: what was cut out of a longer one is recognised by them."""

from contextlib import suppress

from av.error import FFmpegError
from av.stream import Discard

from processing.media.containers import main_video, open_media
from processing.media.packets import PacketForm
from processing.media.readers import Timeline

# Longer videos are known by the keyframes of their tiles.
CLIP_SECONDS = 600.0
MOST_KEYFRAMES = 2000
# Of all packets that are read. Only MP4 can leave out what lies between keyframes.
MOST_BYTES = 256 * 1024 * 1024


def keyframes_of_clip(path: str) -> list[tuple[float, int]]:
    """(seconds from the start as players show it, unsigned xxh3-64 of the packet) of its keyframes, as they are stored.

    Ends at both bounds and where the file is damaged. Raises UnreadableFileError and FileUnavailableError as `probe`.
    """
    found: list[tuple[float, int]] = []
    with open_media(path) as container:
        stream = main_video(container)
        if stream is None:
            return found
        for other in container.streams:
            other.discard = Discard.nonkey if other.index == stream.index else Discard.all
        timeline, form, left = Timeline(container, stream), PacketForm.of(stream), MOST_BYTES
        with suppress(FFmpegError):
            for packet in container.demux(stream):
                left -= packet.size
                if left < 0 or len(found) >= MOST_KEYFRAMES:
                    break
                seconds = timeline.seconds(packet)
                if packet.is_keyframe and packet.size and seconds is not None:
                    found.append((seconds, form.hash64(packet)))
    return found
