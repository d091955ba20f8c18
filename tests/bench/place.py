"""Where the bench keeps its media, and a database of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.core.management import call_command


def bench_folder() -> Path:
    """VIDEOTHEK_BENCH_DIR, or var/bench beside manage.py; made when missing, kept between runs."""
    default = Path(__file__).resolve().parents[2] / "var" / "bench"
    folder = Path(os.environ.get("VIDEOTHEK_BENCH_DIR") or default).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def fresh_database() -> Iterator[None]:
    """An empty, migrated embedded database of the bench's own, with Django set up on it. Once per process."""
    home = bench_folder() / "home"
    shutil.rmtree(home, ignore_errors=True)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ["VIDEOTHEK_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    # Both read VIDEOTHEK_HOME when they are first used.
    from config.embedded.stack import attach

    attachment = attach(title="bench")
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        yield
    finally:
        attachment.close()
        shutil.rmtree(home, ignore_errors=True)
