"""Where the bench keeps its media, and servers of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.stack import attach


def bench_folder() -> Path:
    """VIDEOTHEK_BENCH_DIR, or var/bench beside manage.py; made when missing, kept between runs."""
    default = Path(__file__).resolve().parents[2] / "var" / "bench"
    folder = Path(os.environ.get("VIDEOTHEK_BENCH_DIR") or default).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def fresh_home() -> Iterator[None]:
    """An empty HOME of the bench's own with its embedded servers, in the environment of this process's children."""
    home = bench_folder() / "home"
    shutil.rmtree(home, ignore_errors=True)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ["VIDEOTHEK_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    attachment = attach(title="bench")
    try:
        yield
    finally:
        attachment.close()
        shutil.rmtree(home, ignore_errors=True)
