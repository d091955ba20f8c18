"""Subtitles over HTTP: read out of real files, cached, swept, and kept from those who may not watch."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from library.models import VideoFile
from library.services.sweeping import stored_kinds, sweep
from playback.exceptions import SubtitlesNotReadyError
from playback.services.subtitles import embedded, subtitle_text
from processing.media.encode.errors import ProgramFailedError
from processing.models.images import derived_storage
from tests.library.factories import LONG_AGO_NS, make_file, make_folder, make_user
from tests.media_factory import make_video, run_ffmpeg
from tests.playback.playing import make_probed_file

pytestmark = pytest.mark.django_db

SRT = (
    "1\n00:00:00,200 --> 00:00:00,900\n<i>Slanted to the end</i>\n\n"
    "2\n00:00:01,000 --> 00:00:01,800\nPlain & <b>bold</b> 字幕\nsecond line\n"
)
HELLO = "Здравствуйте"
VTT = (
    "WEBVTT\n\n00:00:00.200 --> 00:00:00.900\n<i>Slanted to the end</i>\n\n"
    "00:00:01.000 --> 00:00:01.800\nPlain &amp; <b>bold</b> 字幕\nsecond line\n"
)


@pytest.fixture(autouse=True)
def kept_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing a response ends its request, which would close the connection that the test's transaction lives in."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user())
    return client


def with_subtitles(path: Path, *codecs: str) -> Path:
    """A small film with the same lines as a track of each codec."""
    film = make_video(path.with_name(f"plain-{path.stem}.mp4"), seconds=2, size="64x48", rate=5)
    lines = path.with_suffix(".lines.srt")
    lines.write_text(SRT, "utf-8")
    maps = [word for number, codec in enumerate(codecs) for word in ("-map", "1", f"-c:s:{number}", codec)]
    made = run_ffmpeg(path, "-i", str(film), "-i", str(lines), "-map", "0:v", *maps, "-c:v", "copy")
    film.unlink()
    lines.unlink()
    return made


def address(file: VideoFile, track: str) -> str:
    return f"/videos/{file.video_id}/subtitles/{track}.vtt"


@pytest.mark.parametrize(
    ("name", "codecs"), [("film.mkv", ("subrip", "ass", "webvtt")), ("film.mp4", ("mov_text",))], ids=["mkv", "mp4"]
)
def test_every_kind_of_text_in_a_file_comes_out_as_webvtt(
    viewer: Client, tmp_path: Path, name: str, codecs: tuple[str, ...]
) -> None:
    file = make_probed_file(with_subtitles(tmp_path / name, *codecs))

    answers = [viewer.get(address(file, f"e{number + 1}")) for number in range(len(codecs))]

    assert [answer.content.decode() for answer in answers] == [VTT] * len(codecs)
    assert answers[0]["Content-Type"] == "text/vtt; charset=utf-8"
    assert answers[0]["Cache-Control"] == "private, no-cache"


def test_a_file_is_read_once_for_all_its_tracks_and_whoever_asks(
    viewer: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_probed_file(with_subtitles(tmp_path / "film.mkv", "subrip", "ass"))
    commands = []
    run = embedded.run_program
    monkeypatch.setattr(embedded, "run_program", lambda command, **how: commands.append(command) or run(command, **how))

    first = viewer.get(address(file, "e1"))
    second = viewer.get(address(file, "e2"))
    again = viewer.get(address(file, "e1"), headers={"if-none-match": first["ETag"]})

    assert len(commands) == 1
    assert second.status_code == 200
    assert again.status_code == 304


def test_while_a_large_file_is_read_others_are_told_to_come_back_and_then_it_is_there(
    viewer: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_probed_file(with_subtitles(tmp_path / "film.mkv", "subrip"))
    go_on = threading.Event()
    run = embedded.run_program
    monkeypatch.setattr(embedded, "run_program", lambda *args, **how: (go_on.wait(20), run(*args, **how)))

    with pytest.raises(SubtitlesNotReadyError):
        subtitle_text(file, "e1", wait_seconds=0.01)
    monkeypatch.setattr("playback.views.subtitles.subtitle_text", lambda f, t: subtitle_text(f, t, wait_seconds=0.01))
    busy = viewer.get(address(file, "e1"))
    go_on.set()
    text, _ = subtitle_text(file, "e1", wait_seconds=20)

    assert (busy.status_code, busy["Retry-After"], busy["Cache-Control"]) == (503, "3", "no-store")
    assert "still being read" in busy.content.decode()
    assert text == VTT


def test_only_two_files_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_folder(path=tmp_path)
    films = [with_subtitles(tmp_path / f"{name}.mkv", "subrip") for name in "abc"]
    files = [make_probed_file(film, folder=folder) for film in films]
    go_on = threading.Event()
    run = embedded.run_program
    monkeypatch.setattr(embedded, "run_program", lambda *args, **how: (go_on.wait(20), run(*args, **how)))

    for file in files:
        with pytest.raises(SubtitlesNotReadyError):
            subtitle_text(file, "e1", wait_seconds=0.01)
    running = len(embedded._readings)
    go_on.set()
    texts = [subtitle_text(file, "e1", wait_seconds=20)[0] for file in files]

    assert running == 2
    assert texts == [VTT] * 3


def test_a_file_that_ffmpeg_cannot_read_says_so_and_may_be_asked_again(
    viewer: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_probed_file(with_subtitles(tmp_path / "film.mkv", "subrip"))
    whole = Path(file.fs_path).read_bytes()
    Path(file.fs_path).write_bytes(b"junk" * 1000)

    broken = viewer.get(address(file, "e1"))
    Path(file.fs_path).write_bytes(whole)
    mended = viewer.get(address(file, "e1"))

    assert broken.status_code == 404
    assert mended.status_code == 200


def test_a_damaged_end_costs_only_the_lines_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = make_probed_file(with_subtitles(tmp_path / "film.mkv", "subrip"))
    run = embedded.run_program

    def fail(*args: object, **how: object) -> None:
        run(*args, **how)
        raise ProgramFailedError("FFmpeg failed: damaged", "")

    monkeypatch.setattr(embedded, "run_program", fail)

    assert subtitle_text(file, "e1")[0] == VTT


def test_a_file_beside_the_video_is_read_each_time_it_changes(viewer: Client, tmp_path: Path) -> None:
    file = make_probed_file(make_video(tmp_path / "film.mp4", seconds=1, size="64x48", rate=5))
    (tmp_path / "film.ru.srt").write_bytes(f"1\n00:00:01,000 --> 00:00:02,000\n{HELLO}\n".encode("cp1251"))
    track = viewer.post(f"/api/v1/videos/{file.video_id}/playback/", {}, "application/json").json()["subtitles"][0]

    before = viewer.get(track["url"])
    (tmp_path / "film.ru.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nBye\n", "utf-8")
    after = viewer.get(track["url"], headers={"if-none-match": before["ETag"]})

    assert track["label"] == "Russian"
    assert HELLO in before.content.decode()
    assert "Bye" in after.content.decode()
    assert len(derived_storage().listdir(os.path.dirname(_name_of(file)))[1]) == 1


def _name_of(file: VideoFile) -> str:
    [name] = [name for name, _ in derived_storage().names(f"subtitles/{file.pk // 1000:04d}/{file.pk}/")]
    return name


@pytest.mark.parametrize(
    "track",
    ["e0", "e1", "e9", "e", "e-1", "s0123456789abcdef", "x", "e1x", "..", "e1%2e%2e%2fe2", "e999999999999999999"],
)
def test_an_id_that_the_video_does_not_have_is_404(viewer: Client, tmp_path: Path, track: str) -> None:
    path = make_video(tmp_path / "film.mp4", seconds=1, size="64x48", rate=5)
    (tmp_path / "other.srt").write_text(SRT)

    assert viewer.get(address(make_probed_file(path), track)).status_code == 404


def test_a_video_that_is_gone_is_404(viewer: Client, tmp_path: Path) -> None:
    file = make_probed_file(with_subtitles(tmp_path / "film.mkv", "subrip"))
    Path(file.fs_path).unlink()

    assert viewer.get(address(file, "e1")).status_code == 404
    assert viewer.get("/videos/999999/subtitles/e1.vtt").status_code == 404


def test_another_file_of_the_video_has_its_own_and_another_videos_is_404(viewer: Client, tmp_path: Path) -> None:
    file = make_probed_file(make_video(tmp_path / "film.mp4", seconds=1, size="64x48", rate=5))
    alternate = make_probed_file(with_subtitles(tmp_path / "copy.mkv", "subrip"), folder=file.folder, video=file.video)
    stranger = make_file(folder=file.folder)

    statuses = {
        which: viewer.get(f"{address(file, 'e1')}?file={which}").status_code
        for which in (alternate.pk, file.pk, stranger.pk, "x", "²", 10**30)
    }

    assert statuses == {alternate.pk: 200, file.pk: 404, stranger.pk: 404, "x": 404, "²": 404, 10**30: 404}


def test_only_those_who_may_watch_get_them(client: Client, tmp_path: Path) -> None:
    file = make_probed_file(with_subtitles(tmp_path / "film.mkv", "subrip"))

    anonymous = client.get(address(file, "e1"))
    client.force_login(make_user(role=""))
    without = client.get(address(file, "e1"))

    assert (anonymous.status_code, without.status_code) == (302, 403)


def test_the_clean_up_removes_subtitles_of_files_that_changed_or_left(tmp_path: Path) -> None:
    folder = make_folder(path=tmp_path)
    kept, changed, removed = (
        make_probed_file(with_subtitles(tmp_path / f"{name}.mkv", "subrip"), folder=folder) for name in "abc"
    )
    for file in (kept, changed, removed):
        subtitle_text(file, "e1")
    names = [_name_of(file) for file in (kept, changed, removed)]
    VideoFile.objects.filter(pk=changed.pk).update(mtime_ns=LONG_AGO_NS + 5)
    removed.delete()
    kinds = [kind for kind in stored_kinds() if kind.folder == "subtitles"]

    sweep(grace=timedelta(seconds=-60), kinds=kinds)

    assert [derived_storage().exists(name) for name in names] == [True, False, False]
