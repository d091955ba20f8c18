"""Small real videos with drawn people in drawn places, for the demo library."""

import colorsys
import hashlib
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

FRAME_RATE = 12
ENCODERS = {
    "h264": ("-c:v", "libx264", "-preset", "veryfast", "-crf", "27", "-g", "24"),
    "hevc": ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "29", "-x265-params", "log-level=error:keyint=24"),
}
# A face is a ring of this colour around four quarters in colours of the person's own: the tiny recogniser that tests
# make finds such rings and knows people by the quarters.
RING = (255, 0, 255)
RING_INNER_RATIO = 0.7


@dataclass(frozen=True, slots=True)
class Film:
    """What one video shows. `people` are names; each has a face of their own. Pixels and seconds."""

    title: str
    place: str
    people: tuple[str, ...] = ()
    width: int = 640
    height: int = 360
    seconds: float = 8.0
    codec: str = "h264"
    with_sound: bool = True


def make_film(path: Path, film: Film) -> None:
    """Draws and encodes it at `path` (mp4, mkv or mov). Raises RuntimeError with FFmpeg's words."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{film.width}x{film.height}", "-r", str(FRAME_RATE))
    tone = 180 + _number(film.title) % 400
    sound = ("-f", "lavfi", "-i", f"sine=frequency={tone}:duration={film.seconds}:sample_rate=44100")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *picture, "-i", "-",
        *(sound if film.with_sound else ()), *ENCODERS[film.codec], "-pix_fmt", "yuv420p", "-shortest",
        "-metadata", f"title={film.title}", str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stderr is not None
        try:
            for frame in _frames(film):
                process.stdin.write(frame.tobytes())
            process.stdin.close()
        except BrokenPipeError:
            pass
        words = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise RuntimeError(f"FFmpeg could not make {path.name}: {words}")


def face(name: str, radius: int) -> Image.Image:
    """An RGBA picture, 2 radii wide: the ring, the quarters in the person's colours, two eyes and a mouth."""
    side, inner = 2 * radius, round(radius * RING_INNER_RATIO)
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    draw.ellipse((0, 0, side - 1, side - 1), fill=RING)
    box = (radius - inner, radius - inner, radius + inner, radius + inner)
    for start, color in zip((180, 270, 90, 0), face_colors(name), strict=True):
        draw.pieslice(box, start, start + 90, fill=color)
    dot = max(1, radius // 10)
    for x in (-0.25, 0.25):
        middle = (radius + x * radius, radius - 0.12 * radius)
        draw.ellipse((middle[0] - dot, middle[1] - dot, middle[0] + dot, middle[1] + dot), fill=(20, 20, 20))
    smile = (radius - 0.3 * radius, radius - 0.1 * radius, radius + 0.3 * radius, radius + 0.35 * radius)
    draw.arc(smile, 20, 160, fill=(20, 20, 20), width=max(1, radius // 14))
    return image


def face_colors(name: str) -> list[tuple[int, int, int]]:
    """Four RGB colours that belong to a name, none of them near the ring's."""
    digest = hashlib.sha256(name.encode()).digest()
    colors = []
    for quarter in range(4):
        red, green, blue = digest[3 * quarter : 3 * quarter + 3]
        red, blue = 30 + red * 200 // 255, 30 + blue * 200 // 255
        colors.append((red, max(40 + green * 200 // 255, min(red, blue) - 40), blue))
    return colors


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _frames(film: Film) -> Iterator[NDArray[np.uint8]]:
    """RGB frames (height, width, 3): two shots of the place, people walking through."""
    count = int(film.seconds * FRAME_RATE)
    shots = [_place(film, shot) for shot in range(2)]
    radius = max(24, min(film.width, film.height) // 7)
    faces = [face(name, radius) for name in film.people]
    for number in range(count):
        share = number / count
        image = shots[share >= 0.5].copy()
        _draw_sun(image, film, share)
        for index, picture in enumerate(faces):
            image.paste(picture, _position(film, index, len(faces), share, radius), picture)
        yield np.asarray(image)


def _position(film: Film, index: int, count: int, share: float, radius: int) -> tuple[int, int]:
    """Top left corner of a face: everybody walks on a stretch of their own."""
    stretch = (film.width - 2 * radius) / count
    along = (math.sin(2 * math.pi * (share + index * 0.37)) + 1) / 2
    bob = math.sin(2 * math.pi * (3 * share + index * 0.21))
    return int(index * stretch + along * max(0.0, stretch - 2 * radius)), int(film.height * 0.45 + bob * radius * 0.3)


def _draw_sun(image: Image.Image, film: Film, share: float) -> None:
    size = film.height // 12
    x, y = film.width * (0.1 + 0.8 * share), film.height * (0.3 - 0.18 * math.sin(math.pi * share))
    ImageDraw.Draw(image).ellipse((x - size, y - size, x + size, y + size), fill=(250, 225, 150))


def _place(film: Film, shot: int) -> Image.Image:
    """Sky, hills and houses in colours that belong to the place."""
    random = np.random.default_rng(_number(f"{film.place} {shot}"))
    hue = (_number(film.place) % 360) / 360
    top, bottom = _color(hue, 0.45, 0.35 + 0.25 * shot), _color(hue + 0.08, 0.3, 0.85)
    rows = np.linspace(0, 1, film.height)[:, None, None]
    sky = np.broadcast_to(np.array(top) * (1 - rows) + np.array(bottom) * rows, (film.height, film.width, 3))
    image = Image.fromarray(sky.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for layer in range(3):
        base, waves = film.height * (0.55 + 0.13 * layer), random.uniform(1.5, 5, 2)
        line = [
            (x, base - film.height * 0.09 * math.sin(waves[0] * x / film.width * 3 + layer * waves[1]))
            for x in range(0, film.width + 8, 8)
        ]
        color = _color(hue + 0.25 + 0.05 * layer, 0.35, 0.55 - 0.13 * layer)
        draw.polygon([*line, (film.width, film.height), (0, film.height)], fill=color)
    for _ in range(int(random.integers(4, 9))):
        x, y = random.uniform(0, film.width), film.height * random.uniform(0.62, 0.85)
        wide, high = film.width * random.uniform(0.04, 0.09), film.height * random.uniform(0.08, 0.25)
        draw.rectangle((x, y - high, x + wide, y), fill=_color(hue + random.uniform(0.3, 0.7), 0.4, 0.65))
    return image.filter(ImageFilter.GaussianBlur(film.height / 480))


def _color(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)
