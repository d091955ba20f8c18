"""docs/examples/videothek_client.py, against a server."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.files.base import ContentFile

from config.paths import PROJECT_ROOT
from library.models import Video
from library.services.covers import set_cover
from library.services.tokens import make_token
from tests.library.factories import make_file, make_user, make_video
from tests.people.factories import picture_bytes


@pytest.fixture(scope="module")
def example() -> ModuleType:
    place = PROJECT_ROOT / "docs" / "examples" / "videothek_client.py"
    spec = importlib.util.spec_from_file_location("videothek_client", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.django_db(transaction=True)
def test_the_example_searches_changes_undoes_and_fetches(
    live_server: Any, example: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    owner = make_user(is_superuser=True)
    videos = [make_file(video=make_video(title=f"Beach {number}")).video for number in range(3)]
    set_cover(video_id=videos[0].pk, picture=ContentFile(picture_bytes(), name="x.png"), user=owner)
    secret = make_token(user=owner, name="example").secret
    client = example.Client(live_server.url, secret)

    found = list(client.videos(q="beach", sort="title", limit=2))
    tagged = client.tag(found[0]["id"], "Seen")
    renamed = client.change_video(found[1]["id"], title="Sea")
    client.undo()
    picture = client.save_cover(client.call("GET", f"videos/{videos[0].pk}/"), tmp_path)
    monkeypatch.setenv("VIDEOTHEK_TOKEN", "vdt_wrong")
    status = example.main([live_server.url, "search", "beach"])

    assert [one["title"] for one in found] == ["Beach 0", "Beach 1", "Beach 2"]
    assert [one["name"] for one in tagged["tags"]] == ["Seen"]
    assert (renamed["title"], Video.objects.get(pk=found[1]["id"]).title) == ("Sea", "Beach 1")
    assert picture.read_bytes()[:4] == b"RIFF"
    assert (status, "That token doesn't count" in capsys.readouterr().err) == (1, True)
    with pytest.raises(example.ApiError, match="no such video"):
        client.call("GET", "videos/999999/")
