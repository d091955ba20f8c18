"""Compressed pictures as they are whatever container carries them, and hashes of them."""

# PyAV names its packets generic for type checkers only: evaluating `Packet[VideoStream]` would fail.
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import xxhash
from av.packet import Packet
from av.video.stream import VideoStream

START_CODE = b"\x00\x00\x01"
# NAL unit types that carry coded slices: ITU-T H.264, table 7-1, and H.265, table 7-1.
H264_SLICES = range(1, 6)
HEVC_SLICES = range(32)


@dataclass(frozen=True, slots=True)
class PacketForm:
    """How a stream's packets are written. `length_bytes` is the size of the number before each NAL unit, 0 where start
    codes part them (ITU-T H.264 and H.265, annex B); None for codecs that have no NAL units."""

    codec: str
    length_bytes: int | None

    @classmethod
    def of(cls, stream: VideoStream) -> PacketForm:
        """From the stream's header: avcC or hvcC (ISO/IEC 14496-15), or none of them."""
        codec = stream.codec_context.codec.canonical_name
        header = stream.codec_context.extradata or b""
        if codec == "h264":
            return cls(codec, (header[4] & 3) + 1 if len(header) > 6 and header[0] == 1 else 0)
        if codec == "hevc":
            # Old writers left the version 0; a start code is 0, 0, 1 or 0, 0, 0, 1.
            is_record = len(header) > 22 and (header[0] or header[1] or header[2] > 1)
            return cls(codec, (header[21] & 3) + 1 if is_record else 0)
        return cls(codec, None)

    def pictures(self, packet: Packet[VideoStream]) -> list[bytes]:
        """What of the packet is picture: coded slices without their framing, all bytes of codecs without NAL units.

        Parameter sets, delimiters and messages (SEI) come and go as a file changes its container.
        """
        data = bytes(packet)
        if self.length_bytes is None:
            return [data]
        units = _by_length(data, self.length_bytes) if self.length_bytes else iter(data.split(START_CODE)[1:])
        # Zeros after a unit belong to the next start code.
        slices = [unit.rstrip(b"\x00") for unit in units if unit and self._is_slice(unit[0])]
        return slices or [data]

    def hash64(self, packet: Packet[VideoStream]) -> int:
        """Unsigned xxh3-64 of the picture in a packet."""
        digest = xxhash.xxh3_64()
        for part in self.pictures(packet):
            digest.update(len(part).to_bytes(4, "big"))
            digest.update(part)
        return int(digest.intdigest())

    def _is_slice(self, first: int) -> bool:
        return first & 0x1F in H264_SLICES if self.codec == "h264" else first >> 1 & 0x3F in HEVC_SLICES


def _by_length(data: bytes, length_bytes: int) -> Iterator[bytes]:
    at = 0
    while at + length_bytes <= len(data):
        size = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes
        yield data[at : at + size]
        at += size
