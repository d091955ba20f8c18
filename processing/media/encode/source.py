"""What a conversion must know of its source beyond the probe's facts: interlaced pictures and covers."""

from pathlib import Path

from av.error import FFmpegError
from av.video.stream import VideoStream

from processing.media.colors import HLG, PQ
from processing.media.containers import is_cover, main_video, open_media
from processing.media.encode.errors import CannotConvertError
from processing.media.encode.original import NO_PICTURE, Cover, Source
from processing.media.probe import probe

_COVER_TYPES = {"mjpeg": ("jpg", "image/jpeg"), "png": ("png", "image/png")}
# Where pictures are looked at for fields, as shares of the length.
_LOOKS = (0.1, 0.5, 0.9)
_FRAMES_PER_LOOK = 2
DOLBY_ONLY = (
    "It is in a kind of Dolby Vision (profile 5) whose colours only a Dolby player can read: converted, it would be "
    "green and purple. The file is left as it is."
)


def examine(path: str, scratch: Path) -> Source:
    """Reads the file's facts, looks at a few pictures and writes its covers into `scratch`.

    Raises UnreadableFileError, FileUnavailableError, and CannotConvertError where its pictures can't be converted.
    """
    facts = probe(path)
    if facts.video_codec is None or not facts.width or not facts.height:
        raise CannotConvertError(NO_PICTURE)
    if facts.hdr_format == "dolby_vision" and facts.color_transfer not in (PQ, HLG, "bt709", "bt2020-10"):
        raise CannotConvertError(DOLBY_ONLY)
    return Source(path, facts, is_interlaced(path, facts.duration_seconds), _write_covers(path, scratch))


def _write_covers(path: str, scratch: Path) -> tuple[Cover, ...]:
    """Their bytes as they are; not of kinds that players don't show."""
    covers: dict[int, Cover] = {}
    with open_media(path) as container:
        stills = [stream for stream in container.streams.video if is_cover(stream) and _cover_codec(stream)]
        # FFmpeg hands out all covers when reading begins.
        types = {stream.index: _COVER_TYPES[_cover_codec(stream)] for stream in stills}
        for packet in container.demux(stills) if stills else ():
            index = packet.stream.index
            extension, mime_type = types[index]
            target = scratch / f"cover-{index}.{extension}"
            if packet.size:
                target.write_bytes(bytes(packet))
                covers[index] = Cover(target, mime_type, index)
            if len(covers) == len(stills):
                break
    return tuple(covers[index] for index in sorted(covers))


def _cover_codec(stream: VideoStream) -> str:
    codec = stream.codec_context.codec.canonical_name if stream.codec_context is not None else ""
    return codec if codec in _COVER_TYPES else ""


def is_interlaced(path: str, duration_seconds: float | None) -> bool:
    """Whether any of a few pictures is of two moments."""
    try:
        with open_media(path) as container:
            video = main_video(container)
            if video is None:
                return False
            for share in _LOOKS:
                container.seek(int((duration_seconds or 0) * share * 1_000_000))
                for number, frame in enumerate(container.decode(video)):
                    if frame.interlaced_frame:
                        return True
                    if number + 1 >= _FRAMES_PER_LOOK:
                        break
    except FFmpegError:
        # The encode itself tells what is wrong with the file.
        return False
    return False
