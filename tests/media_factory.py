"""Small real media for tests, made by the bundled FFmpeg the first time they are asked for.

Every function takes the path to write and returns it. The result of a command is kept for the session, so asking
twice costs a copy. The extension chooses the container.
"""

import atexit
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg

ENCODERS = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    "hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p"),
    "vp8": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"),
    "vp9": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "av1": ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1"),
    "mpeg4": ("-c:v", "mpeg4", "-q:v", "3"),
    "mpeg2": ("-c:v", "mpeg2video", "-q:v", "3"),
    "wmv": ("-c:v", "wmv2", "-b:v", "1M"),
    "flv1": ("-c:v", "flv1", "-q:v", "3"),
}
AUDIO_ENCODERS = {"aac": "aac", "opus": "libopus", "mp3": "libmp3lame", "wma": "wmav2", "vorbis": "libvorbis"}
# Grey levels of the picture that shows its time: DARKEST at the start, BRIGHTEST at the end.
DARKEST, BRIGHTEST = 30, 230


def ffmpeg() -> str:
    """Path of the bundled FFmpeg."""
    return imageio_ffmpeg.get_ffmpeg_exe()


@functools.lru_cache(maxsize=1)
def _session_dir() -> Path:
    path = Path(tempfile.mkdtemp(prefix="media-factory-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@functools.cache
def _made(arguments: tuple[str, ...], suffix: str) -> Path:
    target = _session_dir() / f"{_made.cache_info().misses:04d}{suffix}"
    command = [ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments, str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"FFmpeg could not make the test file: {done.stderr}")
    return target


def run_ffmpeg(path: Path, *arguments: str) -> Path:
    """Run FFmpeg with these arguments and put what it writes at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_made(arguments, path.suffix), path)
    return path


def time_grey(seconds: float, total_seconds: float) -> float:
    """The grey level, 0 to 255, that the `time` picture shows at a time (video levels already expanded)."""
    level = DARKEST + (BRIGHTEST - DARKEST) * seconds / total_seconds
    return (level - 16) * 255 / 219


def picture(kind: str, *, seconds: float, size: str, rate: int) -> str:
    """A lavfi source.

    `time`: grey that brightens evenly, so that a picture tells its time. `corners`: red, green, blue and white
    quarters (top left, top right, bottom left, bottom right). `moving`: FFmpeg's test pattern. `scenes`: another still
    fractal each two seconds. Anything else is a colour name.
    """
    if kind == "time":
        slope = (BRIGHTEST - DARKEST) / seconds
        return f"nullsrc=s={size}:r={rate}:d={seconds},geq=lum='{DARKEST}+T*{slope:.4f}':cb=128:cr=128"
    if kind == "corners":
        return (
            f"color=red:s={size}:r={rate}:d={seconds},drawbox=iw/2:0:iw/2:ih/2:color=0x00ff00:t=fill,"
            "drawbox=0:ih/2:iw/2:ih/2:color=blue:t=fill,drawbox=iw/2:ih/2:iw/2:ih/2:color=white:t=fill"
        )
    if kind == "moving":
        return f"testsrc2=s={size}:r={rate}:d={seconds}"
    if kind.startswith("scenes"):
        seed = float(kind.partition(":")[2] or 1)
        expression = f"128+110*sin((X*(1+mod(floor(T/2)*{seed}*1.7,5))+Y*(1+mod(floor(T/2)*{seed}*2.3,7)))/W*3+{seed})"
        return f"nullsrc=s={size}:r={rate}:d={seconds},geq=lum='{expression}':cb=128:cr=128"
    return f"color={kind}:s={size}:r={rate}:d={seconds}"


def make_video(
    path: Path,
    *,
    seconds: float = 2,
    size: str = "320x240",
    codec: str = "h264",
    source: str = "moving",
    rate: int = 25,
    gop: int | None = None,
    audio: str | None = None,
    rotation: int = 0,
    sample_aspect_ratio: str | None = None,
    metadata: dict[str, str] | None = None,
    extra: Sequence[str] = (),
) -> Path:
    """A video. `rotation` is the clockwise turn players must make, `gop` frames between keyframes, `audio` a codec."""
    sources = ["-f", "lavfi", "-i", picture(source, seconds=seconds, size=size, rate=rate)]
    if audio:
        sources += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    options = [*ENCODERS[codec]]
    if gop:
        options += ["-g", str(gop), "-keyint_min", str(gop), "-sc_threshold", "0"]
    if sample_aspect_ratio:
        options += ["-vf", f"setsar={sample_aspect_ratio.replace(':', '/')}"]
    if audio:
        options += ["-c:a", AUDIO_ENCODERS[audio], "-shortest"]
    for key, value in (metadata or {}).items():
        options += ["-metadata", f"{key}={value}"]
    if not rotation:
        return run_ffmpeg(path, *sources, *options, *extra)
    # The display matrix is an input option and survives stream copy only.
    upright = run_ffmpeg(path.with_name(f"upright-{path.name}"), *sources, *options, *extra)
    return set_display_matrix(path, upright, rotation=rotation)


def set_display_matrix(path: Path, source: Path, *, rotation: int = 0, mirrored: bool = False) -> Path:
    """Copy `source` with a display matrix: `rotation` degrees clockwise, mirrored left-right where wanted."""
    matrix = ["-display_rotation", str(-rotation)]
    flip = ["-display_hflip"] if mirrored else []
    _run(*matrix, *flip, "-i", str(source), "-c", "copy", str(path))
    return path


def make_hdr_video(path: Path, *, transfer: str = "smpte2084", luma: int = 573, seconds: float = 1) -> Path:
    """10-bit HEVC of one grey, tagged BT.2020 with PQ (`smpte2084`) or HLG (`arib-std-b67`).

    `luma` is the 10-bit code value, 64 to 940; 573 in PQ is 203 cd/m2, the reference white of BT.2408.
    """
    source = f"color=black:s=320x240:r=25:d={seconds},format=yuv420p10le,geq=lum={luma}:cb=512:cr=512"
    colours = ("-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc", "-color_range", "tv")
    parameters = f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:range=limited"
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", parameters)
    return run_ffmpeg(path, "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p10le", *encoder, *colours)


def make_audio(path: Path, *, seconds: float = 1, codec: str = "aac", cover: bool = False) -> Path:
    """Sound alone, or with a cover picture attached (`cover`, for .mp3 and .m4a)."""
    sound = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}")
    if not cover:
        return run_ffmpeg(path, *sound, "-c:a", AUDIO_ENCODERS[codec])
    image = ("-f", "lavfi", "-i", "color=red:s=64x64:d=0.04:r=25")
    attached = ("-map", "0:a", "-map", "1:v", "-c:v", "mjpeg", "-disposition:v", "attached_pic", "-frames:v", "1")
    return run_ffmpeg(path, *sound, *image, *attached, "-c:a", AUDIO_ENCODERS[codec])


def make_chaptered_video(
    path: Path, *, title: str, created_at: str, chapters: Sequence[tuple[float, float, str]]
) -> Path:
    """A video with a title, a creation time (ISO 8601) and chapters (start, end, title)."""
    lines = [";FFMETADATA1"]
    for start, end, name in chapters:
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={round(start * 1000)}", f"END={round(end * 1000)}"]
        lines.append(f"title={name}")
    listing = path.with_suffix(".chapters")
    listing.write_text("\n".join(lines) + "\n", "utf-8")
    plain = make_video(path.with_name(f"plain-{path.name}"), seconds=max(end for _, end, _ in chapters))
    tags = ("-metadata", f"title={title}", "-metadata", f"creation_time={created_at}")
    _run("-i", str(plain), "-i", str(listing), "-map_metadata", "1", *tags, "-c", "copy", str(path))
    return path


def make_truncated(path: Path, *, seconds: float = 6, keep_ratio: float = 0.5, with_index: bool = True) -> Path:
    """An .mp4 cut off: with its index at the front (as a broken download), or without any (as a full disk)."""
    flags = ("-movflags", "+faststart") if with_index else ()
    whole = make_video(path.with_name(f"whole-{path.name}"), seconds=seconds, gop=25, source="moving", extra=flags)
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * keep_ratio)])
    return path


def make_damaged(path: Path, *, seconds: float = 6, first_ratio: float = 0.4, last_ratio: float = 0.6) -> Path:
    """A video whose middle bytes are overwritten."""
    whole = make_video(path.with_name(f"whole-{path.name}"), seconds=seconds, gop=25, extra=("-movflags", "+faststart"))
    data = bytearray(whole.read_bytes())
    first, last = int(len(data) * first_ratio), int(len(data) * last_ratio)
    data[first:last] = bytes((number * 37 + 11) % 251 for number in range(last - first))
    path.write_bytes(data)
    return path


def _run(*arguments: str) -> None:
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments], check=True, capture_output=True)
