"""Which encoders and decoders work on this machine: each is tried with half a second of a test picture."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from processing.media.encode.catalogue import (
    DECODERS,
    ENCODERS,
    HWACCELS,
    RENDER_NODE,
    Decoder,
    Encoder,
    Family,
    decode_arguments,
    device_arguments,
    encoder_arguments,
    pixel_format,
    software_encoder,
    upload_filter,
)
from processing.media.encode.errors import DiskFullError, ProgramFailedError
from processing.media.encode.ladder import Capabilities
from processing.media.encode.presets import BitRates, Effort, EncodeSettings
from processing.media.encode.program import reason_of, run_program

# Larger than the smallest picture that any hardware encoder takes.
_PICTURE = "testsrc2=s=320x240:r=25:d=0.4"
_FRAMES_AT_LEAST = 5
_SECONDS = 20.0
_RATES = BitRates(2_000_000, 2_400_000, 4_800_000)


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of a try. `reason` is FFmpeg's line where it failed; `has_ten_bit` says that 10 bits work as well."""

    name: str
    is_encoder: bool
    codec: str
    family: str
    is_proven: bool
    has_ten_bit: bool
    reason: str
    seconds: float
    command: tuple[str, ...]


def render_nodes() -> list[str]:
    """The devices of graphics cards for VA-API, in the order of their numbers."""
    return sorted(str(path) for path in Path("/dev/dri").glob("renderD*"))


def prove_all(
    program: str, *, told: Callable[[Proof], None] = lambda _: None, added: Sequence[Encoder] = ()
) -> list[Proof]:
    """Tries every encoder, those of plugins too, then every hardware decoder; `told` is called after each. Takes a few
    seconds."""
    node = next(iter(render_nodes()), RENDER_NODE)
    proofs = []
    for proof in _each(program, node, [*added, *ENCODERS], DECODERS):
        proofs.append(proof)
        told(proof)
    return proofs


def prove_hardware(program: str) -> list[Proof]:
    """Tries the encoders of cards only; a moment where there is no card."""
    node = next(iter(render_nodes()), RENDER_NODE)
    return list(_each(program, node, [one for one in ENCODERS if one.family is not Family.SOFTWARE], ()))


def prove_added(program: str, added: Sequence[Encoder]) -> list[Proof]:
    """Tries the encoders of plugins only."""
    return [prove_encoder(program, one) for one in added]


def _each(program: str, node: str, encoders: Sequence[Encoder], decoders: Sequence[Decoder]) -> Iterator[Proof]:
    # A card that doesn't even open needn't be tried with each codec: its reason is that of all.
    closed = {family: _try(device_command(program, family, render_node=node)) for family in HWACCELS}
    for encoder in encoders:
        if reason := closed.get(encoder.family, ""):
            yield _refused(encoder.name, encoder, reason, is_encoder=True)
        else:
            yield prove_encoder(program, encoder, render_node=node)
    with tempfile.TemporaryDirectory(prefix="videothek-proof-") as folder:
        for decoder in decoders:
            if reason := closed[decoder.family]:
                yield _refused(decoder.name, decoder, reason, is_encoder=False)
            else:
                yield prove_decoder(program, decoder, Path(folder), render_node=node)


def _refused(name: str, one: Encoder | Decoder, reason: str, *, is_encoder: bool) -> Proof:
    return Proof(name, is_encoder, one.codec, one.family, False, False, reason, 0.0, ())


def capabilities_of(proofs: Iterable[Proof]) -> Capabilities:
    """What the ladder asks."""
    good = [proof for proof in proofs if proof.is_proven]
    return Capabilities(
        encoders=frozenset(proof.name for proof in good if proof.is_encoder),
        ten_bit=frozenset(proof.name for proof in good if proof.is_encoder and proof.has_ten_bit),
        decoders=frozenset(proof.name for proof in good if not proof.is_encoder),
        render_node=next(iter(render_nodes()), RENDER_NODE),
    )


