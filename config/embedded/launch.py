"""Becomes a server or worker that dies with its supervisor: run as a script, before the real program.

    python -I -S launch.py SUPERVISOR_PID DEATH_SIGNAL UID GID KEEP COMMAND...

UID and GID are -1 to stay who we are; KEEP is 1 to keep the capabilities to pass by file permissions. A script of its
own because code between fork and exec isn't safe beside threads, and because the kernel forgets the death signal when
the user changes, so the order matters. `service.launch_line` makes the command line.
"""

import ctypes
import os
import sys

# linux/prctl.h and linux/capability.h
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def change_user(libc: ctypes.CDLL, uid: int, gid: int, *, keep: bool) -> None:
    """Drops root for good; with keep, the new user may still pass by file permissions and nothing else."""
    # Keeps the capabilities over setresuid, and lets access(2) count them, by which initdb looks for its programs.
    if keep and libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECUREBITS)")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if not keep:
        return
    bits = 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH
    sets = (_Sets * 2)(_Sets(bits, bits, bits), _Sets(0, 0, 0))
    if libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), ctypes.byref(sets)):
        raise OSError(ctypes.get_errno(), "capset")
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_CAP_AMBIENT_RAISE)")


def main(arguments: list[str]) -> None:
    supervisor, death_signal, uid, gid, keep = (int(word) for word in arguments[:5])
    command = arguments[5:]
    libc = ctypes.CDLL(None, use_errno=True)
    if uid >= 0:
        change_user(libc, uid, gid, keep=bool(keep))
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != supervisor:  # It died before the line above.
            sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"Can't start {sys.argv[6]}: {error}")
