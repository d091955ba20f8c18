"""Digests that tell files apart by content."""

import os
from collections.abc import Callable

import numpy as np
import xxhash

_CHUNK_BYTES = 64 * 1024
_READ_BYTES = 4 * 1024 * 1024


def oshash(path: str) -> str:
    """OpenSubtitles hash as 16 hexadecimal digits: two reads of 64 KiB, whatever the size.

    The size plus the little-endian 64-bit words of the first and the last 64 KiB, modulo 2**64 (trac.opensubtitles.org,
    "HashSourceCodes"). The words of a file under 64 KiB count twice; bytes after its last whole word don't count.
    Raises OSError when the file can't be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size = os.fstat(descriptor).st_size
        span = min(_CHUNK_BYTES, size)
        ends = os.pread(descriptor, span, 0), os.pread(descriptor, span, size - span)
    finally:
        os.close(descriptor)
    total = (size + sum(_sum_of_words(end) for end in ends)) & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"


def _sum_of_words(data: bytes) -> int:
    """Modulo 2**64, as NumPy's sum wraps."""
    return int(np.frombuffer(data[: len(data) // 8 * 8], dtype="<u8").sum(dtype=np.uint64))


def signed_64(number: int) -> int:
    """An unsigned 64-bit number as PostgreSQL keeps it: it has signed ones only, so the top bit becomes the sign."""
    return number - (1 << 64) if number >= 1 << 63 else number


def content_hash(path: str, *, on_read: Callable[[int], None] | None = None, is_fresh: bool = False) -> str:
    """xxh3-128 of the whole file as 32 hexadecimal digits. Reads every byte; raises OSError when it can't.

    `on_read` is told how many bytes were read so far. With `is_fresh` the bytes come from the disk, as far as the
    system lets itself be asked, and not from memory, which may hold what the disk has lost.
    """
    digest = xxhash.xxh3_128()
    done = 0
    with open(path, "rb", buffering=0) as source:
        if is_fresh:
            os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while chunk := source.read(_READ_BYTES):
            digest.update(chunk)
            done += len(chunk)
            if is_fresh:
                # Reading a library through must not push everything else out of memory.
                os.posix_fadvise(source.fileno(), 0, done, os.POSIX_FADV_DONTNEED)
            if on_read is not None:
                on_read(done)
    return digest.hexdigest()