def device_command(program: str, family: Family, *, render_node: str) -> list[str]:
    """Opens the card and does nothing with it."""
    return [
        program, "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1",
        *device_arguments(family, render_node=render_node), "-f", "lavfi", "-i", _PICTURE, "-f", "null", "-",
    ]  # fmt: skip


def encoder_command(program: str, encoder: Encoder, *, is_ten_bit: bool, render_node: str) -> list[str]:
    """A real encode, by the arguments that a conversion would use."""
    settings = EncodeSettings(encoder.codec, None, 30, effort=Effort.FAST)
    pixels = f"format={pixel_format(encoder, is_ten_bit=is_ten_bit)}"
    filters = ",".join(filter(None, [pixels, upload_filter(encoder)]))
    return [
        program, "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1",
        *device_arguments(encoder.family, render_node=render_node),
        "-f", "lavfi", "-i", _PICTURE, "-filter:v:0", filters,
        *encoder_arguments(encoder, settings, _RATES, is_ten_bit=is_ten_bit),
        "-f", "null", "-",
    ]  # fmt: skip


def decoder_command(program: str, decoder: Decoder, sample: Path, *, render_node: str) -> list[str]:
    """A real decode: only a picture that lies on the card can be fetched from it."""
    return [
        program, "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1",
        *device_arguments(decoder.family, render_node=render_node),
        *decode_arguments(decoder.family, keeps_on_card=True), "-i", f"file:{sample}",
        "-vf", "hwdownload,format=nv12", "-f", "null", "-",
    ]  # fmt: skip


def prove_encoder(program: str, encoder: Encoder, *, render_node: str = RENDER_NODE) -> Proof:
    """Tries it with 8 bits, and if it can, with 10."""
    began = time.monotonic()
    command = encoder_command(program, encoder, is_ten_bit=False, render_node=render_node)
    reason = _try(command)
    has_ten_bit = False
    if not reason and encoder.has_ten_bit:
        deep = encoder_command(program, encoder, is_ten_bit=True, render_node=render_node)
        has_ten_bit = not _try(deep)
    seconds = time.monotonic() - began
    return Proof(
        encoder.name, True, encoder.codec, encoder.family, not reason, has_ten_bit, reason, seconds, tuple(command)
    )


def prove_decoder(program: str, decoder: Decoder, folder: Path, *, render_node: str = RENDER_NODE) -> Proof:
    """Tries it with a sample that the software encoder makes in `folder`, once for each codec."""
    began = time.monotonic()
    sample = folder / f"{decoder.codec}.mkv"
    reason = "" if sample.exists() else _make_sample(program, decoder, sample)
    command = decoder_command(program, decoder, sample, render_node=render_node)
    reason = reason or _try(command)
    seconds = time.monotonic() - began
    return Proof(decoder.name, False, decoder.codec, decoder.family, not reason, False, reason, seconds, tuple(command))


def _make_sample(program: str, decoder: Decoder, sample: Path) -> str:
    encoder = software_encoder(decoder.codec)
    made = encoder_command(program, encoder, is_ten_bit=False, render_node="")
    reason = _try([*made[:-3], "-f", "matroska", f"file:{sample}"])
    return f"No sample could be made: {reason}" if reason else ""


def _try(command: list[str]) -> str:
    """Why it failed; empty when pictures came out."""
    seen = 0.0

    def count(progress: object) -> None:
        nonlocal seen
        seen = max(seen, getattr(progress, "seconds", 0.0))

    try:
        run_program(command, duration_seconds=None, progress=count, timeout_seconds=_SECONDS, nice=0)
    except ProgramFailedError as error:
        return reason_of(error.words) or str(error)
    except (DiskFullError, OSError) as error:
        return str(error)
    return "" if seen * 25 >= _FRAMES_AT_LEAST else "It ended well, but wrote no pictures."
