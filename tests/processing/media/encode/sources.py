"""Small sources for conversions, made once a session, and a short way through the whole conversion."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from processing.media.encode.command import Plan, make_plan
from processing.media.encode.convert import Means, Outcome, convert
from processing.media.encode.ladder import Capabilities, Rung, ladder
from processing.media.encode.presets import BUILT_IN, Codec, Container, Effort, EncodeSettings
from processing.media.encode.program import ffmpeg_program
from processing.media.encode.source import examine
from tests import media_factory as factory

PRESETS = {preset.key: preset.settings for preset in BUILT_IN}
_SUBTITLES = "1\n00:00:00,100 --> 00:00:00,500\nHello\n\n2\n00:00:00,600 --> 00:00:00,900\nWorld\n"
_CHAPTERS = """;FFMETADATA1
title=A film
comment=made here
[CHAPTER]
TIMEBASE=1/1000
START=0
END=500
title=One
[CHAPTER]
TIMEBASE=1/1000
START=500
END=1000
title=Two
"""
_MASTERED = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400"


def settings(codec: str = "h264", **changes: Any) -> EncodeSettings:
    """A fast preset of the source's size."""
    values = {"container": Container.MATROSKA, "effort": Effort.FAST} | changes
    return replace(PRESETS["original_" + {"hevc": "h265"}.get(codec, codec)], codec=Codec(codec), **values)


def plan_for(path: Path, wanted: EncodeSettings) -> Plan:
    """The plan, its covers beside the source."""
    scratch = path.parent / "covers"
    scratch.mkdir(exist_ok=True)
    return make_plan(examine(str(path), scratch), wanted)


def rungs_of(plan: Plan, capabilities: Capabilities | None = None) -> tuple[Rung, ...]:
    """The ladder; of a machine without hardware unless it is told otherwise."""
    return ladder(
        plan.settings.codec,
        source_codec=plan.source.facts.video_codec,
        is_ten_bit=plan.colors.is_ten_bit,
        capabilities=capabilities or Capabilities(),
    )


def converted(path: Path, wanted: EncodeSettings, **options: Any) -> tuple[Path, Outcome]:
    """The output beside the source, and what the conversion tells."""
    plan = plan_for(path, wanted)
    output = path.with_name(f"converted{wanted.container.extension}")
    return output, convert(plan, output, means=Means(ffmpeg_program(), rungs_of(plan), **options))


def rich_film(path: Path) -> Path:
    """A Matroska file with two sounds, two subtitles, chapters, tags, a font and a cover."""
    folder = path.parent
    texts = {"words.srt": _SUBTITLES, "chapters.txt": _CHAPTERS, "font.ttf": "a font"}
    for name, text in texts.items():
        (folder / name).write_text(text)
    factory.run_ffmpeg(folder / "cover.jpg", "-f", "lavfi", "-i", "color=red:s=64x64:d=0.04", "-frames:v", "1")
    words, chapters = str(folder / "words.srt"), str(folder / "chapters.txt")
    factory._run(
        "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-f", "lavfi", "-i", "sine=d=1",
        "-f", "lavfi", "-i", "anoisesrc=d=1:a=0.1", "-i", words, "-i", words, "-i", chapters,
        *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3", "-map", "4"),
        *("-map_metadata", "5", "-map_chapters", "5", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-c:a:0", "aac", "-c:a:1", "ac3", "-ac:a:1", "6", "-c:s:0", "subrip", "-c:s:1", "ass"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:0", "title=Main", "-metadata:s:a:1", "language=deu"),
        *("-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=fra", "-metadata:s:v:0", "BPS=12345"),
        *("-disposition:a:0", "0", "-disposition:a:1", "default", "-disposition:s:0", "0"),
        *("-disposition:s:1", "forced"),
        *("-attach", str(folder / "font.ttf"), "-metadata:s:t:0", "mimetype=application/x-truetype-font"),
        *("-attach", str(folder / "cover.jpg"), "-metadata:s:t:1", "mimetype=image/jpeg"),
        *("-metadata:s:t:1", "filename=cover.jpg", str(path)),
    )  # fmt: skip
    return path


def hdr_film(path: Path, transfer: str = "smpte2084") -> Path:
    """10-bit HEVC of a test picture, tagged in stream and container, with mastering data."""
    tags = f"color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc:range=tv"
    parameters = f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:hdr10=1:{_MASTERED}"
    source = f"testsrc2=s=160x90:r=25:d=0.5,format=yuv420p10le,setparams={tags}"
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", parameters)
    return factory.run_ffmpeg(path, "-f", "lavfi", "-i", source, *encoder)


def interlaced_film(path: Path) -> Path:
    """MPEG-2 whose lines are of two moments."""
    source = "testsrc2=s=160x90:r=50:d=0.6,interlace"
    return factory.run_ffmpeg(
        path, "-f", "lavfi", "-i", source, "-flags", "+ilme+ildct", "-c:v", "mpeg2video", "-q:v", "3"
    )


def uneven_film(path: Path) -> Path:
    """30 pictures a second, each third one 12 ms late."""
    source = r"testsrc2=s=160x90:r=30:d=1,settb=1/90000,setpts='N*3000+if(eq(mod(N\,3)\,1)\,1100\,0)'"
    timing = ("-fps_mode", "passthrough", "-enc_time_base", "1/90000")
    return factory.run_ffmpeg(path, "-f", "lavfi", "-i", source, *timing, "-c:v", "libx264", "-preset", "ultrafast")
