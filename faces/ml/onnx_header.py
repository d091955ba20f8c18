"""What an ONNX file takes and puts out, told from its header alone: no runtime, no weights in memory.

An ONNX file is one protobuf message. Its wire format is a row of (field number, kind, value); the weights are fields
that are skipped by their length, so a file of 200 MB is read in a moment.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from faces.ml.errors import ModelBrokenError

# A side of known length, or None for one that is free (a batch, a picture's height).
Shape = tuple[int | None, ...]
# Field numbers of onnx.proto3: ModelProto, GraphProto, ValueInfoProto, TypeProto, TensorShapeProto.
_GRAPH, _INPUT, _OUTPUT, _TYPE, _TENSOR, _SHAPE, _SIDE, _LENGTH = 7, 11, 12, 2, 1, 2, 1, 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class OnnxHeader:
    """Shapes of what a model takes (its weights may be among them, after the picture) and puts out."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]


def read_header(path: Path) -> OnnxHeader:
    """Raises ModelBrokenError for a file that is no ONNX model, OSError when it can't be read."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            graphs = [span for number, span in _fields(content, (0, len(content))) if number == _GRAPH]
            if len(graphs) != 1:
                raise ValueError("no graph")
            fields = list(_fields(content, graphs[0]))
            inputs = tuple(_shape(content, span) for number, span in fields if number == _INPUT)
            outputs = tuple(_shape(content, span) for number, span in fields if number == _OUTPUT)
    except (ValueError, IndexError):
        # An empty file can't be mapped: that is a ValueError too.
        raise ModelBrokenError(f"{path.name} is no ONNX model, or was cut off. Copy or fetch it again.") from None
    if not inputs or not outputs:
        raise ModelBrokenError(f"{path.name} takes or puts out nothing; it is no model of faces.")
    return OnnxHeader(inputs, outputs)


def _fields(content: mmap.mmap, span: tuple[int, int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """(number, (begin, end)) of a message's fields; for numbers, `begin` is the number itself."""
    place, end = span
    while place < end:
        tag, place = _varint(content, place)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, place = _varint(content, place)
            yield number, (value, value)
        elif kind == _BYTES:
            length, place = _varint(content, place)
            if place + length > end:
                raise ValueError("cut off")
            yield number, (place, place + length)
            place += length
        elif kind in (_FIXED64, _FIXED32):
            place += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("unknown kind of field")


def _varint(content: mmap.mmap, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("too long a number")


def _inner(content: mmap.mmap, span: tuple[int, int], *numbers: int) -> tuple[int, int] | None:
    """The field within a field within a field; None where there is none."""
    for wanted in numbers:
        found = next((inner for number, inner in _fields(content, span) if number == wanted), None)
        if found is None:
            return None
        span = found
    return span


def _shape(content: mmap.mmap, value: tuple[int, int]) -> Shape:
    shape = _inner(content, value, _TYPE, _TENSOR, _SHAPE)
    if shape is None:
        return ()
    sides: list[int | None] = []
    for number, side in _fields(content, shape):
        if number == _SIDE:
            length = next((inner[0] for field, inner in _fields(content, side) if field == _LENGTH), 0)
            sides.append(length or None)
    return tuple(sides)
