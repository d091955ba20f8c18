"""What becomes of every stream that isn't the picture: kept as it is, encoded anew, or lost, and then said."""

from dataclasses import dataclass, field

from processing.media.encode.presets import AudioMode, Container, EncodeSettings
from processing.media.facts import MediaFacts, StreamFacts

# What each container holds and common players play. Matroska could hold more; what is rare is encoded anew.
_AUDIO = {
    Container.MATROSKA: frozenset(
        {
            "aac", "ac3", "alac", "dts", "eac3", "flac", "mlp", "mp1", "mp2", "mp3", "opus", "pcm_f32le", "pcm_s16le",
            "pcm_s24le", "pcm_s32le", "truehd", "tta", "vorbis", "wavpack",
        }
    ),
    Container.MP4: frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"}),
}  # fmt: skip
_SUBTITLES_COPIED = {
    Container.MATROSKA: frozenset({"ass", "dvb_subtitle", "dvd_subtitle", "hdmv_pgs_subtitle", "subrip", "webvtt"}),
    Container.MP4: frozenset({"dvd_subtitle", "mov_text"}),
}
_TEXT = frozenset(
    {"ass", "jacosub", "microdvd", "mov_text", "mpl2", "pjs", "realtext", "sami", "srt", "ssa", "stl", "subrip",
     "subviewer", "subviewer1", "text", "vplayer", "webvtt"}
)  # fmt: skip
_STYLED = frozenset({"ass", "ssa"})
_TEXT_CODEC = {Container.MATROSKA: "subrip", Container.MP4: "mov_text"}
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_MOST_CHANNELS = 8
_OPUS_RATES = {1: 80_000, 2: 128_000, 3: 192_000, 4: 256_000, 5: 288_000, 6: 320_000, 7: 384_000, 8: 448_000}
_AAC_RATES = {1: 96_000, 2: 160_000, 3: 256_000, 4: 320_000, 5: 384_000, 6: 448_000, 7: 512_000, 8: 576_000}


@dataclass(frozen=True, slots=True)
class Tracks:
    """Output arguments, and what is lost: sentences about contents that the output won't have."""

    arguments: list[str]
    audio_count: int
    subtitle_count: int
    attachment_count: int
    losses: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan_tracks(facts: MediaFacts, settings: EncodeSettings, *, picture: StreamFacts) -> Tracks:
    """The `-map` and codec arguments of sound, subtitles and attachments, in the order of the source.

    Covers are not among them: `command` attaches those. A second picture track, a kind of subtitle that the container
    can't hold or sound that nothing decodes are losses; data streams (timecodes, camera motion) are notes.
    """
    audio_arguments, audio_count, losses, notes = _audio(facts, settings)
    subtitle_arguments, subtitle_count, lost = _subtitles(facts, settings)
    if settings.container is Container.MP4 and any(s.kind == "subtitle" and s.codec in _STYLED for s in facts.streams):
        notes.append("Styled subtitles become plain ones.")
    fonts = [s for s in facts.streams if s.kind == "attachment"]
    attachments = fonts if settings.container is Container.MATROSKA else []
    if len(fonts) > len(attachments):
        losses.append(f"Its attached files ({len(fonts)}), fonts mostly, can't be in an MP4 file.")
    others = [s for s in facts.streams if s.kind == "video" and s.index != picture.index and not s.is_attached_picture]
    losses += [f"A second picture track ({s.codec}, stream {s.index}) is not converted." for s in others]
    data = [s for s in facts.streams if s.kind == "data"]
    if data:
        notes.append(f"Data streams are left out: {', '.join(s.codec for s in data)}.")
    arguments = [*audio_arguments, *subtitle_arguments]
    for stream in attachments:
        arguments += ["-map", f"0:{stream.index}"]
    if attachments:
        arguments += ["-c:t", "copy"]
    return Tracks(arguments, audio_count, subtitle_count, len(attachments), [*losses, *lost], notes)


def _audio(facts: MediaFacts, settings: EncodeSettings) -> tuple[list[str], int, list[str], list[str]]:
    arguments: list[str] = []
    losses, notes = [], []
    count = 0
    for stream in facts.streams:
        if stream.kind != "audio":
            continue
        if stream.codec == "unknown" or not stream.channels:
            losses.append(f"An audio track that FFmpeg can't read (stream {stream.index}) is left out.")
            continue
        arguments += ["-map", f"0:{stream.index}", *_audio_codec(stream, count, settings)]
        if stream.channels > _MOST_CHANNELS and not _is_copied(stream, settings):
            notes.append(f"{stream.channels} channels of sound become 8 (stream {stream.index}).")
        count += 1
    return arguments, count, losses, notes


def _is_copied(stream: StreamFacts, settings: EncodeSettings) -> bool:
    if settings.audio is AudioMode.COPY:
        return stream.codec in _AUDIO[settings.container]
    # Encoding a lossy track as what it is already would only make it worse.
    return stream.codec == settings.audio.value


def _audio_codec(stream: StreamFacts, number: int, settings: EncodeSettings) -> list[str]:
    if _is_copied(stream, settings):
        return [f"-c:a:{number}", "copy"]
    channels = min(stream.channels or 2, _MOST_CHANNELS)
    mode = settings.audio
    if mode is AudioMode.COPY:
        mode = AudioMode.OPUS if settings.container is Container.MATROSKA else AudioMode.AAC
    encoder, rates = ("libopus", _OPUS_RATES) if mode is AudioMode.OPUS else ("aac", _AAC_RATES)
    # libopus and aac refuse layouts such as 5.1(side); the plain one of as many channels sounds the same.
    layout = f"aformat=channel_layouts={_LAYOUTS[channels]}"
    opus = [f"-vbr:a:{number}", "on"] if encoder == "libopus" else []
    return [f"-c:a:{number}", encoder, f"-b:a:{number}", str(rates[channels]), *opus, f"-filter:a:{number}", layout]


def _subtitles(facts: MediaFacts, settings: EncodeSettings) -> tuple[list[str], int, list[str]]:
    arguments: list[str] = []
    losses = []
    count = 0
    for stream in facts.streams:
        if stream.kind != "subtitle":
            continue
        if stream.codec in _SUBTITLES_COPIED[settings.container]:
            codec = "copy"
        elif stream.codec in _TEXT:
            codec = _TEXT_CODEC[settings.container]
        else:
            where = "an MP4 file" if settings.container is Container.MP4 else "a Matroska file"
            losses.append(f"A subtitle track ({stream.codec}, stream {stream.index}) can't be in {where}.")
            continue
        arguments += ["-map", f"0:{stream.index}", f"-c:s:{count}", codec]
        count += 1
    return arguments, count, losses
