"""Which bytes of a file a request gets (RFC 9110, section 14)."""

import io
import re
from dataclasses import dataclass
from typing import BinaryIO

from library.exceptions import RangeNotSatisfiableError

# The kernel's send buffer takes this much at once, so a paused player never holds a thread. Measured with gunicorn's
# threads: 4 MiB never block, 8 MiB do; players ask for the next piece by themselves.
LARGEST_PIECE_BYTES = 2 * 1024 * 1024
# Where the server sends files without holding a thread (config/sending.py) and says so in the request's environment,
# only the rights bound a piece: they are asked for anew with each.
SENDS_ASIDE = "videothek.sends_aside"
LARGEST_ASIDE_BYTES = 64 * 1024 * 1024

_RANGE = re.compile(r"(?P<first>\d{0,20})\s*-\s*(?P<last>\d{0,20})", re.ASCII)
_UNIT = re.compile(r"\s*bytes\s*=(?P<ranges>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included, of a file of `total` bytes."""

    first: int
    last: int
    total: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        """The Content-Range header's value."""
        return f"bytes {self.first}-{self.last}/{self.total}"


def parse_range(header: str, total: int, *, at_most: int = LARGEST_PIECE_BYTES) -> ByteRange | None:
    """The piece of a file of `total` bytes that a Range header gets, never more than `at_most` bytes of it.

    None stands for the whole file: no header, another unit, or a header that breaks the grammar (which must be
    ignored). Of several ranges the first that lies in the file is answered. Raises RangeNotSatisfiableError when
    none does.
    """
    unit = _UNIT.fullmatch(header)
    if unit is None:
        return None
    pairs: list[tuple[int, int]] = []
    specs = [spec.strip() for spec in unit["ranges"].split(",")]
    for spec in filter(None, specs):
        match = _RANGE.fullmatch(spec)
        if match is None or not (match["first"] or match["last"]):
            return None
        if not match["first"]:
            pairs.append((total - min(int(match["last"]), total), total - 1))
            continue
        first, last = int(match["first"]), int(match["last"] or total - 1)
        if match["last"] and last < first:
            return None
        pairs.append((first, min(last, total - 1)))
    if not pairs:
        return None
    for first, last in pairs:
        if first < total and first <= last:
            return ByteRange(first, min(last, first + at_most - 1), total)
    raise RangeNotSatisfiableError(f"None of {header!r} lies within {total} bytes.")


class Piece(io.RawIOBase):
    """The bytes of a range, as a file. Servers send it by sendfile (`fileno` and `seek`) or by reading it."""

    def __init__(self, stream: BinaryIO, first: int, length: int) -> None:
        super().__init__()
        self._stream = stream
        self._left = length
        stream.seek(first)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        data = self._stream.read(wanted)
        self._left -= len(data)
        return data

    def fileno(self) -> int:
        return self._stream.fileno()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """In the whole file, for socket.sendfile, which stops after Content-Length by itself."""
        return self._stream.seek(offset, whence)

    def close(self) -> None:
        self._stream.close()
        super().close()
