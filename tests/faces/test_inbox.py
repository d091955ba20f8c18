"""The inbox, unknown people and pairs: what is asked, in which order, at what cost, and what answers do."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from faces.models import DifferentPeople, FaceCluster, FaceDetection, FaceSettings, FaceTrack
from faces.queries.clusters import list_clusters
from faces.queries.inbox import list_questions
from faces.queries.pairs import WINDOW, list_pairs
from faces.services import answering
from faces.services.answering import answer_suggestions, reject_cluster
from faces.services.clustering import cluster_faces
from faces.services.matching import match_tracks
from library.models import Rejection, Suggestion, User, Video
from library.roles import MODERATOR
from library.services.history import undo_batch
from people.models import Creator, Credit
from processing.models import Storyboard
from tests.faces.factories import make_model, make_reference, make_track
from tests.faces.rows import everything
from tests.faces.vectors import between, faces_of, person
from tests.library.factories import make_file, make_user
from tests.people.factories import make_creator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_connection")]

ANA, BEN, CAN = person(1), person(2), person(3)


@pytest.fixture
def owner() -> User:
    return make_user(is_superuser=True, is_staff=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def make_known(name: str, who: np.ndarray) -> Creator:
    creator = make_creator(name=name)
    make_reference(creator=creator, vector=who, is_primary=True)
    return creator


def make_seen(vector: np.ndarray, *, at: float = 7.0, **columns: Any) -> FaceTrack:
    """An appearance in a video with a storyboard, and the moment where it is best seen."""
    file = make_file(duration_seconds=40.0)
    Storyboard.objects.create(
        file=file, input_key="k", sprite="s.webp", vtt="s.vtt", tile_width=160, tile_height=90, tile_count=20,
        columns=5, rows=4, interval_seconds=2,
    )  # fmt: skip
    track = make_track(vector=vector, video=file.video, span=(4.0, 10.0), **columns)
    for seconds, quality in ((5.0, 0.5), (at, 0.9)):
        FaceDetection.objects.create(
            video=file.video, track=track, time_seconds=seconds, left=0.25, top=0.2, width=0.1, height=0.2, score=0.9,
            quality=quality, model=track.model, embedding=track.embedding,
        )  # fmt: skip
    return track


def make_likely(who: np.ndarray, count: int, *, seed: int = 0) -> list[FaceTrack]:
    """Faces that may be theirs and are not sure, the likest first."""
    likeness = np.linspace(0.66, 0.55, count)
    return [make_seen(faces_of(who, 1, likeness=float(one), seed=seed + i)[0]) for i, one in enumerate(likeness)]


def questions(**options: Any) -> list[tuple[str, int]]:
    return [(one.person.row.name, one.face.track_id) for one in list_questions(**options).asked]


# ---- the inbox ------------------------------------------------------------------------------------------------------
def test_the_inbox_goes_person_by_person_with_the_moment_of_each_face() -> None:
    make_known("Ana", ANA)
    make_known("Ben", BEN)
    of_ana, of_ben = make_likely(ANA, 2), make_likely(BEN, 3, seed=9)
    match_tracks()

    found = list_questions(limit=4)
    rest = list_questions(limit=4, after=found.next_cursor or "")

    order = [one.face.track_id for one in (*found.asked, *rest.asked)]
    assert order == [track.pk for track in (*of_ben, *of_ana)]
    assert rest.next_cursor is None
    assert found.total.number == 5
    first = found.asked[0]
    assert (first.band.words, first.face.seconds, first.face.box) == ("Very likely", 7.0, (0.25, 0.2, 0.1, 0.2))
    assert first.face.frame is not None
    assert (first.face.frame.index, first.face.frame.columns) == (3, 5)


@pytest.mark.parametrize(("sort", "places"), [("sure", [0, 1, 2]), ("unsure", [2, 1, 0]), ("new", [2, 1, 0])])
def test_other_orders_and_filters_go_on_from_page_to_page(sort: str, places: list[int]) -> None:
    ana = make_known("Ana", ANA)
    tracks = make_likely(ANA, 3)
    match_tracks()
    seen, after = [], ""

    for _ in tracks:
        found = list_questions(sort=sort, limit=1, after=after)
        seen += [one.face.track_id for one in found.asked]
        after = found.next_cursor or ""

    assert seen == [tracks[place].pk for place in places]
    assert after == ""
    assert [track for _, track in questions(sort=sort, least=0.65, creator=ana)] == [tracks[0].pk]


def test_what_lies_in_the_trash_is_not_asked_about() -> None:
    ana = make_known("Ana", ANA)
    make_known("Ben", BEN)
    gone, stays = make_likely(BEN, 2)
    make_likely(ANA, 1, seed=9)
    match_tracks()

    Video.objects.filter(pk=gone.video_id).update(trashed_at="2026-01-01T00:00Z")
    Creator.objects.filter(pk=ana.pk).update(trashed_at="2026-01-01T00:00Z")

    for sort in ("person", "sure"):
        assert questions(sort=sort) == [("Ben", stays.pk)]


def test_yes_to_a_row_names_and_credits_and_the_undo_puts_everything_back(owner: User) -> None:
    make_known("Ana", ANA)
    tracks = make_likely(ANA, 3)
    match_tracks()
    before = everything()
    ids = list(Suggestion.objects.values_list("pk", flat=True))

    done = answer_suggestions(suggestion_ids=ids, answer="yes", user=owner)

    assert (done.count, done.gone) == (3, [])
    assert {track.video_id for track in tracks} == set(Credit.objects.values_list("video_id", flat=True))
    assert questions() == []
    assert done.batch is not None
    undo_batch(batch=done.batch, user=owner)
    assert everything() == before


def test_no_is_remembered_through_every_matching_and_taken_back_exactly(owner: User) -> None:
    make_known("Ana", ANA)
    make_likely(ANA, 2)
    match_tracks()
    before = everything()
    ids = list(Suggestion.objects.values_list("pk", flat=True))

    done = answer_suggestions(suggestion_ids=ids, answer="no", user=owner)

    match_tracks()
    assert questions() == []
    assert Rejection.objects.count() == 2
    assert done.batch is not None
    assert done.batch.summary == "Said that 2 faces are not Ana"
    undo_batch(batch=done.batch, user=owner)
    match_tracks()
    assert everything() == before


def test_whoever_answers_second_changes_nothing_and_is_told(owner: User) -> None:
    make_known("Ana", ANA)
    ben = make_known("Ben", BEN)
    make_likely(ANA, 2)
    match_tracks()
    first, second = Suggestion.objects.order_by("pk").values_list("pk", flat=True)
    answer_suggestions(suggestion_ids=[first], answer="yes", user=owner)
    before = everything()

    late = answer_suggestions(suggestion_ids=[first], answer="yes", creator=ben, user=owner)
    both = answer_suggestions(suggestion_ids=[first, second], answer="no", user=owner)

    assert (late.count, late.gone, late.batch) == (0, [first], None)
    assert (both.count, both.gone) == (1, [first])
    assert everything()[0] == before[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_of_two_who_answer_at_once_one_changes_nothing(monkeypatch: pytest.MonkeyPatch, is_locked: bool) -> None:
    """The control without the locks lets both answer."""
    make_known("Ana", ANA)
    track = make_track(vector=faces_of(ANA, 1, likeness=0.6)[0])
    match_tracks()
    question = Suggestion.objects.get().pk
    both_looked = threading.Barrier(2)

    def look_and_wait(*args: Any) -> Any:
        found = hold_open(*args)
        # Broken where the other one waits for the lock that this one holds.
        with suppress(threading.BrokenBarrierError):
            both_looked.wait(timeout=1)
        return found

    def say(answer: Any) -> int:
        try:
            return answer_suggestions(suggestion_ids=[question], answer=answer, user=None).count
        finally:
            connection.close()

    hold_open = answering._hold_open
    monkeypatch.setattr(answering, "_hold_open", look_and_wait)
    if not is_locked:
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows.all())
    with ThreadPoolExecutor(2) as threads:
        counts = sorted(threads.map(say, ("no", "no")))

    assert counts == ([0, 1] if is_locked else [1, 1])
    assert Rejection.objects.get().subject == f"track:{track.pk}"


# ---- unknown people and pairs ---------------------------------------------------------------------------------------
def make_groups(*sizes: tuple[np.ndarray, int]) -> list[FaceCluster]:
    """Unknown people, of whom so many faces were seen, each in a video of its own."""
    groups = []
    for seed, (who, size) in enumerate(sizes):
        tracks = [make_seen(face) for face in faces_of(who, size, seed=seed)]
        cluster_faces()
        found = FaceTrack.objects.get(pk=tracks[0].pk).cluster
        assert found is not None
        groups.append(found)
    return groups


def test_unknown_people_come_by_reach_with_their_best_faces_of_different_videos() -> None:
    few, many = make_groups((ANA, 2), (BEN, 8))

    found = list_clusters(limit=1)
    rest = list_clusters(limit=1, after=found.next_cursor or "")

    assert [one.row for one in (*found.clusters, *rest.clusters)] == [many, few]
    assert rest.next_cursor is None
    assert len({face.video_id for face in found.clusters[0].faces}) == 6


def test_pairs_ask_about_the_likest_and_never_again_what_was_answered(owner: User) -> None:
    FaceSettings.objects.create(auto_tag_threshold=0.9)
    near = between(ANA, CAN, 0.55)
    ana, other = make_groups((ANA, 4), (near, 2))
    ben, _ = make_groups((BEN, 3), (person(4), 2))
    known = make_known("Ben", between(BEN, person(5), 0.4))

    pairs = {(pair.cluster.row.pk, pair.other.row.pk if pair.other else pair.person) for pair in list_pairs().pairs}

    assert (ana.pk, other.pk) in pairs
    assert [pair.person.row for pair in list_pairs().pairs if pair.person and pair.cluster.row == ben] == [known]
    DifferentPeople.objects.create(first_id=min(ana.pk, other.pk), second_id=max(ana.pk, other.pk))
    batch = reject_cluster(cluster=ben, creator=known, user=owner)
    assert list_pairs().pairs == []
    match_tracks()
    assert not Suggestion.objects.open().filter(object_id=known.pk).exists()
    assert batch is not None
    undo_batch(batch=batch, user=owner)
    assert [pair.cluster.row for pair in list_pairs().pairs] == [ben]


def test_every_pair_comes_once_on_some_page_however_far_apart_its_two_are() -> None:
    people = [person(100 + number) for number in range(2 * WINDOW + 8)]
    for far, near in ((WINDOW + 3, 1), (2 * WINDOW + 5, 2), (2 * WINDOW + 7, 2 * WINDOW + 6)):
        people[far] = between(people[near], people[far], 0.4)
    ids = []
    for number, who in enumerate(people):
        # The same reach for some: then the number decides.
        cluster = FaceCluster.objects.create(
            model=make_model(), center=who.tolist(), video_count=100 - number // 3, track_count=1
        )
        make_track(vector=who, cluster=cluster)
        ids.append(cluster.pk)

    found, after, pages = [], "", 0
    while pages == 0 or after:
        listed = list_pairs(after=after, limit=1)
        found += [(ids.index(pair.cluster.row.pk), ids.index(pair.other.row.pk)) for pair in listed.pairs if pair.other]
        after, pages = listed.next_cursor or "", pages + 1

    assert found == [(1, WINDOW + 3), (2, 2 * WINDOW + 5), (2 * WINDOW + 6, 2 * WINDOW + 7)]
    assert pages > 1


# ---- pages and their cost -------------------------------------------------------------------------------------------
def fill(start: int) -> None:
    for number in range(start, start + 3):
        make_known(f"Known {number}", person(100 + number))
        make_likely(person(100 + number), 2, seed=number)
        for face in faces_of(person(200 + number), 3, seed=number):
            make_seen(face)
    cluster_faces()
    match_tracks()


def test_pages_and_lists_cost_the_same_with_many_rows_as_with_few(page: Client) -> None:
    fill(0)
    cluster = FaceCluster.objects.order_by("pk").first()
    assert cluster is not None
    addresses = [reverse(f"faces_{name}") for name in ("inbox", "clusters", "pairs")]
    addresses += [reverse(f"api_face_{name}") for name in ("suggestions", "suggestion_people", "clusters", "pairs")]
    nobody = make_creator(name="Nobody")
    addresses += [f"{reverse('faces_inbox')}?person={nobody.public_id}", f"{reverse('faces_inbox')}?person=x"]
    addresses += [f"{reverse('api_face_suggestions')}?sort=sure", reverse("faces_cluster", args=(cluster.pk,))]
    addresses += [reverse(f"api_face_cluster{name}", args=(cluster.pk,)) for name in ("", "_faces")]

    def costs() -> dict[str, int]:
        counted = {}
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                assert page.get(address).status_code == 200, address
            counted[address] = len(asked)
        return counted

    costs()
    few = costs()
    fill(10)
    many = costs()

    assert {address: (few[address], many[address]) for address in few if many[address] > few[address]} == {}
    assert max(many.values()) <= 20, many


def test_an_empty_page_says_what_comes_first(page: Client) -> None:
    assert "No face models yet" in page.get(reverse("faces_inbox")).content.decode()

    track = make_track(vector=ANA)

    assert "Nobody is known yet" in page.get(reverse("faces_inbox")).content.decode()
    assert "Not grouped yet" in page.get(reverse("faces_clusters")).content.decode()
    cluster_faces()
    assert "Nobody is unknown" in page.get(reverse("faces_clusters")).content.decode()
    assert page.get(reverse("faces_cluster", args=(track.pk,)))["Location"].endswith("?gone=1")


def test_the_api_names_by_a_new_name_merges_splits_and_answers(page: Client) -> None:
    one, two = make_groups((ANA, 4), (BEN, 3))
    place = reverse("api_face_clusters")

    def post(address: str, **body: Any) -> Any:
        return page.post(address, body, "application/json").json()

    merged = post(f"{place}merge/", ids=[one.pk, two.pk])
    kept = merged["cluster"]
    faces = page.get(f"{place}{kept}/faces/").json()["results"]
    parted = post(f"{place}{kept}/split/", tracks=[faces[0]["face"]["track"]])
    hidden = post(f"{place}hide/", ids=[parted["cluster"]], hidden=True)
    named = post(f"{place}{kept}/name/", name="Zoë")
    again = page.post(f"{place}{kept}/name/", {"name": "Zoë"}, "application/json")

    assert len(faces) == 7
    assert [row["id"] for row in page.get(f"{place}?hidden=true").json()["results"]] == [parted["cluster"]]
    assert hidden["count"] == 1
    assert (named["count"], Creator.objects.get().name) == (6, "Zoë")
    assert again.status_code in (200, 404)
    for done in (named, hidden, parted, merged):
        assert post(f"/api/v1/changes/{done['batch']}/undo/")["conflicts"] == []
    assert {row["id"] for row in page.get(place).json()["results"]} == {one.pk, two.pk}
    assert not Creator.objects.exists()


def test_who_may_not_make_people_chooses_one_who_is_there(client: Client) -> None:
    client.force_login(make_user(role=MODERATOR))
    [group] = make_groups((ANA, 2))
    address = reverse("api_face_cluster_name", args=(group.pk,))

    refused = client.post(address, {"name": "Ana"}, "application/json")
    make_creator(name="Ana")
    named = client.post(address, {"name": "ana"}, "application/json")

    assert (refused.status_code, named.status_code) == (403, 200)
    assert "Choose one who is there" in refused.json()["detail"]
    undone = client.post(f"/api/v1/changes/{named.json()['batch']}/undo/", {}, "application/json")
    assert undone.status_code == 200
