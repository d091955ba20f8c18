"""FFmpeg's command line for one file on one rung of the ladder."""

from dataclasses import dataclass

from processing.media.demuxers import DEMUXERS
from processing.media.encode.catalogue import (
    RENDER_NODE,
    decode_arguments,
    device_arguments,
    encoder_arguments,
)
from processing.media.encode.errors import CannotConvertError
from processing.media.encode.ladder import Rung
from processing.media.encode.original import NO_PICTURE, Source
from processing.media.encode.picture import (
    Colors,
    Target,
    can_stay_on_card,
    colors_of,
    filters_in_memory,
    filters_on_card,
    main_picture,
    target_size,
)
from processing.media.encode.presets import BitRates, Container, EncodeSettings, bit_rates
from processing.media.encode.tracks import Tracks, plan_tracks
from processing.media.facts import MediaFacts, StreamFacts

# Statistics that Matroska writers keep as tags; of a picture that is encoded anew they would be lies.
_STALE_TAGS = ("BPS", "DURATION", "NUMBER_OF_BYTES", "NUMBER_OF_FRAMES", "_STATISTICS_TAGS", "_STATISTICS_WRITING_APP",
               "_STATISTICS_WRITING_DATE_UTC")  # fmt: skip

_KEYFRAME_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the output will be, whichever rung makes it."""

    source: Source
    settings: EncodeSettings
    picture: StreamFacts
    target: Target
    colors: Colors
    rates: BitRates
    tracks: Tracks

    @property
    def losses(self) -> list[str]:
        """What the output won't have, in sentences."""
        return self.tracks.losses

    @property
    def notes(self) -> list[str]:
        """What is worth knowing and hardly a loss."""
        dolby = self.source.facts.hdr_format
        layers = {
            "dolby_vision": "The Dolby Vision layer is left out; the HDR below it stays.",
            "hdr10plus": "The scene-by-scene hints of HDR10+ are left out; the HDR stays.",
        }
        kept = [] if self.colors.is_tone_mapped or dolby not in layers else [layers[dolby]]
        mapped = ["HDR becomes SDR."] if self.colors.is_tone_mapped else []
        return [*self.tracks.notes, *kept, *mapped]


def make_plan(source: Source, settings: EncodeSettings) -> Plan:
    """Decides everything that doesn't depend on who encodes. Raises CannotConvertError without a picture."""
    facts = source.facts
    picture = main_picture(facts)
    if picture is None or not facts.width or not facts.height:
        raise CannotConvertError(NO_PICTURE)
    target = target_size(facts, settings)
    rates = bit_rates(settings, longer_side_px=target.longer_side, source_bit_rate=video_bit_rate(facts))
    tracks = plan_tracks(facts, settings, picture=picture)
    return Plan(source, settings, picture, target, colors_of(facts, settings), rates, tracks)


def video_bit_rate(facts: MediaFacts) -> int | None:
    """bit/s of the picture alone: as the file says, else what the whole leaves after its sound; None if unknown."""
    picture = main_picture(facts)
    if picture is not None and picture.bit_rate:
        return picture.bit_rate
    if not facts.bit_rate:
        return None
    sound = sum(s.bit_rate or 0 for s in facts.streams if s.kind == "audio")
    return max(facts.bit_rate - sound, facts.bit_rate // 2)


def ffmpeg_command(program: str, plan: Plan, rung: Rung, output: str, *, render_node: str = RENDER_NODE) -> list[str]:
    """The whole command line. It overwrites `output`, reads nothing but the file and asks nothing."""
    family = rung.encoder.family
    stays = rung.decodes_in_hardware and can_stay_on_card(
        plan.source.facts, plan.colors, is_interlaced=plan.source.is_interlaced
    )
    command = [program, "-hide_banner", "-nostdin", "-y", "-v", "warning", "-nostats", "-progress", "pipe:1"]
    command += device_arguments(family, render_node=render_node)
    if rung.decodes_in_hardware:
        command += decode_arguments(family, keeps_on_card=stays)
    command += ["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS, "-i", f"file:{plan.source.path}"]
    command += ["-map", f"0:{plan.picture.index}", "-filter:v:0", _filters(plan, rung, stays=stays)]
    command += encoder_arguments(rung.encoder, plan.settings, plan.rates, is_ten_bit=plan.colors.is_ten_bit)
    command += ["-g:v:0", str(_keyframe_interval(plan.picture))]
    command += [*plan.colors.arguments(), "-fps_mode:v:0", "vfr", "-enc_time_base:v:0", "filter"]
    # Set by hand for one, FFmpeg doesn't choose defaults for the others: each keeps what it was.
    command += ["-disposition:v:0", "+default"]
    command += [*_tags(plan.settings), *plan.tracks.arguments, *_covers(plan)]
    command += ["-map_metadata", "0", "-map_chapters", "0", "-dn", "-max_muxing_queue_size", "4096"]
    return [*command, *_container(plan.settings), f"file:{output}"]


def _keyframe_interval(picture: StreamFacts) -> int:
    """Frames: seeking waits for the decoding of at most that many."""
    return round(_KEYFRAME_SECONDS * min(max(picture.frame_rate or 25.0, 10.0), 120.0))


def _filters(plan: Plan, rung: Rung, *, stays: bool) -> str:
    if stays:
        return filters_on_card(rung.encoder, plan.target, plan.colors)
    return filters_in_memory(
        rung.encoder, plan.target, plan.colors, plan.source.facts, is_interlaced=plan.source.is_interlaced
    )


def _tags(settings: EncodeSettings) -> list[str]:
    if settings.container is not Container.MATROSKA:
        return ["-tag:v:0", "hvc1"] if settings.codec.value == "hevc" else []
    names = [name for tag in _STALE_TAGS for name in (tag, f"{tag}-eng")]
    return [word for name in names for word in ("-metadata:s:v:0", f"{name}=")]


def _covers(plan: Plan) -> list[str]:
    """An MP4 file has covers as pictures of their own, Matroska as attached files."""
    arguments: list[str] = []
    for number, cover in enumerate(plan.source.covers):
        if plan.settings.container is Container.MP4:
            track = number + 1
            arguments += ["-map", f"0:{cover.stream_index}", f"-c:v:{track}", "copy"]
            arguments += [f"-disposition:v:{track}", "attached_pic"]
            continue
        at = plan.tracks.attachment_count + number
        name = f"cover{'' if number == 0 else number + 1}{cover.path.suffix}"
        arguments += ["-attach", str(cover.path)]
        arguments += [f"-metadata:s:t:{at}", f"mimetype={cover.mime_type}"]
        arguments += [f"-metadata:s:t:{at}", f"filename={name}"]
    return arguments


def _container(settings: EncodeSettings) -> list[str]:
    if settings.container is Container.MP4:
        return ["-movflags", "+faststart", "-f", "mp4"]
    return ["-f", "matroska"]
