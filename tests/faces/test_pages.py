"""The pages of faces: pictures, a person's page, the editor, searches, accuracy; and their API."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from faces.addresses import reference_crop, track_crop
from faces.models import (
    DrawnBox,
    FaceDetection,
    FaceModel,
    FaceReference,
    FaceSettings,
    FaceTrack,
    PhotoSearch,
    ReferencePhoto,
)
from faces.models.drawn_box import AskedState
from faces.models.photo_search import PhotoSearchStatus
from faces.models.reference import ReferenceSource
from faces.models.reference_photo import PhotoState
from faces.models.track import TrackStatus
from faces.services import engines
from faces.services.matching import as_vectors, match_tracks
from faces.services.naming import name_tracks
from library.models import ChangeBatch, User, Video
from library.services.history import undo_batch
from people.models import Creator, Credit
from processing.models import Job
from processing.models.images import derived_storage
from processing.stages.registry import StageContext, get_stage, load_run
from tests.faces.drawing import DrawnFace, scene
from tests.faces.factories import make_creator, make_face_film, make_model, make_reference, make_track
from tests.faces.vectors import faces_of, person
from tests.library.factories import find_permission, make_file, make_folder, make_user
from tests.processing.ingesting import turn_aside

pytestmark = pytest.mark.django_db

ANA, BEN = person(1), person(2)


@pytest.fixture(autouse=True)
def _aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_aside(tmp_path / "derived", monkeypatch)


@pytest.fixture
def models(pack_folder: Path, settings: Any) -> None:
    settings.FACE_MODEL_DIR = pack_folder


@pytest.fixture
def owner() -> User:
    return make_user(is_superuser=True)


@pytest.fixture
def web(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def shown_video(*, title: str = "A film") -> Video:
    """A video that pages show."""
    video = make_file(folder=make_folder(), state="ready", duration_seconds=400.0).video
    assert video is not None
    video.title, video.duration_seconds = title, 400.0
    video.save(update_fields=["title", "duration_seconds"])
    return video


def webp(colour: str = "red") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (112 * 3, 112), colour).save(stream, "WEBP")
    return stream.getvalue()


def store(name: str, content: bytes = b"") -> str:
    return derived_storage().save(name, ContentFile(content or webp()))


def post(client: Client, address: str, body: dict[str, Any], method: str = "POST") -> Any:
    return client.generic(method, f"/api/v1/{address}", json.dumps(body), content_type="application/json")


def work_off() -> None:
    """What a worker does with the jobs that wait in its queue, within this test's transaction."""
    for job in Job.objects.filter(queue="faces", status="pending"):
        Job.objects.filter(pk=job.pk).delete()
        load_run(get_stage(job.stage))(StageContext(job.target_id, job.params, None, lambda done, total: None))


# ---- pictures -------------------------------------------------------------------------------------------------------
def test_a_face_is_sent_for_good_by_its_version_and_a_shape_where_it_is_missing(web: Client) -> None:
    track = make_track(vector=ANA, crop=store("faces/0000/1/x/face.webp"))
    taught = make_reference(
        creator=make_creator(name="Ana"), vector=ANA, video=track.video, source=ReferenceSource.VIDEO_FRAME,
        path="faces/0000/1/gone/face.webp", time_seconds=1.0,
    )  # fmt: skip
    FaceTrack.objects.filter(pk=track.pk).update(creator=taught.creator, status=TrackStatus.MANUAL)
    bare = make_track(vector=BEN)

    answers = [web.get(track_crop(track)), web.get(f"/faces/tracks/{track.pk}/crop.jpg"), web.get(track_crop(bare))]
    answers.append(web.get(reference_crop(taught)))

    assert [answer["Content-Type"] for answer in answers] == ["image/webp", "image/webp", "image/svg+xml", "image/webp"]
    assert ["immutable" in answer["Cache-Control"] for answer in answers] == [True, False, False, False]
    assert all(answer["Cache-Control"].startswith("private") for answer in answers)
    # Read to its end, it closes its file.
    assert [answer.getvalue()[:4] for answer in answers] == [b"RIFF", b"RIFF", b"<svg", b"RIFF"]


