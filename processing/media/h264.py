"""Reading a sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1 and E.1.1).

FFmpeg learns the pixel format of H.264 only by decoding a picture, which costs 20 to 100 ms on large files. The same
facts stand in the header of .mp4 and Matroska files, so a probe reads them from there.
"""

from dataclasses import dataclass

HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
PROFILE_NAMES = {
    66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2",
    244: "High 4:4:4 Predictive", 44: "CAVLC 4:4:4", 118: "Multiview High", 128: "Stereo High",
}  # fmt: skip
INTRA_PROFILES = frozenset({110, 122, 244})
CHROMA_NAMES = ("gray", "yuv420p", "yuv422p", "yuv444p")
# Table E-1: sample aspect ratios by aspect_ratio_idc.
ASPECT_RATIOS = (
    (0, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11),
    (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip
EXTENDED_ASPECT_RATIO = 255


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """`pixel_format` is FFmpeg's name; colours are H.273 code points (2: unspecified).

    `aspect_ratio` is (0, 1) and `color_range` 0 where unknown; the range is 1 for limited, 2 for full, as in FFmpeg.
    """

    profile: str | None
    pixel_format: str
    bit_depth: int
    aspect_ratio: tuple[int, int] = (0, 1)
    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    color_range: int = 0


class _Bits:
    """Reads big-endian bits; raises ValueError past the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def fixed(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the sequence parameter set ends early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """Exp-Golomb code, 9.1."""
        zeros = 0
        while not self.fixed(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("an Exp-Golomb code of the sequence parameter set is too long")
        return (1 << zeros) - 1 + self.fixed(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def read_sequence(extradata: bytes | None) -> SequenceFacts | None:
    """Facts from an avcC record (the `extradata` of .mp4 and Matroska); None where it is none or is damaged."""
    if not extradata or len(extradata) < 9 or extradata[0] != 1 or not extradata[5] & 0x1F:
        return None
    size = int.from_bytes(extradata[6:8], "big")
    unit = extradata[8 : 8 + size]
    try:
        # 7.4.1: a 3 after two zero bytes only keeps start codes unique.
        return _parse(_Bits(unit[1:].replace(b"\x00\x00\x03", b"\x00\x00")))
    except ValueError:
        return None


def _parse(bits: _Bits) -> SequenceFacts:
    profile, constraints = bits.fixed(8), bits.fixed(8)
    bits.fixed(8)
    bits.unsigned()
    chroma, depth = 1, 8
    if profile in HIGH_PROFILES:
        chroma = bits.unsigned()
        if chroma > 3:
            raise ValueError("unknown chroma format")
        if chroma == 3:
            bits.fixed(1)
        depth = 8 + bits.unsigned()
        bits.unsigned()
        bits.fixed(1)
        if bits.fixed(1):
            _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
    _skip_to_vui(bits)
    ratio, color_range, colours = _read_vui(bits) if bits.fixed(1) else ((0, 1), 0, (2, 2, 2))
    name = CHROMA_NAMES[chroma]
    if depth > 8:
        name = f"{name}{depth}le"
    elif color_range == 2 and chroma:
        name = name.replace("yuv", "yuvj")
    return SequenceFacts(_profile_name(profile, constraints), name, depth, ratio, *colours, color_range)


def _profile_name(profile: int, constraints: int) -> str | None:
    if profile == 66 and constraints & 0x40:
        return "Constrained Baseline"
    name = PROFILE_NAMES.get(profile)
    return f"{name} Intra" if name and profile in INTRA_PROFILES and constraints & 0x10 else name


def _skip_scaling_lists(bits: _Bits, count: int) -> None:
    for index in range(count):
        if not bits.fixed(1):
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_to_vui(bits: _Bits) -> None:
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.fixed(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.unsigned()):
            bits.signed()
    bits.unsigned()
    bits.fixed(1)
    bits.unsigned()
    bits.unsigned()
    if not bits.fixed(1):
        bits.fixed(1)
    bits.fixed(1)
    if bits.fixed(1):
        for _ in range(4):
            bits.unsigned()


def _read_vui(bits: _Bits) -> tuple[tuple[int, int], int, tuple[int, int, int]]:
    ratio = (0, 1)
    if bits.fixed(1):
        code = bits.fixed(8)
        if code == EXTENDED_ASPECT_RATIO:
            ratio = (bits.fixed(16), bits.fixed(16))
        elif code < len(ASPECT_RATIOS):
            ratio = ASPECT_RATIOS[code]
    if bits.fixed(1):
        bits.fixed(1)
    color_range, colours = 0, (2, 2, 2)
    if bits.fixed(1):
        bits.fixed(3)
        color_range = 1 + bits.fixed(1)
        if bits.fixed(1):
            colours = (bits.fixed(8), bits.fixed(8), bits.fixed(8))
    return ratio, color_range, colours
