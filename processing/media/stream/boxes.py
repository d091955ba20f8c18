"""Fragmented MP4 as boxes: reading the samples out of FFmpeg's output, and writing segments from samples.

ISO/IEC 14496-12 names the boxes. Only what FFmpeg's muxer writes with `default_base_moof` is read: offsets count from
the fragment's own `moof`.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processing.media.stream.errors import BrokenFragmentsError

# tfhd: what is there besides the track's id.
_TFHD_BASE, _TFHD_DESCRIPTION, _TFHD_DURATION, _TFHD_SIZE, _TFHD_FLAGS = 0x1, 0x2, 0x8, 0x10, 0x20
_DEFAULT_BASE_IS_MOOF = 0x020000
# trun: likewise, then what each sample has.
_TRUN_OFFSET, _TRUN_FIRST_FLAGS, _TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_CTS = (
    0x1,
    0x4,
    0x100,
    0x200,
    0x400,
    0x800,
)
_IS_NON_SYNC = 0x00010000
# Flags of a written sample: depends on others and isn't a sync sample; depends on nothing.
_NON_SYNC_FLAGS, _SYNC_FLAGS = 0x01010000, 0x02000000
# A box of FFmpeg's is at most a fragment of half a second.
_LARGEST_BOX = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Track:
    """A track of the `moov`. `timescale` is in ticks per second."""

    id: int
    is_video: bool
    timescale: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded picture or frame of sound; times in ticks of its track."""

    dts: int
    pts: int
    duration: int
    is_sync: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Placed:
    """A sample as it is written: `offset` is from decoding to showing, and may be negative."""

    duration: int
    offset: int
    is_sync: bool
    data: bytes


