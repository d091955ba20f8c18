import re

from config import settings
from config.env import DECLARED
from config.paths import PROJECT_ROOT

# Read before the settings load, by the Makefile, the bootstrap or the stack, so not by the readers.
OUTSIDE = {"VIDEOTHEK_GPU", "IMAGEIO_FFMPEG_EXE"}


def documented() -> dict[str, str]:
    """The table rows of docs/settings.md: default by name."""
    text = (PROJECT_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([A-Z0-9_]+)` \| ([^|]*?) \|", text, re.MULTILINE))


def test_every_setting_is_documented_and_nothing_else():
    assert set(documented()) - OUTSIDE == set(DECLARED)


def test_documented_defaults_are_the_real_ones():
    shown = {name: default.strip("`") for name, default in documented().items() if name not in OUTSIDE}

    assert shown == {name: declared.default for name, declared in DECLARED.items()}


def test_the_secret_key_is_made_once_and_kept_private(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDEOTHEK_HOME", str(tmp_path))
    monkeypatch.delenv("VIDEOTHEK_SECRET_KEY", raising=False)

    first, second = settings._secret_key(), settings._secret_key()

    assert first == second
    assert (tmp_path / "secrets" / "secret-key").stat().st_mode & 0o777 == 0o600
