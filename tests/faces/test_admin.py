"""The lists of faces in the admin: what they cost, and who may look."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from faces.models import DifferentPeople, FaceCluster, FaceDetection, FaceLook
from faces.services.matching import match_tracks
from faces.services.naming import name_tracks, reject_match
from library.models import User
from people.models import Creator
from tests.faces.factories import make_creator, make_model, make_reference, make_track
from tests.faces.vectors import faces_of, person
from tests.library.factories import make_file, make_user

pytestmark = pytest.mark.django_db

LISTS = [
    "faces_facetrack", "faces_facedetection", "faces_facereference", "faces_facecluster", "faces_differentpeople",
    "faces_facemodel", "faces_facelook", "library_suggestion", "library_rejection",
]  # fmt: skip
MOST_STATEMENTS = 20


def fill(count: int, owner: User) -> None:
    """Rows of every kind."""
    for number in range(count):
        seed = Creator.objects.count() + 10
        ana = make_creator(name=f"Person {seed}")
        make_reference(creator=ana, vector=person(seed))
        named = make_track(vector=person(seed + 100))
        name_tracks(track_ids=[named.pk], creator=ana, user=owner)
        cluster = FaceCluster.objects.create(model=make_model(), center=person(1).tolist(), video_count=number)
        maybe = make_track(vector=faces_of(person(seed), 1, likeness=0.6)[0], cluster=cluster)
        other = make_track(vector=faces_of(person(seed), 1, likeness=0.6, seed=3)[0])
        match_tracks()
        reject_match(track=other, creator=ana, user=owner)
        FaceDetection.objects.create(
            video=maybe.video, track=maybe, time_seconds=1, left=0.1, top=0.2, width=0.3, height=0.3, score=0.9,
            quality=0.8, model=make_model(), embedding=person(seed).tolist(),
        )  # fmt: skip
        second = FaceCluster.objects.create(model=make_model(), center=person(1).tolist())
        DifferentPeople.objects.create(first=cluster, second=second)
        FaceLook.objects.create(file=make_file(), state="waiting", reason="There is no model.")


def queries_of(page: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


def test_lists_ask_no_more_of_the_database_when_rows_are_added(client: Client) -> None:
    owner = make_user(role="admin")
    client.force_login(owner)
    addresses = [reverse(f"admin:{name}_changelist") for name in LISTS]
    empty = [client.get(address).content.decode() for address in addresses]
    assert all("Nothing here yet" in page for page in empty)
    fill(2, owner)
    before = [queries_of(client, address) for address in addresses]
    fill(2, owner)

    after = [queries_of(client, address) for address in addresses]

    assert after == before
    assert max(after) <= MOST_STATEMENTS


@pytest.mark.parametrize("name", LISTS)
def test_a_link_of_a_list_holds_no_other_and_says_where_it_goes(client: Client, name: str) -> None:
    owner = make_user(role="admin")
    client.force_login(owner)
    fill(1, owner)

    page = client.get(reverse(f"admin:{name}_changelist")).content.decode()

    cells = re.findall(r'<t[hd] class="field-.*?</t[hd]>', page, re.DOTALL)
    links = re.findall(r"<a [^>]*>(.*?)</a>", "".join(cells), re.DOTALL)
    assert links
    assert [link for link in links if "<a " in link] == []
    assert [link for link in links if not re.search(r'alt="[^"]|>[^<\s]|^[^<\s]', link)] == []


def test_the_settings_say_what_is_missing_and_how_to_wipe(client: Client, settings: Any, tmp_path: object) -> None:
    settings.FACE_MODEL_DIR = tmp_path
    client.force_login(make_user(role="admin"))

    page = client.get(reverse("admin:faces_facesettings_changelist"), follow=True).content.decode()

    assert "There is no model yet" in page
    assert reverse("admin:faces_wipe") in page


def test_moderators_see_faces_and_change_no_settings(client: Client) -> None:
    client.force_login(make_user(role="moderator"))

    seen = {
        name: client.get(reverse(f"admin:{name}_changelist"), follow=True).status_code
        for name in ("faces_facetrack", "faces_facecluster", "faces_facereference", "faces_facesettings")
    }

    assert seen == {
        "faces_facetrack": 200,
        "faces_facecluster": 200,
        "faces_facereference": 200,
        "faces_facesettings": 403,
    }
