"""Which disk a folder lies on, as far as the system tells. Reads /proc and /dev (Linux), knows no database."""

import contextlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

# A marker: a small file in a folder's root that holds an id. Made only when the owner asks for it.
MARKER_NAME = ".videothek-folder"
_MOUNTS = Path("/proc/self/mountinfo")
_DISK_IDS = Path("/dev/disk/by-uuid")
_MARKER_BYTES = 4096
# inotify sees only what this machine does to them.
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "davfs", "virtiofs"})
_NETWORK_FUSE = ("fuse.sshfs", "fuse.rclone", "fuse.smb", "fuse.nfs", "fuse.gluster", "fuse.ceph", "fuse.davfs")
# Their statvfs id is made from the file system's own and stays over mounts; that of others comes from the device.
_KEEPS_ID = frozenset({"ext2", "ext3", "ext4", "btrfs", "f2fs", "tmpfs"})
_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of the mount table. `source` is a device, "//nas/videos" or "nas:/videos"."""

    number: str
    point: str
    kind: str
    source: str

    @property
    def is_network(self) -> bool:
        """Whether other machines change it without this one being told."""
        return self.kind in _NETWORK or self.kind.startswith(_NETWORK_FUSE)


def read_mounts() -> list[Mount]:
    """The mount table, in the order of mounting; empty where there is none to read."""
    try:
        lines = os.fsdecode(_MOUNTS.read_bytes()).splitlines()
    except OSError:
        return []
    mounts = []
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) > 4 and len(kinds) > 1:
            mounts.append(Mount(fields[2], _unescape(fields[4]), kinds[0], _unescape(kinds[1])))
    return mounts


def mount_of(path: str) -> Mount | None:
    """The mount that the path (as `os` gives it) lies on, links resolved; the last one of several at one point."""
    real = os.path.realpath(path).rstrip("/") + "/"
    holding = [mount for mount in read_mounts() if real.startswith(mount.point.rstrip("/") + "/")]
    if not holding:
        return None
    longest = max(len(mount.point.rstrip("/")) for mount in holding)
    return [mount for mount in holding if len(mount.point.rstrip("/")) == longest][-1]


def device_of(path: str) -> str:
    """What tells the path's file system from others for good, at most 100 characters; "" where nothing does.

    The UUID of a disk, the share of a network, the system's own id of file systems that keep it. Device numbers
    change when a disk is plugged in elsewhere, so they don't count.
    """
    mount = mount_of(path)
    if mount is None:
        return ""
    if mount.is_network:
        return f"{mount.kind} {mount.source}"[:100]
    try:
        status, numbers = os.stat(path), os.statvfs(path)
    except OSError:
        return ""
    if found := _uuid_of(status.st_dev):
        return f"uuid {found}"[:100]
    return f"{mount.kind} {numbers.f_fsid:x}" if mount.kind in _KEEPS_ID and numbers.f_fsid else ""


def is_network_path(path: str) -> bool:
    """Whether the path lies on a network file system."""
    mount = mount_of(path)
    return mount is not None and mount.is_network


def read_marker(root: str) -> str | None:
    """What the marker file in a folder's root holds; None when it isn't there. Raises OSError when it can't be read."""
    try:
        with open(os.path.join(root, MARKER_NAME), "rb") as source:
            return source.read(_MARKER_BYTES).decode(errors="replace").strip()
    except FileNotFoundError:
        return None


def write_marker(root: str) -> str:
    """Makes the marker file, or takes over the one that is there; returns what it holds. Raises OSError."""
    present = read_marker(root)
    if present:
        return present[:255]
    content = uuid.uuid4().hex
    with open(os.path.join(root, MARKER_NAME), "w", encoding="ascii") as target:
        target.write(content + "\n")
    return content


def remove_marker(root: str, content: str) -> None:
    """Removes the marker file if it is the one that holds `content`. One that can't be removed stays."""
    with contextlib.suppress(OSError):
        if read_marker(root) == content:
            os.unlink(os.path.join(root, MARKER_NAME))


def _uuid_of(device: int) -> str:
    with contextlib.suppress(OSError):
        for entry in os.scandir(_DISK_IDS):
            with contextlib.suppress(OSError):
                if os.stat(entry.path).st_rdev == device:
                    return entry.name
    return ""


def _unescape(field: str) -> str:
    for escaped, plain in _ESCAPES:
        field = field.replace(escaped, plain)
    return field