def test_faces_are_for_those_who_may_see_them() -> None:
    user = make_user(role="")
    user.user_permissions.add(find_permission("library.view_video"))
    client = Client()
    client.force_login(user)
    track = make_track(vector=ANA, video=shown_video(), crop=store("faces/0000/1/x/face.webp"))
    creator = make_creator(name="Ana")
    places = [
        f"/faces/tracks/{track.pk}/crop.jpg", f"/people/{creator.public_id}/faces/", f"/videos/{track.video_id}/faces/",
        f"/faces/tracks/{track.pk}/similar/", "/faces/search/", f"/api/v1/videos/{track.video_id}/faces/",
    ]  # fmt: skip

    refused = [client.get(place).status_code for place in places]
    watch = client.get(f"/videos/{track.video_id}/").content.decode()
    profile = client.get(f"/people/{creator.public_id}/").content.decode()

    assert refused == [403] * len(places)
    assert "people-seen" not in watch
    assert "Faces and moments" not in profile


def test_whoever_says_whose_faces_they_are_also_says_what_somebody_is_known_by() -> None:
    moderator, viewer = Client(), Client()
    moderator.force_login(make_user(role="moderator"))
    viewer.force_login(make_user(role="user"))
    ana = make_creator(name="Ana")
    first, second = (make_reference(creator=ana, vector=one) for one in faces_of(ANA, 2))
    place, remove = f"/people/{ana.public_id}/faces/", {"do": "remove", "id": second.pk}

    refused = [
        viewer.post(place, {"do": "primary", "id": first.pk}).status_code,
        viewer.post(place, remove).status_code,
    ]
    starred = moderator.post(place, {"do": "primary", "id": first.pk}).status_code
    removed = moderator.delete(f"/api/v1/faces/references/{second.pk}/").status_code
    offered = ['value="remove"' in one.get(place).content.decode() for one in (moderator, viewer)]

    assert (refused, starred, removed, offered) == ([403, 403], 302, 204, [True, False])
    assert list(FaceReference.objects.values_list("pk", "is_primary")) == [(first.pk, True)]


# ---- a person -------------------------------------------------------------------------------------------------------
def test_a_persons_page_has_known_faces_moments_and_company_and_costs_the_same_for_many(web: Client) -> None:
    ana, ben = make_creator(name="Ana"), make_creator(name="Ben")

    def add(count: int) -> None:
        for number in range(count):
            video = shown_video(title=f"Film {number}")
            named = {"status": TrackStatus.MANUAL, "video": video}
            make_track(vector=ANA, span=(130, 340), creator=ana, **named)
            make_track(vector=BEN, span=(200, 220), creator=ben, **named)
            make_reference(creator=ana, vector=ANA, video=video, source=ReferenceSource.VIDEO_FRAME, time_seconds=131)
            Credit.objects.create(video=video, creator=ana, source="face")

    def look(place: str) -> tuple[int, str]:
        with CaptureQueriesContext(connection) as asked:
            page = web.get(place)
        return len(asked), page.content.decode()

    empty = look(f"/people/{ana.public_id}/faces/")[1]
    add(2)
    places = [f"/people/{ana.public_id}/faces/", f"/faces/together/?a={ana.public_id}&b={ben.public_id}"]
    places.append(f"/videos/{Video.objects.latest('pk').pk}/")
    few = [look(place) for place in places]
    add(9)
    many = [look(place) for place in places]

    assert "No face of Ana is known yet" in empty
    assert [asked for asked, _ in few] == [asked for asked, _ in many]
    page, together, watch = (text for _, text in many)
    assert "2:10–5:40" in page
    assert "?t=130" in page
    assert "100 %" in page
    assert f"?a={ana.public_id}&amp;b={ben.public_id}" in page
    assert "3:20–3:40" in together
    assert f"/people/{ana.public_id}/" in watch
    assert "2:10–5:40" in watch


