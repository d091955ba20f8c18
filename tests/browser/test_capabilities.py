"""What a real browser says of itself, and whether what is decided from it plays."""

from pathlib import Path

import pytest
from django.templatetags.static import static

from library.models import VideoFile
from library.services import register_folder
from tests.browser.conftest import OpenPage, scan
from tests.media_factory import make_video

pytestmark = pytest.mark.browser

ASK = """async ([module, videoId]) => {
  const { capabilities } = await import(module);
  const able = await capabilities();
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const answer = await fetch(`/api/v1/videos/${videoId}/playback/`, {
    method: "POST",
    body: JSON.stringify({ capabilities: able }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  });
  return [able, await answer.json()];
}"""
PLAY = """(url) => new Promise((resolve) => {
  const video = Object.assign(document.createElement("video"), { src: url, muted: true });
  video.addEventListener("timeupdate", () => video.currentTime > 0.2 && resolve(`${video.videoWidth} pixels wide`));
  video.addEventListener("error", () => resolve(video.error.message));
  document.body.append(video);
  video.play();
})"""


@pytest.fixture
def files(owner, tmp_path: Path) -> dict[str, VideoFile]:
    """Films in several containers by the names of their files; of different sizes, so that none is a remux of another."""
    make_video(tmp_path / "Mp4.mp4", seconds=2, size="160x120", rate=10, audio="aac")
    make_video(tmp_path / "Matroska.mkv", seconds=2, size="176x120", rate=10, audio="aac")
    make_video(tmp_path / "Webm.webm", seconds=2, size="192x120", rate=10, codec="vp9", audio="opus")
    make_video(tmp_path / "Stream.ts", seconds=2, size="208x120", rate=10, audio="aac")
    make_video(tmp_path / "Hevc.mp4", seconds=2, size="224x120", rate=10, codec="hevc")
    scan(register_folder(path=str(tmp_path), name="Films"))
    return {file.shown_name: file for file in VideoFile.objects.select_related("video")}


def test_chromium_says_what_it_plays_and_what_is_sent_directly_plays(open_page: OpenPage, files) -> None:
    page = open_page("/account/")
    module = static("videothek/js/player/capabilities.js")

    answers = {name: page.evaluate(ASK, [module, file.video_id]) for name, file in files.items()}
    direct = {name: answer["url"] for name, (_, answer) in answers.items() if answer["method"] == "direct"}
    played = {name: page.evaluate(PLAY, url) for name, url in direct.items()}

    able = answers["Mp4.mp4"][0]
    assert {"mp4", "webm"} <= set(able["containers"])
    assert {"h264", "vp9", "vp8"} <= {video["codec"] for video in able["video"]}
    assert {"aac", "mp3", "opus"} <= {audio["codec"] for audio in able["audio"]}
    assert next(video for video in able["video"] if video["codec"] == "h264")["max_level"] >= 51
    assert able["hls"] is True
    methods = {name: answer["method"] for name, (_, answer) in answers.items()}
    assert methods["Mp4.mp4"] == methods["Webm.webm"] == "direct"
    assert methods["Stream.ts"] == "remux"
    plays_hevc = any(video["codec"] == "hevc" for video in able["video"])
    assert methods["Hevc.mp4"] == ("direct" if plays_hevc else "transcode")
    assert played == {name: f"{files[name].width} pixels wide" for name in direct}
