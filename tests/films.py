"""Small films with shots, for what recognises videos: made of random moving textures, cut at random moments."""

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.media_factory import ffmpeg

WIDTH, HEIGHT, RATE = 192, 108, 10
WAVES = 7
ENCODE = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")


def make_film(
    path: Path, *, seed: int, seconds: float = 60, shots: tuple[float, float] = (1.5, 6.0), gop: int = 50
) -> Path:
    """A film that only its seed decides. `shots` are the shortest and the longest one in seconds."""
    chance = np.random.default_rng(seed)
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-"]
    command = [ffmpeg(), "-v", "error", "-nostdin", "-y", *source, *ENCODE, "-g", str(gop), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        left = round(seconds * RATE)
        while left > 0:
            count = min(left, round(chance.uniform(*shots) * RATE))
            for frame in _shot(chance, count):
                process.stdin.write(frame.tobytes())
            left -= count
        process.stdin.close()
    assert process.returncode == 0
    return path


def _shot(chance: np.random.Generator, count: int) -> list[NDArray[np.uint8]]:
    """A still texture of a few waves and two bright shapes, over which the camera pans slowly."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] / HEIGHT
    waves = chance.normal(size=(WAVES, 2)) * 4
    phases, weights = chance.uniform(0, 6.3, WAVES), chance.uniform(0.3, 1.0, WAVES)
    tint, pan = chance.uniform(0.4, 1.0, 3), chance.uniform(-0.15, 0.15, 2)
    centers, sizes = chance.uniform(0, 1.6, (2, 2)), chance.uniform(0.1, 0.4, 2)
    level = chance.uniform(60, 170)
    frames = []
    for index in range(count):
        dx, dy = pan * index / RATE
        light = sum(
            w * np.cos(k[0] * (x + dx) + k[1] * (y + dy) + p) for k, p, w in zip(waves, phases, weights, strict=True)
        )
        light = level + 28 * light
        for (cx, cy), size in zip(centers, sizes, strict=True):
            light = np.where((x + dx - cx) ** 2 + (y + dy - cy * 0.6) ** 2 < size**2, 235 - light * 0.4, light)
        frames.append(np.clip(light[:, :, np.newaxis] * tint, 0, 255).astype(np.uint8))
    return frames


def encode(path: Path, source: Path, *options: str) -> Path:
    """`source` through FFmpeg again, encoded unless the options say `-c copy`."""
    encoder = () if "copy" in options else ENCODE
    arguments = ["-i", str(source), *encoder, *options]
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments, str(path)], check=True)
    return path


def cut(path: Path, source: Path, *options: str, start: float, seconds: float) -> Path:
    """A part of `source`, from `start` on; `-c copy` begins at the keyframe before it."""
    encoder = () if "copy" in options else ENCODE
    arguments = ["-ss", str(start), "-i", str(source), "-t", str(seconds), *encoder, *options]
    subprocess.run([ffmpeg(), "-v", "error", "-nostdin", "-y", *arguments, str(path)], check=True)
    return path
