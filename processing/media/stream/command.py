"""FFmpeg's command line for a rendition, from one of its segments on."""

from dataclasses import dataclass, replace
from fractions import Fraction

from processing.media.demuxers import DEMUXERS
from processing.media.encode.catalogue import (
    RENDER_NODE,
    Encoder,
    Family,
    decode_arguments,
    device_arguments,
    encoder_arguments,
)
from processing.media.encode.ladder import Capabilities, Rung, ladder
from processing.media.encode.picture import (
    can_stay_on_card,
    colors_of,
    filters_in_memory,
    filters_on_card,
    target_within,
)
from processing.media.encode.presets import Codec, Effort, EncodeSettings, HdrMode, bit_rates
from processing.media.facts import MediaFacts
from processing.media.stream.cutter import OFFSET_SECONDS
from processing.media.stream.plan import Plan
from processing.media.stream.rendition import Action, AudioPlan, Rendition, VideoPlan

# How far before a segment FFmpeg begins to read. Copied: sound lies before or behind its pictures in the file. Encoded:
# the picture that stands at the beginning, and sound for the encoder to get going. If it wasn't enough, the next one.
COPY_LEADS = (1.5, 12.0, 60.0)
ENCODE_LEADS = (0.4,)
# Seeking in these lands on any packet, so a keyframe has to come first.
_WITHOUT_INDEX = frozenset({"mpegts", "mpeg", "h264", "hevc"})
_ENCODE_LEADS_WITHOUT_INDEX = (4.0,)
# Subtitles that are drawn into the picture stand in the file where they begin to be shown; few are shown for longer.
_BURN_LEADS = (8.0,)
# Frames of AAC that are made and thrown away at a start: the first depend on those before them.
_AAC_FRAME = 1024
_AAC_RUN_IN = 4
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
# Quality on the H.264 scale; the bit rate is bounded besides.
_QP = {Codec.H264: 26, Codec.HEVC: 28, Codec.AV1: 38}


@dataclass(frozen=True, slots=True)
class StreamSource:
    """A file to stream. `path` is as `os` functions take it."""

    path: str
    facts: MediaFacts


def rungs_of(rendition: Rendition, source: StreamSource, capabilities: Capabilities) -> tuple[Rung | None, ...]:
    """The ways to make it, the fastest first; one None where no picture is encoded."""
    video = rendition.video
    if video is None or video.action is Action.COPY:
        return (None,)
    found = ladder(
        Codec(video.codec),
        source_codec=source.facts.video_codec,
        is_ten_bit=colors_of(source.facts, _settings(video)).is_ten_bit,
        capabilities=capabilities,
    )
    if video.burns_subtitle is None:
        return found
    return tuple(rung for rung in found if not rung.decodes_in_hardware)


def leads_of(rendition: Rendition, source: StreamSource) -> tuple[float, ...]:
    """The distances before a segment to begin reading at, one after the other until its keyframe comes."""
    if rendition.video is not None and rendition.video.action is Action.ENCODE:
        if rendition.video.burns_subtitle is not None:
            return _BURN_LEADS
        return _ENCODE_LEADS_WITHOUT_INDEX if source.facts.container in _WITHOUT_INDEX else ENCODE_LEADS
    return COPY_LEADS


def stream_command(
    program: str,
    rendition: Rendition,
    source: StreamSource,
    plan: Plan,
    *,
    first: int,
    lead_seconds: float,
    rung: Rung | None = None,
    render_node: str = RENDER_NODE,
) -> list[str]:
    """Writes fragmented MP4 to standard output, all times on the player's time line plus OFFSET_SECONDS."""
    start = plan.starts[first]
    stays = rung is not None and _stays_on_card(rendition, source, plan, rung)
    command = [program, "-hide_banner", "-nostdin", "-v", "error", "-nostats"]
    if rung is not None:
        command += device_arguments(rung.encoder.family, render_node=render_node)
        if rung.decodes_in_hardware:
            command += decode_arguments(rung.encoder.family, keeps_on_card=stays)
    command += ["-fflags", "+genpts", "-noaccurate_seek", "-copyts", "-itsoffset", _seconds(-plan.origin)]
    if start - lead_seconds > 0:
        command += ["-seek_timestamp", "1", "-ss", _seconds(start - lead_seconds + plan.origin)]
    command += ["-protocol_whitelist", "file", "-format_whitelist", DEMUXERS, "-i", f"file:{source.path}"]
    if rendition.video is not None:
        command += _video(rendition.video, source, plan, first, rung, stays=stays)
    if rendition.audio is not None:
        command += _audio(rendition.audio, source, start)
    command += ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"]
    command += ["-max_interleave_delta", "2000000", "-max_muxing_queue_size", "4096"]
    command += ["-output_ts_offset", str(OFFSET_SECONDS), "-avoid_negative_ts", "disabled", "-use_editlist", "0"]
    command += ["-frag_duration", "400000", "-movflags", "+frag_discont+delay_moov+default_base_moof"]
    return [*command, "-flush_packets", "1", "-f", "mp4", "pipe:1"]


