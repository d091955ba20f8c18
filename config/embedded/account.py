"""The unprivileged system user that the servers run as when Videothek itself runs as root.

PostgreSQL refuses to run as root. The user may be unable to reach HOME or the virtual environment, for example below
a 0700 folder; modes outside HOME are never changed, so the server then keeps just the two capabilities for passing
by file permissions (`launch.py` does it).
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import StackError

NAME = "videothek"
_FALLBACK = "nobody"
# Ids of system users end here on all common distributions (login.defs); 65534 is nobody.
_FIRST_PERSON = 1000


@dataclass(frozen=True, slots=True)
class Account:
    """A system user and its primary group."""

    name: str
    uid: int
    gid: int


def service_account(data_folder: Path) -> Account | None:
    """The user for the servers, None when this process isn't root and they run as who it is.

    Data made earlier keeps its user. Creates the system user on first use; raises StackError when the data belongs to
    a person, whose next start would fail if root took it over.
    """
    if os.geteuid() != 0:
        return None
    owner = data_folder.stat().st_uid if data_folder.exists() else 0
    if owner:
        return _owner_account(data_folder, owner)
    return _find(NAME) or _create() or _fallback()


def _owner_account(data_folder: Path, uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise StackError(
            f"{data_folder} belongs to user number {uid}, which this machine doesn't know. Give it to root with "
            f"'chown -R 0:0 {data_folder.parent}' and start again."
        ) from None
    if _FIRST_PERSON <= uid < 65534:
        raise StackError(
            f"{data_folder} belongs to {entry.pw_name}, but you are root. Run this as {entry.pw_name}, or set "
            "VIDEOTHEK_HOME to another folder."
        )
    return Account(entry.pw_name, uid, entry.pw_gid)


def _find(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid) if entry.pw_uid else None


def _create() -> Account | None:
    """None where the machine has no useradd or a read-only user list."""
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not useradd:
        return None
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run(
        [useradd, *options, "--shell", "/usr/sbin/nologin", NAME], check=False, capture_output=True, timeout=30
    )
    return _find(NAME)


def _fallback() -> Account:
    account = _find(_FALLBACK)
    if account is None:
        raise StackError(
            "PostgreSQL can't run as root and no system user could be made. Create one with "
            f"'useradd --system {NAME}', or start Videothek as an ordinary user."
        )
    return account


def can_reach(account: Account, *paths: Path) -> bool:
    """Whether the modes of all folders above the paths let the user through (access lists don't count)."""
    return all(_can_pass(account, folder.stat()) for path in paths for folder in path.resolve().parents)


def _can_pass(account: Account, status: os.stat_result) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def give_folder(folder: Path, account: Account | None) -> None:
    """Makes the folder with mode 0700 and hands it to the user; what lies in it is left as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    wanted = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {wanted, os.geteuid()}:
        raise StackError(f"{folder} isn't a folder of this installation: remove it, or set VIDEOTHEK_HOME to another.")
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)
    if account and status.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
