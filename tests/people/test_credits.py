"""People and studios on many videos at once."""

import pytest

from people.models import Credit, VideoStudio
from people.services.credits import edit_credits, edit_studios
from tests.library.factories import make_video
from tests.people.factories import assign, credit, make_creator, make_studio

pytestmark = pytest.mark.django_db


def studios_of(video) -> dict[int, bool]:
    return dict(VideoStudio.objects.filter(video=video).values_list("studio_id", "is_primary"))


def test_a_face_credits_with_its_confidence_and_a_person_makes_it_sure():
    video, ada = make_video(), make_creator()

    edit_credits(video_ids=[video.pk], add=[ada.pk], user=None, source="face", confidence=0.8)
    assert list(Credit.objects.values_list("source", "confidence", "role")) == [("face", 0.8, "")]

    edit_credits(video_ids=[video.pk], add=[ada.pk], user=None)
    assert list(Credit.objects.values_list("source", "confidence")) == [("manual", None)]


def test_people_are_replaced_and_removed():
    one, two = make_video(), make_video()
    ada, bo = make_creator(), make_creator()
    credit(ada, one, two)

    replaced = edit_credits(video_ids=[one.pk, two.pk], replace=[bo.pk], user=None)
    removed = edit_credits(video_ids=[one.pk], remove=[bo.pk], user=None)

    assert (replaced.videos, replaced.added, replaced.removed) == (2, 2, 2)
    assert (removed.videos, removed.removed) == (1, 1)
    assert list(Credit.objects.values_list("video_id", "creator_id")) == [(two.pk, bo.pk)]


def test_the_first_studio_of_a_video_is_its_primary_one_and_stays_it():
    video, first, second = make_video(), make_studio(), make_studio()

    edit_studios(video_ids=[video.pk], add=[first.pk], user=None)
    edit_studios(video_ids=[video.pk], add=[second.pk], user=None)

    assert studios_of(video) == {first.pk: True, second.pk: False}


def test_a_given_primary_studio_is_added_and_takes_the_place():
    one, two = make_video(), make_video()
    old, new = make_studio(), make_studio()
    assign(old, one)

    edited = edit_studios(video_ids=[one.pk, two.pk], primary=new.pk, user=None)

    assert studios_of(one) == {old.pk: False, new.pk: True}
    assert studios_of(two) == {new.pk: True}
    assert (edited.videos, edited.added) == (2, 2)


def test_when_the_primary_studio_goes_another_takes_its_place():
    video, first, second = make_video(), make_studio(), make_studio()
    assign(first, video)
    assign(second, video, is_primary=False)

    edit_studios(video_ids=[video.pk], remove=[first.pk], user=None)

    assert studios_of(video) == {second.pk: True}