def _video(
    video: VideoPlan, source: StreamSource, plan: Plan, first: int, rung: Rung | None, *, stays: bool
) -> list[str]:
    if video.action is Action.COPY or rung is None:
        # Apple's players know HEVC by this name only.
        tag = ["-tag:v:0", "hvc1"] if video.codec == "hevc" else []
        return ["-map", f"0:{video.stream_index}", "-c:v:0", "copy", "-copypriorss:v:0", "1", *tag]
    assert plan.frame_rate is not None
    settings = _settings(video)
    facts, encoder = source.facts, rung.encoder
    target, colors = target_within(facts, video.height), colors_of(facts, settings)
    rates = bit_rates(settings, longer_side_px=target.longer_side, source_bit_rate=None)
    if stays:
        chain = filters_on_card(encoder, target, colors)
    else:
        chain = filters_in_memory(encoder, target, colors, facts, is_interlaced=False)
    graph = [*_times(plan, first, deinterlaces=plan.is_interlaced and not stays), *chain.split(",")]
    arguments = _graph(video, graph, target.width, target.height)
    arguments += encoder_arguments(encoder, settings, rates, is_ten_bit=colors.is_ten_bit)
    arguments += _low_latency(encoder, plan)
    return [*arguments, *colors.arguments(), *(["-tag:v:0", "hvc1"] if encoder.codec is Codec.HEVC else [])]


def _times(plan: Plan, first: int, *, deinterlaces: bool) -> list[str]:
    """Frames at equal distances, counted from the time line's beginning, so that every run makes the same ones."""
    assert plan.frame_rate is not None
    start = float(first * plan.frames / plan.frame_rate)
    deinterlace = ["bwdif=mode=send_frame:parity=auto:deint=interlaced"] if deinterlaces else []
    rate = f"{plan.frame_rate.numerator}/{plan.frame_rate.denominator}"
    return [f"trim=start={_seconds(start - 1)}", *deinterlace, f"fps=fps={rate}:start_time={_seconds(start)}"]


def _graph(video: VideoPlan, graph: list[str], width: int, height: int) -> list[str]:
    """The filters, with a bitmap subtitle laid over before the picture gets the encoder's form."""
    if video.burns_subtitle is None:
        return ["-map", f"0:{video.stream_index}", "-filter:v:0", ",".join(graph)]
    at = max(number for number, step in enumerate(graph) if step.startswith("format="))
    before, after = ",".join(graph[:at]), ",".join(graph[at:])
    lay = f"[0:{video.burns_subtitle}]scale=w={width}:h={height}[words];[picture][words]overlay=eof_action=pass"
    return ["-filter_complex", f"[0:{video.stream_index}]{before}[picture];{lay},{after}[shown]", "-map", "[shown]"]


def _low_latency(encoder: Encoder, plan: Plan) -> list[str]:
    """Keyframes where segments begin and nowhere else, with all that a decoder needs in each: two encoders' segments
    may then follow each other."""
    common = ["-g:v:0", str(plan.frames), "-forced-idr:v:0", "1"] if encoder.family is not Family.VAAPI else [
        "-g:v:0", str(plan.frames)
    ]  # fmt: skip
    common += ["-force_key_frames:v:0", f"expr:eq(mod(n,{plan.frames}),0)"]
    if encoder.name == "libx264":
        common += ["-preset", "superfast", "-x264-params", "scenecut=0:open-gop=0:rc-lookahead=10"]
    elif encoder.name == "libx265":
        common += ["-preset", "ultrafast", "-x265-params", "log-level=error:scenecut=0:open-gop=0"]
    repeated = encoder.codec in (Codec.H264, Codec.HEVC)
    return [*common, *(["-bsf:v:0", "dump_extra=freq=keyframe"] if repeated else [])]


def _audio(audio: AudioPlan, source: StreamSource, start: float) -> list[str]:
    arguments = ["-map", f"0:{audio.stream_index}"]
    if audio.action is Action.COPY:
        # In MPEG-TS each frame of AAC has its own header; MP4 has one for all.
        plain = ["-bsf:a:0", "aac_adtstoasc"] if audio.codec == "aac" else []
        return [*arguments, "-c:a:0", "copy", "-copypriorss:a:0", "1", *plain]
    stream = next((one for one in source.facts.streams if one.index == audio.stream_index), None)
    rate = 44_100 if stream is not None and stream.sample_rate == 44_100 else 48_000
    channels = min(audio.channels or 2, 8)
    # Every run's frames lie on the same grid.
    begin = max(0, int(Fraction(start) * rate / _AAC_FRAME) - _AAC_RUN_IN) * _AAC_FRAME
    chain = f"aformat=channel_layouts={_LAYOUTS[channels]},aresample={rate}:async=1:first_pts={begin}"
    bit_rate = audio.bit_rate or 80_000 * channels
    return [*arguments, "-filter:a:0", chain, "-c:a:0", "aac", "-b:a:0", str(bit_rate)]


def _settings(video: VideoPlan) -> EncodeSettings:
    codec = Codec(video.codec)
    hdr = HdrMode.TONE_MAP if video.tonemaps else HdrMode.KEEP
    return EncodeSettings(codec, None, _QP[codec], video.bit_rate, hdr=hdr, effort=Effort.FAST)


def _stays_on_card(rendition: Rendition, source: StreamSource, plan: Plan, rung: Rung) -> bool:
    video = rendition.video
    if video is None or not rung.decodes_in_hardware or video.burns_subtitle is not None:
        return False
    colors = colors_of(source.facts, _settings(video))
    return can_stay_on_card(source.facts, colors, is_interlaced=plan.is_interlaced)


def _seconds(seconds: float) -> str:
    return f"{seconds:.6f}"


def with_picture(facts: MediaFacts, stream_index: int) -> MediaFacts:
    """The facts with that stream as the only picture."""
    streams = tuple(one for one in facts.streams if one.kind != "video" or one.index == stream_index)
    return replace(facts, streams=streams)