def test_the_star_moves_and_a_removed_face_comes_back_by_undo(web: Client, owner: User) -> None:
    ana = make_creator(name="Ana")
    first = make_reference(creator=ana, vector=ANA, is_primary=True, quality=0.5)
    second = make_reference(creator=ana, vector=faces_of(ANA, 1)[0], quality=0.9)
    place = f"/people/{ana.public_id}/faces/"

    web.post(place, {"do": "primary", "id": second.pk})
    starred = list(FaceReference.objects.filter(is_primary=True))
    page = web.post(place, {"do": "remove", "id": second.pk}, follow=True).content.decode()
    left = list(FaceReference.objects.values_list("pk", "is_primary"))
    undo_batch(batch=ChangeBatch.objects.latest("created_at"), user=owner)

    assert starred == [second]
    assert left == [(first.pk, True)]
    assert "Undo" in page
    assert set(FaceReference.objects.values_list("pk", "is_primary")) == {(first.pk, False), (second.pk, True)}


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("faces", "state", "said"),
    [
        ([DrawnFace("ana", 200, 180, 90)], PhotoState.DONE, "Learned the face"),
        ([], PhotoState.FAILED, "shows no face"),
        ([DrawnFace("ana", 160, 180, 90), DrawnFace("ben", 460, 180, 88)], PhotoState.SEVERAL, "shows 2 faces"),
    ],
)
def test_a_photo_teaches_one_face_asks_about_several_and_says_when_there_is_none(
    web: Client, owner: User, faces: list[DrawnFace], state: str, said: str
) -> None:
    ana = make_creator(name="Ana")
    picture = io.BytesIO()
    scene(3, faces=faces).save(picture, "PNG")
    picture.seek(0)
    picture.name = "me.png"
    place = f"/people/{ana.public_id}/faces/"

    sent = web.post(place, {"do": "add", "picture": picture})
    waiting = web.get(sent["Location"]).content.decode()
    work_off()
    photo = ReferencePhoto.objects.get()
    page = web.get(sent["Location"]).content.decode()

    assert "data-wait" in waiting
    assert (photo.state, said in page) == (state, True), photo.error
    if state == PhotoState.SEVERAL:
        middles = sorted(face["left"] + face["width"] / 2 for face in photo.faces)
        assert middles == [pytest.approx(0.25, abs=0.03), pytest.approx(0.72, abs=0.03)]
        web.post(place, {"do": "choose", "photo": str(photo.public_id), "number": 2})
        work_off()
        photo.refresh_from_db()
        assert photo.state == PhotoState.DONE
    if photo.state == PhotoState.DONE:
        assert FaceReference.objects.get().pk == photo.reference_id
        assert not photo.picture
        undo_batch(batch=ChangeBatch.objects.get(pk=photo.batch_id), user=owner)
    assert not FaceReference.objects.exists()


# ---- the editor -----------------------------------------------------------------------------------------------------
def state() -> list[Any]:
    """All that an undo must put back; vectors and pictures of parts are left out."""
    tracks = FaceTrack.objects.order_by("pk").values_list("pk", "start_seconds", "end_seconds", "status", "creator_id")
    detections = FaceDetection.objects.order_by("pk").values_list("pk", "track_id")
    people = Creator.objects.order_by("pk").values_list("pk", "trashed_at")
    return [list(tracks), list(detections), list(people), list(Credit.objects.values_list("video_id", "creator_id"))]


def make_seen(video: Video) -> FaceTrack:
    """Ana up to second 10, Ben after it, taken for one; three faces of each on its strip."""
    vectors = [*faces_of(ANA, 2), *faces_of(BEN, 1)]
    mean = np.mean(vectors, axis=0)
    track = make_track(
        vector=(mean / np.linalg.norm(mean)).astype(np.float32), video=video, span=(0, 20), detection_count=3,
        crop=store(f"faces/0000/{video.pk}/x/face.webp"), strip=store(f"faces/0000/{video.pk}/x/strip.webp"),
    )  # fmt: skip
    for number, (seconds, vector) in enumerate(zip((2, 8, 15), vectors, strict=True)):
        FaceDetection.objects.create(
            video=video, track=track, time_seconds=seconds, left=0.1, top=0.1, width=0.2, height=0.2, score=0.9,
            quality=0.5 + number / 10, model=make_model(), embedding=vector.tolist(), strip_index=number,
        )  # fmt: skip
    return track


def test_what_the_editor_does_is_undone_by_its_batch(web: Client, owner: User) -> None:
    video = shown_video()
    track, ben = make_seen(video), make_creator(name="Ben")
    before = state()
    place = f"faces/tracks/{track.pk}/"
    changes = [
        ("POST", "faces/tracks/name/", {"ids": [track.pk], "name": "Somebody new"}),
        ("POST", "faces/tracks/name/", {"ids": [track.pk], "person": str(ben.public_id)}),
        ("POST", "faces/tracks/set-aside/", {"ids": [track.pk]}),
        ("PATCH", place, {"start_seconds": 1.5, "end_seconds": 12}),
        ("POST", f"{place}split/", {"at_seconds": 10}),
        ("POST", "faces/tracks/delete/", {"ids": [track.pk]}),
        ("DELETE", place, {}),
    ]

    for method, address, body in changes:
        done = post(web, address, body, method)
        assert done.status_code in (200, 201, 204), (address, done.content)
        assert state() != before, address
        undo_batch(batch=ChangeBatch.objects.get(pk=done["Change-Batch"]), user=owner)
        assert state() == before, address


