"""What this machine can do besides its processor: which hardware encoders really encode, which CUDA cards answer."""

import ctypes
import functools
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HARDWARE_ENCODERS = (
    "h264_nvenc", "hevc_nvenc", "av1_nvenc", "h264_qsv", "hevc_qsv", "av1_qsv", "h264_vaapi", "hevc_vaapi", "av1_vaapi",
    "h264_amf", "hevc_amf", "av1_amf",
)  # fmt: skip
_SECONDS = 20.0
# Larger than the smallest picture that any of them takes.
_PICTURE = "testsrc2=s=320x240:r=25:d=0.4"


@dataclass(frozen=True, slots=True)
class Hardware:
    """`encoders` were proven by a short encode; `cuda` are the names of the cards that NVIDIA's driver opened.

    `reasons` has, by name, why others that FFmpeg knows don't work here: its last line.
    """

    encoders: tuple[str, ...]
    cuda: tuple[str, ...]
    reasons: dict[str, str]

    @property
    def has_gpu(self) -> bool:
        return bool(self.encoders or self.cuda)


@functools.cache
def ffmpeg_version(program: str) -> str:
    """ "7.1"; an empty text when the program doesn't run."""
    try:
        said = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.match(r"ffmpeg version (\S+)", said)
    return match[1] if match else ""


def prove_hardware(program: str, encoders: Sequence[str] = HARDWARE_ENCODERS) -> Hardware:
    """Tries each encoder that this FFmpeg knows. That it is listed says nothing: it must have written pictures.

    Takes a fraction of a second where there is no such hardware, some seconds where there is.
    """
    known = _listed(program)
    reasons = {name: _try(program, name) for name in encoders if name in known}
    works = tuple(name for name, reason in reasons.items() if not reason)
    return Hardware(works, cuda_cards(), {name: reason for name, reason in reasons.items() if reason})


def _listed(program: str) -> set[str]:
    try:
        said = subprocess.run(
            [program, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(re.findall(r"^ V\S* (\S+)", said, re.MULTILINE))


def _try(program: str, encoder: str) -> str:
    """Why it failed; empty when pictures came out."""
    node = next(iter(sorted(str(path) for path in Path("/dev/dri").glob("renderD*"))), "/dev/dri/renderD128")
    device = ["-vaapi_device", node] if encoder.endswith("_vaapi") else []
    upload = ["-vf", "format=nv12,hwupload"] if encoder.endswith("_vaapi") else ["-pix_fmt", "nv12"]
    command = [program, "-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", *device]
    command += ["-f", "lavfi", "-i", _PICTURE, *upload, "-c:v", encoder, "-f", "null", "-"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"It didn't end within {_SECONDS:.0f} s."
    except OSError as error:
        return str(error)
    if ran.returncode:
        return next(iter(ran.stderr.strip().splitlines()[-1:]), "It failed without a word.")
    frames = re.findall(r"^frame=(\d+)", ran.stdout, re.MULTILINE)
    return "" if frames and int(frames[-1]) >= 5 else "It ended well, but wrote no pictures."


def cuda_cards() -> tuple[str, ...]:
    """Names of the cards, asked of NVIDIA's driver itself; none where there is no driver or it doesn't answer.

    Opens no context, so a process that forks may ask.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return ()
    count = ctypes.c_int()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return ()
    names = []
    for number in range(count.value):
        name = ctypes.create_string_buffer(128)
        if not driver.cuDeviceGetName(name, len(name), number):
            names.append(name.value.decode(errors="replace"))
    return tuple(names)
