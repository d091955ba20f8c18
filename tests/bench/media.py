"""Probing and derived media, side by side with what users of other libraries run today, on the same files.

    python -m tests.bench.media [--full]

Prints a table and exits 1 where a ratio falls short. Only ratios carry over to other machines. A peer that takes
minutes is run on a fixed part of its work and scaled; the row says so. `--full` runs every peer whole. The media are
made once and kept under `$VIDEOTHEK_BENCH_DIR`, else `var/bench`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from processing.media.frames import FrameOptions, make_frames
from processing.media.probe import probe
from tests.bench.place import bench_folder
from tests.media_factory import ffmpeg

Row = dict[str, Any]
TILES = 120
STASH_SPRITES, STASH_SPRITES_RUN = 81, 9
STASH_PHASH, STASH_PHASH_RUN = 25, 5
JELLYFIN_SLICE_SECONDS = 120
PROBE_ROUNDS = 5
MAX_WORKER_MB = 400
REPEATS = 3


def bench_dir() -> Path:
    """Where the generated media are kept."""
    path = bench_folder() / "media"
    path.mkdir(exist_ok=True)
    return path


def make_h264(folder: Path) -> Path:
    """20 minutes of 1080p30 H.264 at about 6.5 Mb/s with a keyframe each 250 frames: 25 s, encoded once and looped."""
    encode = "-c:v libx264 -preset veryfast -b:v 6500k -maxrate 9000k -bufsize 13000k -g 250 -pix_fmt yuv420p"
    return _looped(folder, "h264-1080p.mp4", "testsrc2=s=1920x1080:r=30,noise=alls=12:allf=t", 25, 48, encode)


def make_hevc(folder: Path) -> Path:
    """10 minutes of 4K HEVC, 10 bit: 10 s, encoded once and looped."""
    encode = (
        "-c:v libx265 -preset ultrafast -b:v 20000k -pix_fmt yuv420p10le -tag:v hvc1"
        " -x265-params log-level=error:keyint=120:min-keyint=120"
    )
    return _looped(folder, "hevc-4k.mp4", "testsrc2=s=3840x2160:r=30,noise=alls=8:allf=t", 10, 60, encode)


def _looped(folder: Path, name: str, source: str, seconds: int, times: int, encode: str) -> Path:
    target = folder / name
    if not target.exists():
        unit, whole = folder / f"unit-{name}", folder / f"part-{name}"
        _run(["-f", "lavfi", "-i", source, "-t", str(seconds), *encode.split(), "-y", str(unit)])
        _run(["-stream_loop", str(times - 1), "-i", str(unit), "-c", "copy", "-y", str(whole)])
        whole.rename(target)
        unit.unlink()
    return target


def _run(arguments: list[str]) -> None:
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", *arguments], check=True, stdout=subprocess.DEVNULL)


def timed(work: Callable[[], object]) -> float:
    """Seconds the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def row(name: str, ours: float, peer: float, *, faster: float = 0.0, at_most: float = 0.0) -> Row:
    """A line of the table: `faster` wants peer/ours at least that, `at_most` wants ours/peer at most that."""
    ratio = peer / ours if faster else ours / peer
    target = f">= {faster:g}x" if faster else f"<= {at_most:g}x"
    is_ok = ratio >= faster if faster else ratio <= at_most
    return {"name": name, "ours_seconds": ours, "peer_seconds": peer, "ratio": ratio, "target": target, "ok": is_ok}


def decode_floor(path: Path) -> None:
    """Decode one keyframe per tile in this process and do nothing with it: PyAV's own defaults, no other work."""

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert container.duration
        assert stream.time_base
        step = container.duration / av.time_base / TILES
        for index in range(TILES):
            container.seek(round((index + 0.5) * step / stream.time_base), stream=stream)
            packet = next(p for p in container.demux(stream) if p.is_keyframe)
            assert context.decode(packet) or context.decode(None)
            context.flush_buffers()


def make_ours(path: Path) -> None:
    """All four products, as the worker makes them."""

    with tempfile.TemporaryDirectory() as folder:
        options = FrameOptions(face_frames_dir=Path(folder) / "faces")
        products = make_frames(str(path), facts=probe(str(path)), out_dir=Path(folder), options=options)
    assert products.tile_count == TILES, products.tile_count


