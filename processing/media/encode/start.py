"""Becomes FFmpeg in a process group of its own that dies with its parent and stands back for everything else.

    python -I -S start.py PARENT_PID NICE COMMAND...

A script of its own, because code between fork and exec isn't safe beside threads. NICE is 0 to 19; from 1 on the disk
is read in idle moments too.
"""

import ctypes
import os
import platform
import signal
import sys

# linux/prctl.h, linux/ioprio.h
_PR_SET_PDEATHSIG = 1
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_IOPRIO_WHO_PROCESS = 1
_IOPRIO_CLASS_IDLE = 3 << 13


def main(arguments: list[str]) -> None:
    parent, nice, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    os.setpgid(0, 0)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if nice and (number := _IOPRIO_SET.get(platform.machine())):
            libc.syscall(number, _IOPRIO_WHO_PROCESS, 0, _IOPRIO_CLASS_IDLE)
        if os.getppid() != parent:  # It died before the death signal was set.
            sys.exit(1)
    if nice:
        os.nice(nice)
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"Can't start {sys.argv[3]}: {error}")
