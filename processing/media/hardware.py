"""Which CUDA cards answer on this machine, and which FFmpeg there is. What encodes is `encode.proving`'s to say."""

import ctypes
import functools
import re
import subprocess

_SECONDS = 20.0


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