class BoxReader:
    """Top-level boxes out of a stream of bytes."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """(type, whole box) of each box that is complete by now. Raises BrokenFragmentsError."""
        self._held += data
        while len(self._held) >= 8:
            size, kind = struct.unpack_from(">I4s", self._held)
            if size == 1:
                if len(self._held) < 16:
                    return
                (size,) = struct.unpack_from(">Q", self._held, 8)
            if not 8 <= size <= _LARGEST_BOX:
                raise BrokenFragmentsError("FFmpeg wrote something that is no MP4.")
            if len(self._held) < size:
                return
            box = bytes(self._held[:size])
            del self._held[:size]
            yield kind, box


def children(box: bytes | memoryview, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, first byte of the content, end) of each box between two places."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", box, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", box, start + 8)
            head = 16
        if size < head or start + size > end:
            raise BrokenFragmentsError("A box is longer than the one around it.")
        yield kind, start + head, start + size
        start += size


def read_tracks(moov: bytes) -> dict[int, Track]:
    """The tracks of a whole `moov` box, by id."""
    tracks = {}
    for kind, start, end in children(moov, 8, len(moov)):
        if kind == b"trak":
            track = _read_track(moov, start, end)
            tracks[track.id] = track
    return tracks


def _read_track(moov: bytes, start: int, end: int) -> Track:
    track_id = timescale = 0
    is_video = False
    for kind, first, last in children(moov, start, end):
        if kind == b"tkhd":
            (track_id,) = struct.unpack_from(">I", moov, first + (20 if moov[first] else 12))
        elif kind == b"mdia":
            for inner, at, _ in children(moov, first, last):
                if inner == b"mdhd":
                    (timescale,) = struct.unpack_from(">I", moov, at + (20 if moov[at] else 12))
                elif inner == b"hdlr":
                    is_video = moov[at + 8 : at + 12] == b"vide"
    if not track_id or not timescale:
        raise BrokenFragmentsError("A track has no number or no clock.")
    return Track(track_id, is_video, timescale)


def read_samples(moof: bytes, mdat: bytes) -> Iterator[tuple[int, Sample]]:
    """(track id, sample) of a fragment: the whole `moof` and the `mdat` behind it, both with their headers."""
    for kind, start, end in children(moof, 8, len(moof)):
        if kind == b"traf":
            yield from _read_traf(moof, mdat, start, end)


def _read_traf(moof: bytes, mdat: bytes, start: int, end: int) -> Iterator[tuple[int, Sample]]:
    track_id = duration = size = flags = dts = 0
    for kind, at, _ in children(moof, start, end):
        if kind == b"tfhd":
            track_id, duration, size, flags = _read_tfhd(moof, at)
        elif kind == b"tfdt":
            (dts,) = struct.unpack_from(">Q" if moof[at] else ">I", moof, at + 4)
        elif kind == b"trun":
            for sample in _read_trun(moof, mdat, at, (dts, duration, size, flags)):
                dts = sample.dts + sample.duration
                yield track_id, sample


def _read_tfhd(moof: bytes, at: int) -> tuple[int, int, int, int]:
    """Track id, default duration, size and flags."""
    has, track_id = struct.unpack_from(">II", moof, at)
    at += 8
    at += 8 * bool(has & _TFHD_BASE) + 4 * bool(has & _TFHD_DESCRIPTION)
    values = []
    for flag in (_TFHD_DURATION, _TFHD_SIZE, _TFHD_FLAGS):
        values.append(struct.unpack_from(">I", moof, at)[0] if has & flag else 0)
        at += 4 * bool(has & flag)
    return track_id, values[0], values[1], values[2]


def _read_trun(moof: bytes, mdat: bytes, at: int, defaults: tuple[int, int, int, int]) -> Iterator[Sample]:
    dts, default_duration, default_size, default_flags = defaults
    has, count = struct.unpack_from(">II", moof, at)
    is_signed = bool(has >> 24)
    at += 8
    offset = 0
    if has & _TRUN_OFFSET:
        (offset,) = struct.unpack_from(">i", moof, at)
        at += 4
    first_flags = None
    if has & _TRUN_FIRST_FLAGS:
        (first_flags,) = struct.unpack_from(">I", moof, at)
        at += 4
    place = offset - len(moof)
    for number in range(count):
        duration, size, flags, shift = default_duration, default_size, default_flags, 0
        if has & _TRUN_DURATION:
            (duration,) = struct.unpack_from(">I", moof, at)
            at += 4
        if has & _TRUN_SIZE:
            (size,) = struct.unpack_from(">I", moof, at)
            at += 4
        if has & _TRUN_FLAGS:
            (flags,) = struct.unpack_from(">I", moof, at)
            at += 4
        elif number == 0 and first_flags is not None:
            flags = first_flags
        if has & _TRUN_CTS:
            (shift,) = struct.unpack_from(">i" if is_signed else ">I", moof, at)
            at += 4
        if place < 0 or place + size > len(mdat):
            raise BrokenFragmentsError("A sample lies outside its fragment.")
        yield Sample(dts, dts + shift, duration, not flags & _IS_NON_SYNC, mdat[place : place + size])
        place += size
        dts += duration


def write_segment(number: int, runs: Sequence[tuple[int, int, Sequence[Placed]]]) -> bytes:
    """A `moof` and its `mdat`. `runs` are (track id, decoding time of the first sample in ticks, samples)."""
    # The sizes don't depend on the offsets in them.
    size = len(_moof(number, runs, 0))
    moof = _moof(number, runs, size + 8)
    payload = [sample.data for _, _, samples in runs for sample in samples]
    length = sum(map(len, payload))
    return b"".join([moof, struct.pack(">I4s", 8 + length, b"mdat"), *payload])


def _moof(number: int, runs: Sequence[tuple[int, int, Sequence[Placed]]], offset: int) -> bytes:
    trafs = b""
    for track_id, base, samples in runs:
        has = _TRUN_OFFSET | _TRUN_DURATION | _TRUN_SIZE | _TRUN_FLAGS | _TRUN_CTS
        rows = b"".join(
            struct.pack(
                ">IIIi",
                sample.duration,
                len(sample.data),
                _SYNC_FLAGS if sample.is_sync else _NON_SYNC_FLAGS,
                sample.offset,
            )
            for sample in samples
        )
        tfhd = _box(b"tfhd", struct.pack(">II", _DEFAULT_BASE_IS_MOOF, track_id))
        tfdt = _box(b"tfdt", struct.pack(">IQ", 1 << 24, base))
        trun = _box(b"trun", struct.pack(">IIi", 1 << 24 | has, len(samples), offset) + rows)
        trafs += _box(b"traf", tfhd + tfdt + trun)
        offset += sum(len(sample.data) for sample in samples)
    return _box(b"moof", _box(b"mfhd", struct.pack(">II", 0, number)) + trafs)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content
