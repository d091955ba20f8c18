"""Tags and notes on many videos at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library.exceptions import TrashedError
from library.models import ChangeBatch, Video, VideoMetadata, VideoTag
from library.services.changes import change_batch, events_of
from library.services.tagging import edit_tags, set_metadata
from tests.library.factories import make_user, make_video
from tests.people.factories import make_tag, put

pytestmark = pytest.mark.django_db


def tags_of(video: Video) -> set[int]:
    return set(VideoTag.objects.filter(video=video).values_list("tag_id", flat=True))


def test_tags_are_added_and_removed_and_counted():
    one, two = make_video(), make_video()
    old, new = make_tag(name="Old"), make_tag(name="New")
    put(old, one)
    put(new, two)

    edited = edit_tags(video_ids=[one.pk, two.pk], add=[new.pk], remove=[old.pk], user=make_user(username="ada"))

    assert (tags_of(one), tags_of(two)) == ({new.pk}, {new.pk})
    assert (edited.videos, edited.added, edited.removed) == (1, 1, 1)
    assert edited.batch.summary == "Tags of 1 video: added New, removed Old"
    assert (edited.batch.user_name, edited.batch.change_count) == ("ada", 2)


def test_replacing_leaves_exactly_those():
    one, two = make_video(), make_video()
    a, b, c = make_tag(), make_tag(), make_tag()
    put(a, one, two)
    put(b, two)

    edit_tags(video_ids=[one.pk, two.pk], replace=[b.pk, c.pk], user=None)
    assert (tags_of(one), tags_of(two)) == ({b.pk, c.pk}, {b.pk, c.pk})

    edit_tags(video_ids=[one.pk], replace=[], user=None)
    assert tags_of(one) == set()


def test_what_a_rule_put_there_becomes_by_hand_when_a_person_adds_it_and_not_the_other_way():
    video, tag = make_video(), make_tag()
    edit_tags(video_ids=[video.pk], add=[tag.pk], user=None, source="rule")

    by_hand = edit_tags(video_ids=[video.pk], add=[tag.pk], user=None)
    again = edit_tags(video_ids=[video.pk], add=[tag.pk], user=None, source="face")

    assert (by_hand.videos, by_hand.added, again.videos, again.batch) == (1, 0, 0, None)
    assert VideoTag.objects.get().source == "manual"


def test_an_edit_that_changes_nothing_leaves_no_batch():
    video, tag = make_video(), make_tag()
    put(tag, video)

    edited = edit_tags(video_ids=[video.pk], add=[tag.pk], user=None)

    assert (edited.videos, edited.batch) == (0, None)
    assert not ChangeBatch.objects.exists()


def test_a_tag_in_the_trash_is_refused_and_videos_that_are_gone_are_passed_over():
    video, tag = make_video(), make_tag(name="Beach", trashed_at=timezone.now())

    with pytest.raises(TrashedError, match="Beach lies in the trash"):
        edit_tags(video_ids=[video.pk], add=[tag.pk], user=None)
    assert edit_tags(video_ids=[video.pk + 1000], add=[make_tag().pk], user=None).videos == 0


def test_within_a_batch_that_has_a_sentence_that_one_stays():
    with change_batch(summary="Imported everything") as batch:
        edit_tags(video_ids=[make_video().pk], add=[make_tag().pk], user=None)

    assert ChangeBatch.objects.get(pk=batch.pk).summary == "Imported everything"


def test_many_videos_take_as_many_statements_as_one():
    tags = [make_tag().pk for _ in range(3)]
    videos = Video.objects.bulk_create([Video(title=f"Video {number}") for number in range(200)])

    with CaptureQueriesContext(connection) as one:
        edit_tags(video_ids=[videos[0].pk], add=tags, user=None)
    with CaptureQueriesContext(connection) as many:
        edited = edit_tags(video_ids=[video.pk for video in videos[1:]], add=tags, user=None)

    assert len(many) == len(one)
    assert edited.added == 199 * 3
    assert events_of(VideoTag).filter(pgh_context_id=edited.batch.pk).count() == 199 * 3


def test_notes_are_written_changed_and_removed():
    one, two = make_video(), make_video()
    VideoMetadata.objects.create(video=one, key="camera", value="old")
    VideoMetadata.objects.create(video=one, key="place", value="Rome")

    edited = set_metadata(video_ids=[one.pk, two.pk], values={" camera ": "new", "place": " "}, user=None)

    notes = {(row.video_id, row.key, row.value) for row in VideoMetadata.objects.all()}
    assert notes == {(one.pk, "camera", "new"), (two.pk, "camera", "new")}
    assert (edited.videos, edited.added, edited.removed) == (2, 1, 1)
