"""add_reference, who_is and face_stats as people and scripts use them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from faces.ml.engine import FaceEngine
from faces.models import FaceReference
from faces.services.models import use_model
from faces.services.naming import name_tracks, reject_match
from library.models import Suggestion
from people.models import Creator
from people.services.creators import add_alias
from tests.faces.drawing import DrawnFace, scene
from tests.faces.factories import make_creator, make_track
from tests.faces.test_engine import pixels
from tests.faces.vectors import person
from tests.library.factories import make_user
from tests.processing.ingesting import turn_aside

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _installed(pack_folder: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FACE_MODEL_DIR = pack_folder
    turn_aside(tmp_path / "derived", monkeypatch)


def photo(path: Path, *faces: DrawnFace) -> str:
    scene(7, width=800, height=500, faces=faces).save(path)
    return str(path)


def vector_of(engine: FaceEngine, who: str) -> Any:
    [face] = engine.detect(pixels(scene(8, faces=[DrawnFace(who, 300, 180, 80)])))
    return engine.embed([face.crop])[0]


def test_a_reference_is_added_and_everybody_unnamed_compared_before_it_returns(
    engine: FaceEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = make_creator(name="Ana")
    add_alias(creator=ana, name="Anna Example", user=None)
    track = make_track(vector=vector_of(engine, "ana"), model=use_model(engine.pack))
    # The large face is meant; the small one in the background is not.
    image = photo(tmp_path / "ana.png", DrawnFace("ana", 300, 250, 120), DrawnFace("ben", 650, 200, 50))

    call_command("add_reference", image, creator="anna example", json=True)

    told = json.loads(capsys.readouterr().out)
    track.refresh_from_db()
    assert (told["creator"], told["recognised"]) == ("Ana", 1)
    assert (track.creator, FaceReference.objects.get().creator) == (ana, ana)
    assert Creator.objects.count() == 1


def test_several_faces_of_a_size_are_offered_and_one_is_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = photo(tmp_path / "two.png", DrawnFace("ana", 200, 250, 100), DrawnFace("ben", 560, 250, 90))

    with pytest.raises(CommandError, match="--face N") as caught:
        call_command("add_reference", image, creator="Ben")
    shown = capsys.readouterr().out
    assert caught.value.returncode == 2
    assert re.search(r"--face 1: 20\d x 20\d px at (99|100|101), (149|150|151)\n", shown)
    assert "--face 2: " in shown
    assert not Creator.objects.exists(), "nobody is made before a face is found"
    call_command("add_reference", image, creator="Ben", face=2)
    call_command("who_is", photo(tmp_path / "ben.png", DrawnFace("ben", 400, 250, 70)), json=True)

    [face] = json.loads(capsys.readouterr().out.splitlines()[-1])["faces"]
    assert [match["creator"] for match in face["matches"]] == ["Ben"]
    assert face["matches"][0]["similarity"] > 0.95


def test_photos_that_can_not_be_used_are_named_and_the_others_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = photo(tmp_path / "ana.png", DrawnFace("ana", 300, 250, 120))
    empty = photo(tmp_path / "nobody.png")
    (tmp_path / "text.png").write_text("no picture")

    with pytest.raises(CommandError, match="Not all photos") as caught:
        call_command(
            "add_reference", empty, good, str(tmp_path / "text.png"), str(tmp_path / "gone.png"), creator="Ana"
        )

    shown = capsys.readouterr().out
    assert caught.value.returncode == 1
    assert "nobody.png shows no face" in shown
    assert "text.png is no picture" in shown
    assert "gone.png can't be read: No such file" in shown
    assert FaceReference.objects.count() == 1


def test_who_is_names_five_whatever_the_threshold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ana", "ben", "cleo", "dan", "eve", "fay"):
        call_command("add_reference", photo(tmp_path / f"{name}.png", DrawnFace(name, 400, 250, 100)), creator=name)
    image = photo(tmp_path / "who.png", DrawnFace("gil", 200, 250, 100), DrawnFace("ana", 560, 250, 60))
    capsys.readouterr()

    call_command("who_is", image, json=True)

    faces = json.loads(capsys.readouterr().out)["faces"]
    assert [list(face) for face in faces] == [["box", "matches"]] * 2
    assert faces[0]["box"] == pytest.approx([100, 150, 300, 350], abs=4)
    assert [len(face["matches"]) for face in faces] == [5, 5]
    assert faces[1]["matches"][0]["creator"] == "ana"
    likeness = [match["similarity"] for match in faces[0]["matches"]]
    assert likeness == sorted(likeness, reverse=True)


def test_without_models_and_without_a_picture_the_status_says_which(tmp_path: Path, settings: Any) -> None:
    image = photo(tmp_path / "ana.png", DrawnFace("ana", 300, 250, 120))

    with pytest.raises(CommandError, match="gone") as missing:
        call_command("who_is", str(tmp_path / "gone.png"))
    settings.FACE_MODEL_DIR = tmp_path / "no models"
    for command in (["who_is", image], ["add_reference", image, "--creator", "Ana"]):
        with pytest.raises(CommandError, match="face_models") as caught:
            call_command(*command)
        assert caught.value.returncode == 3

    assert missing.value.returncode == 1


def test_the_numbers_tell_how_often_each_person_was_right(capsys: pytest.CaptureFixture[str]) -> None:
    ana, user = make_creator(name="Ana"), make_user(role="admin")
    tracks = [make_track(vector=person(1)) for _ in range(4)]
    for track in tracks[:3]:
        Suggestion.objects.create(
            provider="faces", video=track.video, kind="creator", object_id=ana.pk, subject=f"track:{track.pk}",
            confidence=0.6,
        )  # fmt: skip
    name_tracks(track_ids=[tracks[0].pk, tracks[1].pk], creator=ana, user=user)
    reject_match(track=tracks[2], creator=ana, user=user)

    call_command("face_stats", json=True)

    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["tracks"] == 4
    assert told["counts"]["tracks_manual"] == 2
    assert told["counts"]["suggestions_accepted"] == 2
    [row] = told["creators"]
    assert (row["creator"], row["accepted"], row["rejected"]) == ("Ana", 2, 1)
    assert row["precision"] == pytest.approx(2 / 3)
    assert not told["accuracy"]["is_enough"]