def test_the_parts_of_an_appearance_are_described_by_their_own_faces(web: Client) -> None:
    track = make_seen(shown_video())

    done = post(web, f"faces/tracks/{track.pk}/split/", {"at_seconds": 10})

    track.refresh_from_db()
    part = FaceTrack.objects.get(pk=done.json()["id"])
    likeness = [as_vectors([row.embedding])[0] @ who for row, who in ((track, ANA), (part, BEN))]
    assert min(likeness) > 0.9
    assert [(row.start_seconds, row.end_seconds, row.detection_count) for row in (track, part)] == [
        (0, 10, 2),
        (10, 20, 1),
    ]
    assert all(derived_storage().exists(name) for row in (track, part) for name in (row.crop.name, row.strip.name))
    assert part.crop.name != track.crop.name
    assert post(web, f"faces/tracks/{track.pk}/split/", {"at_seconds": 10}).status_code == 400


def test_lanes_are_people_groups_and_single_faces_with_who_they_may_be(web: Client, owner: User) -> None:
    video, ana = shown_video(), make_creator(name="Ana")
    named = make_track(vector=ANA, video=video, span=(0, 5))
    name_tracks(track_ids=[named.pk], creator=ana, user=owner)
    likely = make_track(vector=faces_of(ANA, 1, likeness=0.6)[0], video=video, span=(6, 8))
    make_track(vector=BEN, video=video, span=(9, 10), status=TrackStatus.REJECTED)
    match_tracks()

    lanes = web.get(f"/api/v1/videos/{video.pk}/faces/").json()["lanes"]
    rejected = post(web, f"faces/tracks/{likely.pk}/reject/", {"person": str(ana.public_id)})
    after = web.get(f"/api/v1/videos/{video.pk}/faces/").json()["lanes"]

    assert [(lane["kind"], lane["name"]) for lane in lanes] == [
        ("person", "Ana"), ("single", "Not named"), ("aside", "Set aside")
    ]  # fmt: skip
    assert lanes[1]["appearances"][0]["likely"]["name"] == "Ana"
    assert rejected.status_code == 200
    assert after[1]["appearances"][0]["likely"] is None


def test_making_somebody_new_needs_the_right_to(owner: User) -> None:
    user = make_user(role="")
    for name in ("library.view_video", "faces.view_facetrack", "faces.change_facetrack"):
        user.user_permissions.add(find_permission(name))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    track, ana = make_track(vector=ANA, video=shown_video()), make_creator(name="Ana")

    new = post(client, "faces/tracks/name/", {"ids": [track.pk], "name": "Nobody knows"})
    known = post(client, "faces/tracks/name/", {"ids": [track.pk], "name": "ana"})

    assert (new.status_code, known.status_code) == (403, 200)
    assert list(Creator.objects.all()) == [ana]


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("who", ["ana", ""])
def test_a_drawn_box_becomes_an_appearance_and_undo_takes_it_away(
    web: Client, owner: User, tmp_path: Path, who: str
) -> None:
    film = make_face_film(
        tmp_path / "film.mp4", seconds=3, cast=lambda seconds: [DrawnFace(who, 320, 180, 60)] if who else []
    )
    file = make_file(
        path=film, folder=make_folder(path=tmp_path), state="ready", duration_seconds=3.0, width=640, height=360
    )
    box = {"left": 0.4, "top": 0.3, "width": 0.2, "height": 0.4}
    wish = {"video": file.video_id, "time_seconds": 1.5, "name": "Ana", **box}

    asked = post(web, "faces/boxes/", wish)
    work_off()
    done = web.get(f"/api/v1/faces/boxes/{asked.json()['id']}/").json()

    assert asked.status_code == 202
    assert (done["state"], done["is_found"], done["percent"]) == (AskedState.DONE, bool(who), 100), done
    track = FaceTrack.objects.get(pk=done["track"])
    assert (track.status, str(track.creator)) == (TrackStatus.MANUAL, "Ana")
    assert (track.start_seconds, track.end_seconds) == (1.0, 2.0)
    detection = track.detections.get()
    assert detection.is_manual
    assert detection.left + detection.width / 2 == pytest.approx(0.5, abs=0.03)
    undo_batch(batch=ChangeBatch.objects.get(pk=done["batch"]), user=owner)
    assert not FaceTrack.objects.exists()
    assert not Credit.objects.exists()


