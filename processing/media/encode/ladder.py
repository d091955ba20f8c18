"""In which order the ways to encode a file are tried: all in hardware, hardware encoding, all in software."""

from collections.abc import Sequence
from dataclasses import dataclass

from processing.media.encode.catalogue import (
    BY_NAME,
    FAMILY_TITLES,
    HARDWARE,
    Decoder,
    Encoder,
    Family,
    software_encoder,
)
from processing.media.encode.presets import Codec


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What was proven on a machine. `ten_bit` holds the names of encoders that do 10 bits too."""

    encoders: frozenset[str] = frozenset()
    ten_bit: frozenset[str] = frozenset()
    decoders: frozenset[str] = frozenset()
    render_node: str = ""

    @property
    def has_hardware(self) -> bool:
        """Whether anything encodes in hardware here."""
        return any(BY_NAME[name].family is not Family.SOFTWARE for name in self.encoders if name in BY_NAME)

    def can(self, name: str, *, is_ten_bit: bool) -> bool:
        """Whether the encoder works here."""
        return name in self.encoders and (not is_ten_bit or name in self.ten_bit)


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to encode. Decoded in hardware, pictures stay on the card unless a filter needs them in memory."""

    encoder: Encoder
    decodes_in_hardware: bool = False

    @property
    def title(self) -> str:
        """For the pages."""
        if self.encoder.family is Family.SOFTWARE:
            return f"Software ({self.encoder.name})"
        if self.encoder.family is Family.PLUGIN:
            return f"An encoder of a plugin ({self.encoder.name})"
        how = "decoding and encoding" if self.decodes_in_hardware else "encoding"
        return f"{FAMILY_TITLES[self.encoder.family]}, {how} ({self.encoder.name})"


def ladder(
    codec: Codec,
    *,
    source_codec: str | None,
    is_ten_bit: bool,
    capabilities: Capabilities,
    added: Sequence[Encoder] = (),
) -> tuple[Rung, ...]:
    """The rungs from fastest to surest. The software encoder is always the last one, proven or not: if it fails too,
    its words say why. `added` are encoders of plugins: whoever switched one on wants it, so it comes first."""
    own = [encoder for encoder in added if encoder.codec is codec]
    rungs = [Rung(encoder) for encoder in own if capabilities.can(encoder.name, is_ten_bit=is_ten_bit)]
    for family in HARDWARE:
        name = f"{codec}_{family}"
        if not capabilities.can(name, is_ten_bit=is_ten_bit):
            continue
        if _can_decode(source_codec, family, capabilities):
            rungs.append(Rung(BY_NAME[name], decodes_in_hardware=True))
        rungs.append(Rung(BY_NAME[name]))
    return (*rungs, Rung(software_encoder(codec)))


def _can_decode(source_codec: str | None, family: Family, capabilities: Capabilities) -> bool:
    if family is Family.AMF or source_codec not in list(Codec):
        return False
    return Decoder(Codec(source_codec), family).name in capabilities.decoders
