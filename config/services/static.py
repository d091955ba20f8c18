"""Collects the static files when they have changed."""

import hashlib

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from config import paths


def collect_static() -> bool:
    """Brings HOME/static up to date; returns whether anything had changed."""
    stamp = paths.home() / "static.stamp"
    wanted = _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted and paths.static_root().exists():
        return False
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(wanted)
    return True


def _fingerprint() -> str:
    """Of names, sizes and times; reading all contents would take longer than collecting them."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            digest.update(f"{name} {storage.size(name)} {storage.get_modified_time(name).timestamp()}\n".encode())
    return digest.hexdigest()
