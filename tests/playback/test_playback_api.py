"""Asking how a video plays: rights, junk, files that vanished, and what is there to choose from."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.models import VideoFile
from library.roles import ADMIN, USER
from playback.exceptions import CannotPlayError
from playback.services.playing import playback_answer
from playback.services.renditions import note_few_keyframes
from processing.media.stream.rendition import Action, Rendition
from processing.models import ConversionBatch
from tests.library.factories import make_file, make_folder, make_user, make_video, write_file
from tests.media_factory import make_video as make_film
from tests.playback.playing import FIREFOX, decided, make_probed_file, picture, sound, text

pytestmark = pytest.mark.django_db

DIRECT = [picture(bit_rate=5_000_000, pixel_format="yuv420p"), sound(language="eng")]
HEVC = [picture("hevc"), sound("dts", channels=6)]


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(make_user())
    return client


def on_disk(path: Path, streams: list[dict[str, Any]], *, container: str = "mp4", **columns: Any) -> VideoFile:
    """A file that is there and claims to hold these streams."""
    write_file(path, content=os.urandom(2000))
    values = {"width": 1920, "height": 1080, "video_codec": streams[0]["codec"] if streams else "", **columns}
    return make_file(path=path, container=container, streams=streams, duration_seconds=60.0, **values)


def ask(client: Client, video_id: int | None, body: object = None, **headers: str) -> Any:
    body = {"capabilities": FIREFOX} if body is None else body
    return client.post(f"/api/v1/videos/{video_id}/playback/", json.dumps(body), "application/json", headers=headers)


def test_a_file_that_plays_directly(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)

    answer = ask(viewer, file.video_id).json()

    assert answer == {
        "method": "direct",
        "url": f"/videos/{file.video_id}/stream",
        "mime": "video/mp4",
        "rendition": None,
        "sentence": "Plays directly, nothing is converted.",
        "reasons": [],
        "video": {"action": "copy", "sentence": "H.264 1080p, not touched"},
        "audio": {"action": "copy", "sentence": "AAC stereo, not touched"},
        "qualities": answer["qualities"],
        "audio_tracks": [
            {"index": 1, "label": "English · AAC stereo", "language": "en", "is_default": True, "is_chosen": True}
        ],
        "subtitles": [],
        "duration": 60.0,
        "file": file.pk,
        "files": [{"id": file.pk, "label": "1080p H.264 · MP4 · 2.0\N{NO-BREAK SPACE}kB", "is_chosen": True}],
    }
    assert [quality["id"] for quality in answer["qualities"]] == ["auto", "original", "720p", "480p", "360p", "240p"]


def test_a_file_that_is_sent_in_pieces_names_its_playlist(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mkv", [picture(), sound("dts", channels=6)], container="matroska")

    answer = ask(viewer, file.video_id).json()

    assert (answer["method"], answer["mime"]) == ("remux", "application/vnd.apple.mpegurl")
    assert answer["url"] == f"/videos/{file.video_id}/hls/{answer['rendition']}/index.m3u8"
    assert [reason["code"] for reason in answer["reasons"]] == ["container", "audio_codec"]
    assert answer["audio"] == {"action": "encode", "sentence": "DTS 5.1 becomes AAC 5.1"}


def test_a_file_with_too_few_keyframes_is_offered_as_an_encode_once_that_is_known(
    viewer: Client, tmp_path: Path
) -> None:
    film = [picture(bit_rate=5_000_000), sound("dts", channels=6)]
    file = on_disk(tmp_path / "film.mkv", film, container="matroska")
    wish = {"capabilities": FIREFOX, "quality": "original"}
    copied = ask(viewer, file.video_id, wish).json()

    note_few_keyframes(key=copied["rendition"])
    answer = ask(viewer, file.video_id, wish).json()

    assert (copied["method"], answer["method"]) == ("remux", "transcode")
    assert "few_keyframes" in [reason["code"] for reason in answer["reasons"]]
    assert answer["sentence"] == (
        "Audio DTS is not supported here and the file has too few keyframes to be sent in pieces as it is: "
        "picture and sound are converted."
    )
    file.mtime_ns += 1
    file.save()
    assert ask(viewer, file.video_id, wish).json()["method"] == "remux", "another content may have more of them"


def test_an_interlaced_film_is_offered_deinterlaced(tmp_path: Path) -> None:
    fields = ("-vf", "tinterlace=mode=interleave_top,setfield=tff", "-flags", "+ilme+ildct", "-field_order", "tt")
    path = make_film(tmp_path / "fields.mkv", seconds=1, rate=50, size="96x64", extra=fields)

    decision = decided(make_probed_file(path))

    assert decision.method == "transcode"
    assert "interlaced" in [reason.code for reason in decision.reasons]
    assert decision.video is not None
    assert decision.video.sentence.endswith(", deinterlaced")


class Elsewhere:
    """Addresses of a shared page."""

    def direct(self, file: VideoFile) -> str:
        return f"/s/token/stream/{file.pk}"

    def playlist(self, file: VideoFile, key: str) -> str:
        return f"/s/token/{key}.m3u8"

    def subtitle(self, file: VideoFile, track_id: str) -> str:
        return f"/s/token/{track_id}.vtt"


def test_the_rendition_that_is_registered_is_the_one_that_was_decided(tmp_path: Path) -> None:
    streams = [*HEVC, text(index=2, language="ger"), text("hdmv_pgs_subtitle", index=3, language="eng")]
    file = on_disk(tmp_path / "film.mkv", streams, container="matroska")
    registered: list[Rendition] = []

    def register(*, file: VideoFile, rendition: Rendition) -> str:
        registered.append(rendition)
        return "abc"

    answer = playback_answer(
        file=file,
        body={"quality": "720p", "subtitle": "e3"},
        urls=Elsewhere(),
        register=register,
    )

    assert (answer["rendition"], answer["url"]) == ("abc", "/s/token/abc.m3u8")
    assert registered[0].video.burns_subtitle == 3
    assert registered[0].video.height == 720
    assert registered[0].audio.action is Action.ENCODE
    assert [(track["id"], track["url"], track["is_chosen"]) for track in answer["subtitles"]] == [
        ("e2", "/s/token/e2.vtt", False),
        ("e3", None, True),
    ]


def test_sound_tracks_are_told_in_words(viewer: Client, tmp_path: Path) -> None:
    streams = [
        picture(),
        sound("ac3", index=1, channels=6, language="eng", title="Commentary", is_default=True),
        sound("dts", index=2, channels=8, language="deu", title="German"),
        sound("aac", index=3, language="und", is_commentary=True),
        sound("aac", index=4, channels=1),
        sound("aac", index=5, channels=1),
        sound("opus", index=6, channels=5, language="pt-BR"),
    ]
    file = on_disk(tmp_path / "film.mp4", streams)

    tracks = ask(viewer, file.video_id, {"capabilities": FIREFOX, "audio": 3}).json()["audio_tracks"]

    assert [track["label"] for track in tracks] == [
        "Commentary · English · AC-3 5.1",
        "German · DTS 7.1",
        "Commentary · AAC stereo",
        "AAC mono",
        "AAC mono 2",
        "Portuguese (Brazil) · Opus 5 channels",
    ]
    assert [track["index"] for track in tracks if track["is_default"]] == [1]
    assert [track["index"] for track in tracks if track["is_chosen"]] == [3]


def test_the_viewers_language_chooses_the_marked_subtitles(viewer: Client, tmp_path: Path) -> None:
    streams = [picture(), sound(language="jpn"), text(index=2, language="ger", is_default=True)]
    file = on_disk(tmp_path / "film.mp4", streams)

    chosen = {
        header: ask(viewer, file.video_id, **{"accept-language": header}).json()["subtitles"][0]["is_chosen"]
        for header in ("de-CH,de;q=0.9,en;q=0.8", "fr", "", "de;q=0", ";;q=,=")
    }

    assert chosen == {"de-CH,de;q=0.9,en;q=0.8": True, "fr": False, "": False, "de;q=0": False, ";;q=,=": False}


# ---- files ----------------------------------------------------------------------------------------------------------
def test_when_the_main_file_vanished_another_plays_and_the_sentence_says_so(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mkv", HEVC, container="matroska")
    other = on_disk(tmp_path / "copy.mp4", DIRECT, folder=file.folder, video=file.video)
    Path(file.fs_path).unlink()

    answer = ask(viewer, file.video_id, {"capabilities": FIREFOX, "audio": 7}).json()

    assert answer["file"] == other.pk
    assert answer["url"] == f"/videos/{file.video_id}/stream?file={other.pk}"
    assert answer["sentence"] == (
        "The main file of this video is not there right now. Another file of it plays instead "
        "(1080p H.264 · MP4 · 2.0\N{NO-BREAK SPACE}kB). Plays directly, nothing is converted."
    )
    assert [one["is_chosen"] for one in answer["files"]] == [False, True]


def test_a_file_that_could_not_be_read_gives_way_to_one_that_can(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", [], container="", state="failed", error="It is cut off.", is_primary=True)
    video = make_video()
    VideoFile.objects.filter(pk=file.pk).update(video=video)
    other = on_disk(tmp_path / "copy.mp4", DIRECT, folder=file.folder, video=video)

    answer = ask(viewer, video.pk).json()

    assert answer["file"] == other.pk
    assert answer["sentence"].startswith("The main file of this video can't be read.")


def test_a_wished_file_plays_and_one_of_another_video_does_not(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)
    other = on_disk(tmp_path / "copy.mp4", DIRECT, folder=file.folder, video=file.video, height=720, width=1280)
    stranger = on_disk(tmp_path / "stranger.mp4", DIRECT, folder=file.folder)

    answers = {pk: ask(viewer, file.video_id, {"file": pk}) for pk in (other.pk, stranger.pk)}

    assert answers[other.pk].json()["file"] == other.pk
    assert answers[stranger.pk].status_code == 400
    assert answers[stranger.pk].json() == {"detail": "This video has no such file."}


def test_a_wished_file_that_vanished_is_told_with_what_else_there_is(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)
    other = on_disk(tmp_path / "copy.mp4", DIRECT, folder=file.folder, video=file.video)
    Path(other.fs_path).unlink()

    answer = ask(viewer, file.video_id, {"file": other.pk})

    assert answer.status_code == 409
    assert answer.json() == {
        "detail": "This file of the video is not there right now; its disk may be disconnected.",
        "code": "missing",
        "files": [{"id": file.pk, "label": "1080p H.264 · MP4 · 2.0\N{NO-BREAK SPACE}kB", "is_chosen": False}],
        "helps": [],
    }


def test_files_in_the_trash_missing_ones_and_those_of_folders_switched_off_are_not_offered(
    viewer: Client, tmp_path: Path
) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)
    for name, columns in {"a": {"trashed_at": timezone.now()}, "b": {"missing_since": timezone.now()}}.items():
        on_disk(tmp_path / f"{name}.mp4", DIRECT, folder=file.folder, video=file.video, **columns)
    off = make_folder(path=tmp_path / "off", is_active=False)
    (tmp_path / "off").mkdir()
    on_disk(tmp_path / "off" / "c.mp4", DIRECT, folder=off, video=file.video)

    assert [one["id"] for one in ask(viewer, file.video_id).json()["files"]] == [file.pk]


def test_when_nothing_is_there_it_says_so(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)
    Path(file.fs_path).unlink()

    answer = ask(viewer, file.video_id)

    assert answer.status_code == 409
    assert answer.json()["code"] == "missing"
    assert answer.json()["detail"] == "The file of this video is not there right now; its disk may be disconnected."


def test_what_cannot_be_read_says_why_and_is_offered_for_download(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(
        tmp_path / "film.mp4",
        [],
        container="",
        state="failed",
        error="It is cut off.",
        video=make_video(),
        is_primary=True,
    )

    answer = ask(viewer, file.video_id)

    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["detail"]) == ("unreadable", "It is cut off.")
    assert [one["label"] for one in answer.json()["helps"]] == ["Download the file"]


# ---- a browser that can't -------------------------------------------------------------------------------------------
def test_without_streams_a_foreign_file_gets_a_reason_and_those_who_may_convert_get_a_button(
    client: Client, tmp_path: Path
) -> None:
    file = on_disk(tmp_path / "film.mkv", HEVC, container="matroska")
    answers = {}

    for role in (USER, ADMIN):
        client.force_login(make_user(role=role))
        answers[role] = ask(client, file.video_id, {"capabilities": {"hls": False}})

    assert {answer.status_code for answer in answers.values()} == {409}
    assert "video HEVC" in answers[USER].json()["detail"]
    assert [one["label"] for one in answers[USER].json()["helps"]] == ["Download the file"]
    convert = answers[ADMIN].json()["helps"][0]
    assert convert == {"label": "Convert it …", "url": f"/videos/{file.video_id}/convert/", "method": "post"}
    drafted = client.post(convert["url"])
    assert drafted["Location"].endswith(f"/{ConversionBatch.objects.get().pk}/")
    assert client.get(drafted["Location"]).status_code == 200
    assert client.get(client.get(convert["url"])["Location"]).status_code == 200


def test_converting_is_for_those_who_may(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)

    assert viewer.post(f"/videos/{file.video_id}/convert/").status_code == 403
    assert not ConversionBatch.objects.exists()


def test_an_alternate_that_plays_takes_the_place_of_a_main_file_that_does_not(tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mkv", HEVC, container="matroska")
    other = on_disk(tmp_path / "copy.mp4", DIRECT, folder=file.folder, video=file.video)

    answer = playback_answer(file=file, body={"capabilities": {"hls": False}}, urls=Elsewhere())
    with pytest.raises(CannotPlayError) as refused:
        playback_answer(file=file, body={"capabilities": {"hls": False}, "file": file.pk}, urls=Elsewhere())

    assert answer["file"] == other.pk
    assert answer["sentence"].startswith("The main file of this video doesn't play here.")
    assert [one["id"] for one in refused.value.files] == [other.pk]


# ---- who, and junk --------------------------------------------------------------------------------------------------
def test_only_those_who_may_watch_get_an_answer(client: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)

    anonymous = ask(client, file.video_id)
    client.force_login(make_user(role=""))
    without = ask(client, file.video_id)

    assert anonymous.status_code in (401, 403)
    assert without.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        [], "text", 7, {"capabilities": []}, {"capabilities": {"video": [7]}}, {"quality": "best"}, {"audio": "first"},
        {"audio": 99}, {"subtitle": "e99"}, {"subtitle": "s0123456789abcdef"}, {"file": -1}, {"failed": ["x"]},
    ],
)  # fmt: skip
def test_junk_gets_a_sentence(viewer: Client, tmp_path: Path, body: object) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)

    answer = ask(viewer, file.video_id, body)

    assert answer.status_code == 400
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize("video_id", [999_999, 10**30])
def test_a_video_that_does_not_exist_is_404(viewer: Client, video_id: int) -> None:
    assert ask(viewer, video_id).status_code == 404


def test_the_answer_asks_as_often_whatever_the_video_has(viewer: Client, tmp_path: Path) -> None:
    file = on_disk(tmp_path / "film.mp4", DIRECT)
    counts = []

    for number in range(2):
        with CaptureQueriesContext(connection) as asked:
            ask(viewer, file.video_id)
        counts.append(len(asked))
        for copy in range(5 * (1 - number)):
            on_disk(tmp_path / f"copy{copy}.mp4", DIRECT, folder=file.folder, video=file.video)
            (tmp_path / f"film.{copy}.srt").write_text("x")

    assert counts[0] == counts[1]
    assert counts[0] <= 8
