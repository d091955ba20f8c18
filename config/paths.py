"""Where things lie under VIDEOTHEK_HOME. Knows no Django settings: the embedded stack uses it before they load."""

import hashlib
import os
import tempfile
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# A unix socket's path holds at most 107 bytes on Linux; PostgreSQL appends "/.s.PGSQL.5432".
_LONGEST_SOCKET_FOLDER = 85


def home() -> Path:
    """The folder of everything this installation writes: VIDEOTHEK_HOME, or `var/` beside manage.py."""
    value = os.environ.get("VIDEOTHEK_HOME", "").strip()
    return Path(value).expanduser().absolute() if value else PROJECT_ROOT / "var"


def socket_folder() -> Path:
    """Where the embedded servers put their unix sockets: the temporary folder when HOME's path is too long for one."""
    folder = home() / "run"
    if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.blake2b(os.fsencode(home()), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"videothek-{os.getuid()}-{digest}"


def postgres_data() -> Path:
    return home() / "postgres"


def redis_data() -> Path:
    return home() / "redis"


def redis_socket() -> Path:
    return socket_folder() / "redis.sock"


def streamer_socket() -> Path:
    """Where web processes ask for parts of streams."""
    return socket_folder() / "streamer.sock"


def streams() -> Path:
    """Parts of streams: a cache that can be emptied at any time."""
    return home() / "streams"


def logs() -> Path:
    return home() / "log"


def secrets() -> Path:
    """Key files, mode 0700."""
    return home() / "secrets"


def derived() -> Path:
    """Thumbnails, storyboards and all else that can be made again."""
    return home() / "derived"


def uploads() -> Path:
    """Pictures that people chose; part of a backup."""
    return home() / "uploads"


def face_models() -> Path:
    """The pack of ONNX files that faces are found with."""
    return home() / "models" / "faces"


def backups() -> Path:
    return home() / "backups"


def static_root() -> Path:
    return home() / "static"


def request_times() -> Path:
    """What the web processes count about requests; emptied at each start of them."""
    return home() / "requests"