@pytest.mark.usefixtures("models")
def test_a_box_that_can_not_be_described_says_why(web: Client) -> None:
    video = shown_video()
    wish = {"video": video.pk, "time_seconds": 1, "left": 0.4, "top": 0.3, "width": 0.2, "height": 0.4}

    slip = post(web, "faces/boxes/", wish | {"width": 0.001})
    late = post(web, "faces/boxes/", wish | {"time_seconds": 900})
    asked = post(web, "faces/boxes/", wish)
    work_off()

    assert [slip.status_code, late.status_code] == [400, 400], late.content
    row = DrawnBox.objects.get(pk=asked.json()["id"])
    assert row.state == AskedState.FAILED
    assert row.error


# ---- searches -------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("models")
def test_a_photo_finds_the_person_and_where_they_are(web: Client, owner: User) -> None:
    engine = engines.loaded_engine()
    picture = scene(5, faces=[DrawnFace("ana", 200, 180, 90)])
    [vector] = engine.embed([face.crop for face in engine.detect(np.asarray(picture))])
    ana, video = make_creator(name="Ana"), shown_video(title="A day at the sea")
    track = make_track(vector=vector, video=video, span=(130, 340))
    name_tracks(track_ids=[track.pk], creator=ana, user=owner)
    FaceModel.objects.update(name=engine.pack.name, version=engine.pack.version)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    stream.seek(0)
    stream.name = "who.png"

    sent = web.post("/faces/search/", {"picture": stream})
    work_off()
    page = web.get(sent["Location"]).content.decode()
    search = PhotoSearch.objects.get()
    other = Client()
    other.force_login(make_user(is_superuser=True))

    assert search.status == PhotoSearchStatus.DONE
    assert "A day at the sea" in page
    assert "2:10–5:40" in page
    assert "100 %" in page
    assert other.get(f"/api/v1/faces/searches/{search.public_id}/").status_code == 404
    assert other.get(f"/faces/searches/{search.public_id}/picture.webp").status_code == 404
    assert web.get(f"/faces/searches/{search.public_id}/picture.webp").getvalue()[:4] == b"RIFF"
    place = f"/faces/tracks/{track.pk}/similar/"
    make_track(vector=faces_of(vector, 1, likeness=0.2)[0], video=shown_video(), model=track.model)
    assert "Nobody looks like that elsewhere" in web.get(place).content.decode()
    make_track(vector=faces_of(vector, 1, likeness=0.4)[0], video=shown_video(), model=track.model)
    assert "40 % like it" in web.get(place).content.decode()


def test_without_models_the_pages_say_what_is_needed(web: Client, settings: Any, tmp_path: Path) -> None:
    settings.FACE_MODEL_DIR = tmp_path / "none"
    ana, video = make_creator(name="Ana"), shown_video()

    pages = [
        web.get(place).content.decode()
        for place in ("/faces/search/", f"/people/{ana.public_id}/faces/", f"/videos/{video.pk}/faces/")
    ]
    accuracy = web.get("/admin/faces/accuracy/").content.decode()

    assert all("/admin/faces/accuracy/" in page for page in pages)
    assert "No model is installed" in accuracy


# ---- accuracy -------------------------------------------------------------------------------------------------------
def test_lines_are_tried_before_they_are_drawn(web: Client, owner: User) -> None:
    ana = make_creator(name="Ana")
    make_reference(creator=ana, vector=ANA)
    for likeness in (0.95, 0.65, 0.55, 0.3):
        make_track(vector=faces_of(ANA, 1, likeness=likeness)[0])
    tried = web.get("/admin/faces/accuracy/", {"match": "0.6", "auto": "0.9"})
    for number in range(24):
        track = make_track(vector=faces_of(ANA, 1, likeness=0.9, seed=number)[0])
        name_tracks(track_ids=[track.pk], creator=ana, user=owner)

    page = web.get("/admin/faces/accuracy/", {"match": "0.6", "auto": "0.9"})
    wished = web.get("/admin/faces/accuracy/", {"wish": "90"}).content.decode()
    wrong = web.post("/admin/faces/accuracy/", {"match": "0.9", "auto": "0.6"}, follow=True).content.decode()
    unchanged = FaceSettings.load()
    web.post("/admin/faces/accuracy/", {"match": "0.6", "auto": "0.9"})

    trial = tried.context["trial"]
    assert [(one.named, one.proposed, one.left) for one in (trial.now, trial.then)] == [(1, 2, 1), (1, 1, 2)]
    text = page.content.decode()
    assert 'class="line right" d="M' in text
    assert 'class="line found" d="M' in text
    assert "matching was right in" in wished
    assert "Naming without asking needs" in wrong
    assert (unchanged.match_threshold, unchanged.auto_tag_threshold) == (0.5, 0.7)
    assert (FaceSettings.load().match_threshold, FaceSettings.load().auto_tag_threshold) == (0.6, 0.9)
