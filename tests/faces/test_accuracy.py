"""How often matching is right, from people's own answers."""

from typing import Any

import numpy as np
import pytest
from django.test import Client

from faces.ml.accuracy import KnownFaces, compare_elsewhere, threshold_for_precision
from faces.models import FaceReference, FaceSettings
from faces.models.track import TrackStatus
from faces.services.accuracy import LEAST_ANSWERS, precision_curve, threshold_for
from faces.services.naming import reject_match
from library.models import User
from processing.models import Job
from tests.faces.factories import make_creator, make_reference, make_track
from tests.faces.vectors import faces_of, person
from tests.library.factories import make_user, make_video

ANA, BEN = person(1), person(2)


def test_a_threshold_keeps_the_wished_precision() -> None:
    scores = np.linspace(0.9, 0.4, 200)

    threshold = threshold_for_precision(scores, scores > 0.6, wished=0.95)

    assert threshold is not None
    assert 0.55 < threshold < 0.62


def test_a_few_answers_prove_nothing_and_equal_ones_count_together() -> None:
    assert threshold_for_precision(np.full(10, 0.9), np.ones(10, bool), wished=0.9) is None
    assert threshold_for_precision(np.full(30, 0.9), np.zeros(30, bool), wished=0.9) is None
    half_right = np.arange(60) < 30
    assert threshold_for_precision(np.full(60, 0.9), half_right, wished=0.8) is None


def test_what_a_face_taught_itself_does_not_count() -> None:
    known = KnownFaces(np.stack([ANA, BEN]), np.array([7, 9]), np.array([1, 0]))

    compared = compare_elsewhere(np.stack([ANA, ANA]), [7, 7], [1, 2], known)

    assert list(compared.best_owners) == [9, 7]
    assert compared.own[0] < -1
    assert compared.own[1] == pytest.approx(1, abs=1e-5)


@pytest.mark.django_db
def test_the_curve_is_that_of_faces_named_and_names_rejected(django_assert_max_num_queries: object) -> None:
    ana, ben, user = make_creator(name="Ana"), make_creator(name="Ben"), make_user(role="admin")
    make_reference(creator=ana, vector=ANA)
    make_reference(creator=ben, vector=BEN)
    for creator, vector in ((ana, ANA), (ben, BEN)):
        for number, likeness in enumerate(np.linspace(0.55, 0.9, 15)):
            [face] = faces_of(vector, 1, likeness=float(likeness), seed=number + 10 * creator.pk)
            track = make_track(vector=face, status=TrackStatus.MANUAL, creator=creator)
            # Its own reference is no proof.
            make_reference(creator=creator, vector=face, video=track.video)
    for number in range(10):
        [face] = faces_of(ANA, 1, likeness=0.5, seed=900 + number)
        reject_match(track=make_track(vector=face), creator=ana, user=user)

    with django_assert_max_num_queries(6):
        curve = precision_curve()
    wished = threshold_for(0.85)
    hers = precision_curve(creator=ana)

    at = {round(point.threshold, 2): point for point in curve.points}
    assert (curve.named, curve.rejected, curve.is_enough) == (30, 10, True)
    assert at[0.4].answers == 40
    assert at[0.4].precision == pytest.approx(0.75)
    assert (at[0.4].recall, at[0.8].precision) == (1, 1)
    assert at[0.8].recall < 0.6
    assert wished.threshold is not None
    assert 0.45 < wished.threshold < 0.65
    assert "was right in" in wished.sentence
    assert (hers.named, hers.rejected) == (15, 10)


@pytest.mark.django_db
def test_too_few_answers_are_said_so() -> None:
    make_track(vector=ANA, status=TrackStatus.MANUAL, creator=make_creator(name="Ana"), video=make_video())

    wished = threshold_for(0.99)

    assert wished.threshold is None
    assert f"0 can be compared so far, {LEAST_ANSWERS} are needed" in wished.sentence
    assert not precision_curve().is_enough
    assert precision_curve().points == ()


def change(client: Client, **values: float) -> Any:
    """Settings, by the version that was read."""
    version = client.get("/api/v1/settings/faces/").json()["version"]
    address = "/api/v1/settings/faces/"
    return client.patch(address, values, content_type="application/json", headers={"if-match": version})


# ---- API ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_api_tells_how_often_it_is_right_and_sets_the_lines(client: Client) -> None:
    client.force_login(User.objects.create_superuser("owner"))

    told = client.get("/api/v1/faces/accuracy/?wish=0.9&match=0.4&auto=0.8").json()
    wrong = client.get("/api/v1/faces/accuracy/?match=0.9&auto=0.5")
    saved = change(client, auto_tag_threshold=0.9)
    refused = change(client, match_threshold=0.95)

    assert told["wished"]["threshold"] is None
    assert "Too few answers" in told["wished"]["sentence"]
    assert told["trial"]["now"] == {"waiting": 0, "tried": 0, "named": 0, "proposed": 0}
    assert wrong.status_code == 400
    assert saved.json()["auto_tag_threshold"] == 0.9
    assert refused.status_code == 400
    assert FaceSettings.load().auto_tag_threshold == 0.9
    # Other lines: what waits is compared anew.
    assert Job.objects.filter(stage="faces-match").exists()


@pytest.mark.django_db
def test_the_api_wipes_what_it_was_told_and_nothing_else(client: Client) -> None:
    client.force_login(User.objects.create_superuser("owner"))
    ana, ben = make_creator(name="Ana"), make_creator(name="Ben")
    for number, creator in enumerate((ana, ben)):
        make_reference(creator=creator, vector=person(number))
    address = "/api/v1/faces/wipe/"

    trial = client.post(address, {"person": str(ana.public_id), "is_trial": True}, content_type="application/json")
    both = client.post(address, {"person": str(ana.public_id), "everything": True}, content_type="application/json")
    left = FaceReference.objects.count()
    wiped = client.post(address, {"person": str(ana.public_id)}, content_type="application/json")

    assert (trial.json()["wiped"]["references"], both.status_code, left) == (1, 400, 2)
    assert wiped.json()["wiped"]["references"] == 1
    assert FaceReference.objects.get().creator == ben
