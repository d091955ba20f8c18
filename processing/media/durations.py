"""How long a file is when its header does not say (browser recordings, interrupted recordings, raw streams)."""

import time

from av.container import InputContainer
from av.error import FFmpegError

# Reading stops at whichever comes first; the rest is extrapolated from the bytes read.
MAX_BYTES = 512 * 1024 * 1024
MAX_SECONDS = 5.0
PACKETS_PER_CHECK = 500


def estimate_duration(container: InputContainer) -> float | None:
    """Seconds from the first to the end of the last packet; None where packets carry no time.

    Reads packets without decoding, up to 512 MB or five seconds of work. A longer file is extrapolated from the share
    of its bytes that was read, which is exact to a few per cent for a steady bit rate.
    """
    first: float | None = None
    last = 0.0
    position = 0
    count = 0
    is_whole = True
    deadline = time.monotonic() + MAX_SECONDS
    try:
        for packet in container.demux():
            at = packet.pts if packet.pts is not None else packet.dts
            position = max(position, packet.pos or 0)
            count += 1
            if at is not None:
                start = float(at * packet.time_base)
                first = start if first is None else min(first, start)
                last = max(last, start + float((packet.duration or 0) * packet.time_base))
            if position > MAX_BYTES or (count % PACKETS_PER_CHECK == 0 and time.monotonic() > deadline):
                is_whole = False
                break
    except FFmpegError:
        is_whole = False
    if first is None or last <= first:
        return None
    read_seconds = last - first
    if is_whole or position <= 0 or container.size <= position:
        return read_seconds
    return read_seconds * container.size / position