def stash(path: Path, duration: float, *, is_full: bool) -> tuple[float, str]:
    """Sprites, phash and cover as Stash makes them: one FFmpeg process for each picture."""

    def picture(at: float) -> None:
        scale = ["-vf", "scale=160:-2", "-c:v", "bmp", "-f", "rawvideo"]
        _run(["-y", "-ss", f"{at:.3f}", "-i", str(path), "-frames:v", "1", *scale, os.devnull])

    def pictures(first: float, step: float, count: int, run: int) -> float:
        chosen = range(count) if is_full else range(count // run // 2, count, count // run)

        def run_all() -> None:
            for index in chosen:
                picture(first + step * index)

        return timed(run_all) * count / len(chosen)

    sprites = pictures(0.0, duration / STASH_SPRITES, STASH_SPRITES, STASH_SPRITES_RUN)
    hashed = pictures(0.05 * duration, 0.9 * duration / STASH_PHASH, STASH_PHASH, STASH_PHASH_RUN)
    with tempfile.TemporaryDirectory() as folder:
        cover = str(Path(folder) / "cover.jpg")
        at = ["-ss", f"{0.2 * duration:.3f}", "-i", str(path), "-frames:v", "1", "-q:v", "2"]
        whole = timed(lambda: _run(["-y", *at, cover]))
    note = "" if is_full else f", scaled from {STASH_SPRITES_RUN} of 81 and {STASH_PHASH_RUN} of 25 runs"
    return sprites + hashed + whole, note


def full_decode(path: Path, duration: float, filters: str, codec: list[str], *, is_full: bool) -> tuple[float, str]:
    """A picture each ten seconds by decoding everything, as Jellyfin does by default and MediaCMS always."""
    part = duration if is_full else min(duration, JELLYFIN_SLICE_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        arguments = [
            "-threads",
            "1",
            "-t",
            str(part),
            "-i",
            str(path),
            "-an",
            "-vf",
            filters,
            *codec,
            f"{folder}/%d.jpg",
        ]
        seconds = timed(lambda: _run(arguments)) * duration / part
    return seconds, "" if is_full else f", scaled from {part / 60:.0f} of {duration / 60:.0f} minutes"


def jellyfin_keyframes(path: Path) -> float:
    """Jellyfin's keyframe mode, whole."""
    with tempfile.TemporaryDirectory() as folder:
        shape = ["-vf", "fps=1/10,scale=320:-2", "-c:v", "mjpeg", "-qscale:v", "4"]
        return timed(
            lambda: _run(["-threads", "1", "-skip_frame", "nokey", "-i", str(path), "-an", *shape, f"{folder}/%d.jpg"])
        )


def worker_memory_mb(path: Path) -> float:
    """Peak resident memory of a process that makes all four products.

    From VmHWM: ru_maxrss also counts the parent's memory at the moment of the fork.
    """
    code = (
        "import sys; from pathlib import Path; from tests.bench.media import make_ours; make_ours(Path(sys.argv[1])); "
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


def probe_rows(files: list[Path]) -> list[Row]:
    """Facts of all bench files, in process, against a process for each file."""

    for file in files:
        probe(str(file))
    ours = timed(lambda: [probe(str(file)) for _ in range(PROBE_ROUNDS) for file in files])

    def processes(command: list[str]) -> float:
        def run_all() -> None:
            for file in files * PROBE_ROUNDS:
                subprocess.run([*command, str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

        return timed(run_all)

    rows = [row(f"probe, {len(files)} files / `ffmpeg -i` (stand-in)", ours, processes([ffmpeg(), "-i"]), faster=8)]
    ffprobe = shutil.which("ffprobe")
    if ffprobe is None:
        skipped = "probe / ffprobe: skipped: ffprobe is not installed"
        return [
            *rows,
            {"name": skipped, "ours_seconds": ours, "peer_seconds": None, "ratio": None, "target": ">= 8x", "ok": True},
        ]
    everything = [ffprobe, "-v", "quiet", "-show_format", "-show_streams", "-show_chapters", "-of", "json"]
    return [*rows, row(f"probe, {len(files)} files / ffprobe", ours, processes(everything), faster=8)]


def small_files(folder: Path) -> list[Path]:
    """One small file of each common kind, for probing."""
    from tests.media_factory import make_video

    kinds = {"a.mp4": "h264", "b.mkv": "h264", "c.webm": "vp9", "d.mov": "hevc", "e.avi": "mpeg4", "f.ts": "h264"}
    sound = {"a.mp4": "aac", "b.mkv": "opus", "c.webm": "opus", "d.mov": "aac", "e.avi": "mp3", "f.ts": "aac"}
    return [
        make_video(folder / name, seconds=5, size="1280x720", codec=codec, audio=sound[name])
        for name, codec in kinds.items()
        if not (folder / name).exists()
    ] or [folder / name for name in kinds]


def run(quick: bool = False, full: bool = False) -> list[Row]:
    """All rows; `quick` leaves 4K out, `full` runs every peer whole instead of scaling."""
    folder = bench_dir()
    h264 = make_h264(folder)
    duration = 1200.0
    floor, ours = alternating(h264)
    rows = [row("1080p: four products / decoding alone", ours, floor, at_most=1.5)]
    peer, note = stash(h264, duration, is_full=full)
    rows.append(row(f"1080p: four products / Stash sprites + phash + cover{note}", ours, peer, faster=15))
    peer, note = full_decode(h264, duration, "fps=1/10,scale=320:-2", ["-c:v", "mjpeg", "-qscale:v", "4"], is_full=full)
    rows.append(row(f"1080p: four products / Jellyfin trickplay, default{note}", ours, peer, faster=40))
    peer = jellyfin_keyframes(h264)
    rows.append(row("1080p: four products / Jellyfin trickplay, keyframes, whole", ours, peer, faster=1))
    peer, note = full_decode(h264, duration, "fps=1/10,scale=160:90", [], is_full=full)
    rows.append(row(f"1080p: four products / MediaCMS sprites{note}", ours, peer, faster=40))
    files = [h264, *small_files(folder)]
    if not quick:
        hevc = make_hevc(folder)
        files.append(hevc)
        floor, ours = alternating(hevc)
        rows.append(row("4K HEVC: four products / decoding alone", ours, floor, at_most=1.5))
        memory = worker_memory_mb(hevc)
        rows.append(memory_row("4K HEVC: peak memory of a worker, MB", memory))
    return [*rows, *probe_rows(files)]


def alternating(path: Path) -> tuple[float, float]:
    """Best times of the floor and of ours, taken in turns so that a busy moment of the machine hits both."""
    pairs = [(timed(lambda: decode_floor(path)), timed(lambda: make_ours(path))) for _ in range(REPEATS)]
    return min(floor for floor, _ in pairs), min(ours for _, ours in pairs)


def memory_row(name: str, megabytes: float) -> Row:
    """A line for memory: the ratio is the share of the limit."""
    is_ok = megabytes <= MAX_WORKER_MB
    ratio = megabytes / MAX_WORKER_MB
    name = f"{name}: {megabytes:.0f} of {MAX_WORKER_MB}"
    return {"name": name, "ours_seconds": None, "peer_seconds": None, "ratio": ratio, "target": "<= 1x", "ok": is_ok}


def table(rows: list[Row]) -> str:
    """The rows as text."""

    def number(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    lines = [f"{'ours s':>8} {'peer s':>8} {'ratio':>7}  {'target':<8} {'':<5} what"]
    for line in rows:
        verdict = "ok" if line["ok"] else "SHORT"
        numbers = f"{number(line['ours_seconds']):>8} {number(line['peer_seconds']):>8} {number(line['ratio']):>7}"
        lines.append(f"{numbers}  {line['target']:<8} {verdict:<5} {line['name']}")
    return "\n".join(lines)


def main() -> int:
    """Run, print, and return 1 where a ratio falls short."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="run every peer whole (about 15 minutes)")
    parser.add_argument("--quick", action="store_true", help="leave 4K out")
    options = parser.parse_args()
    rows = run(quick=options.quick, full=options.full)
    sys.stdout.write(table(rows) + "\n")
    return 0 if all(line["ok"] for line in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
