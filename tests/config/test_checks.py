import pytest

from config import checks


def test_everything_is_well_here(own_home):
    assert checks.check_ffmpeg(None) == checks.check_home(None) == checks.check_debug(None) == []


def test_a_missing_ffmpeg_is_named(monkeypatch):
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", fail)

    assert [message.id for message in checks.check_ffmpeg(None)] == ["config.E001"]


def test_a_home_that_can_not_be_written_is_named(own_home, monkeypatch):
    monkeypatch.setattr("os.access", lambda *args: False)

    assert [message.id for message in checks.check_home(None)] == ["config.E002"]


@pytest.mark.parametrize(("host", "count"), [("127.0.0.1", 0), ("localhost", 0), ("0.0.0.0", 1), ("nas", 1)])
def test_debug_on_the_network_is_a_warning(settings, host, count):
    settings.DEBUG, settings.HOST = True, host

    assert len(checks.check_debug(None)) == count
