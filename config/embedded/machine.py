"""How much memory this machine, or the container it is, has for the servers."""

import os
import shutil
from pathlib import Path

_MIB = 1024 * 1024


def memory_bytes() -> int:
    """The machine's memory, or the container's limit when that is lower."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        try:
            return min(total, int(limit.read_text()))
        except (OSError, ValueError):  # No such file, or "max".
            continue
    return total


def postgres_memory() -> dict[str, str]:
    """PostgreSQL settings fitting the memory: a quarter of it, at most 1 GB, is PostgreSQL's own cache."""
    memory = memory_bytes()
    shared = max(32 * _MIB, min(memory // 4, 1024 * _MIB))
    settings = {
        "shared_buffers": f"{shared // _MIB}MB",
        "effective_cache_size": f"{max(memory // 2, shared) // _MIB}MB",
        "maintenance_work_mem": f"{max(16 * _MIB, min(memory // 16, 512 * _MIB)) // _MIB}MB",
        "work_mem": f"{max(4 * _MIB, min(memory // 256, 32 * _MIB)) // _MIB}MB",
    }
    if _shared_memory_bytes() < 256 * _MIB:
        # Containers often have 64 MB of /dev/shm, too little for a parallel query.
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def _shared_memory_bytes() -> int:
    try:
        return shutil.disk_usage("/dev/shm").total
    except OSError:
        return 0
