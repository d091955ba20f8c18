"""Whether two files show the same, from everything that is known about both."""

from library.models.duplicate import DuplicateKind
from library.services.duplicates.alignment import Alignment, align_frames, align_keyframes
from library.services.duplicates.looks import Found, Look

# Lengths this close count as the same: encoders and trimmed logos change them by seconds.
LENGTH_SECONDS, LENGTH_SHARE = 2.0, 0.02
# Of 64 bits of the whole videos' hashes: without a look at the length, with it, and where pictures have to agree too.
# Fast-cut films that were encoded anew with keyframes elsewhere are 4 to 16 apart.
MOST_BITS_ANY_LENGTH, MOST_BITS, MOST_BITS_CONFIRMED = 3, 10, 16
_LEAST_DOUBTFUL_BITS = 8
_CONFIRMED, _DENIED = 0.6, 0.3
_COPIED = 0.4
# A clip is known by this many pictures of the longer one, of this many different scenes.
_LEAST_PICTURES, _LEAST_SCENES = 4, 3
# The signature holds all keyframes of files up to this length, and those of its pictures of longer ones.
_ALL_KEYFRAMES_SECONDS = 600.0
_EDGE_SECONDS = 1.0


def is_same_length(one: Look, other: Look) -> bool:
    longest = max(one.duration_seconds, other.duration_seconds)
    return abs(one.duration_seconds - other.duration_seconds) <= max(LENGTH_SECONDS, LENGTH_SHARE * longest)


def bits_between(one: Look, other: Look) -> int | None:
    """Of the perceptual hashes of the whole videos; None where one of them has none."""
    if not one.phash or not other.phash:
        return None
    return ((one.phash ^ other.phash) & 0xFFFFFFFFFFFFFFFF).bit_count()


def judge(one: Look, other: Look) -> Found | None:
    """What the two are to each other, the strongest statement first; None when they are nothing."""
    if one.video_id == other.video_id:
        return None
    if one.content_hash and one.content_hash == other.content_hash:
        return Found.of(one, other, DuplicateKind.EXACT, confidence=1.0)
    if one.packet_hash and one.packet_hash == other.packet_hash:
        return Found.of(one, other, DuplicateKind.NEAR, confidence=0.99, distance=0.0)
    longer, shorter = (one, other) if one.duration_seconds >= other.duration_seconds else (other, one)
    frames = align_frames(longer, shorter)
    bits = bits_between(one, other)
    if bits is not None:
        confidence = _near_confidence(longer, shorter, bits, frames)
        if confidence:
            return Found.of(one, other, DuplicateKind.NEAR, confidence=confidence, distance=float(bits))
    return _by_keyframes(longer, shorter) or _by_frames(longer, shorter, frames)


def near_confidence(bits: int, *, is_same_length: bool) -> float:
    """By the hashes of the whole alone; 0 when they are not near."""
    if not is_same_length:
        return 0.85 - bits / 40 if bits <= MOST_BITS_ANY_LENGTH else 0.0
    return 0.98 - bits / 40 if bits <= MOST_BITS else 0.0


def _near_confidence(longer: Look, shorter: Look, bits: int, frames: Alignment | None) -> float:
    """0 when they are not near. Pictures decide where the hashes of the whole leave doubt."""
    is_same = is_same_length(longer, shorter)
    has_pictures = longer.version == shorter.version and min(len(longer.frame_hashes), len(shorter.frame_hashes)) >= 4
    if bits <= MOST_BITS_ANY_LENGTH or not is_same or not has_pictures:
        return near_confidence(bits, is_same_length=is_same)
    if bits > MOST_BITS_CONFIRMED:
        return 0.0
    coverage = frames.coverage if frames and _lies_over(longer, shorter, frames) else 0.0
    if bits < _LEAST_DOUBTFUL_BITS:
        # Pictures that all differ make it doubtful, but those of a moving camera do: it is still shown.
        return near_confidence(bits, is_same_length=True) - (0.0 if coverage >= _DENIED else 0.3)
    needed = _DENIED if bits <= MOST_BITS else _CONFIRMED
    return 0.5 + 0.4 * coverage if coverage >= needed else 0.0


def _lies_over(longer: Look, shorter: Look, frames: Alignment) -> bool:
    """Whether both begin at about the same moment."""
    spare = max(LENGTH_SECONDS, LENGTH_SHARE * longer.duration_seconds) + shorter.step_seconds
    return abs(frames.offset_seconds) <= spare


def _by_keyframes(longer: Look, shorter: Look) -> Found | None:
    """Stream copies: whole ones are near, parts are contained."""
    packets = align_keyframes(longer, shorter)
    if packets is None or not _fits(longer, shorter, packets):
        return None
    # One equal packet is enough when it is all that could be; a shared opening is a small part of what could be.
    knows_all = shorter.duration_seconds <= _ALL_KEYFRAMES_SECONDS
    least = 2 if packets.expected > 1 else 1
    if packets.matched < least or (knows_all and packets.coverage < _COPIED):
        return None
    confidence = 0.98 if packets.matched > 1 else 0.9
    if is_same_length(longer, shorter):
        return Found.of(longer, shorter, DuplicateKind.NEAR, confidence=confidence, distance=0.0)
    ranges = (packets.long_range, packets.short_range)
    return Found.of(longer, shorter, DuplicateKind.CONTAINED, confidence=confidence, ranges=ranges)


def _fits(longer: Look, shorter: Look, found: Alignment) -> bool:
    """Whether the shorter one lies within the longer one, give or take a keyframe before the cut."""
    end = found.offset_seconds + shorter.duration_seconds
    return found.offset_seconds >= -_EDGE_SECONDS and end <= longer.duration_seconds + _EDGE_SECONDS


def _by_frames(longer: Look, shorter: Look, frames: Alignment | None) -> Found | None:
    if frames is None or frames.matched < _LEAST_PICTURES or frames.scenes < _LEAST_SCENES:
        return None
    if frames.coverage < _CONFIRMED:
        return None
    begin, end = frames.short_range
    # Of the shorter one's length; what lies beyond was added to it.
    if end - begin < _CONFIRMED * shorter.duration_seconds:
        return None
    doubt = 0.5 ** (frames.matched - 1)
    confidence = min(0.97, frames.coverage * (1 - frames.bits / 25) * (1 - doubt))
    if is_same_length(longer, shorter) and _lies_over(longer, shorter, frames):
        return Found.of(longer, shorter, DuplicateKind.NEAR, confidence=confidence, distance=round(frames.bits, 2))
    ranges = (frames.long_range, frames.short_range)
    return Found.of(
        longer, shorter, DuplicateKind.CONTAINED, confidence=confidence, distance=round(frames.bits, 2), ranges=ranges
    )
