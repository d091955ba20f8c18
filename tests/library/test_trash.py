"""Putting things into the trash and taking them out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from library.exceptions import LibraryError
from library.models import ChangeBatch, Tag, Video, VideoFile, VideoTag
from library.services.trash import days_left, restore, trash
from tests.library.factories import make_file, make_user, make_video

pytestmark = pytest.mark.django_db


def test_what_is_trashed_keeps_its_links_and_comes_back_with_them():
    video, tag = make_video(), Tag.objects.create(name="Beach")
    VideoTag.objects.create(video=video, tag=tag)

    trash(kind="video", ids=[video.pk])
    trash(kind="tag", ids=[tag.pk])
    assert (Video.objects.in_library().exists(), Tag.objects.in_use().exists()) == (False, False)

    restore(kind="video", ids=[video.pk])
    restore(kind="tag", ids=[tag.pk])
    assert (Video.objects.in_library().get(), Tag.objects.in_use().get()) == (video, tag)
    assert VideoTag.objects.filter(video=video, tag=tag).exists()


def test_one_change_says_how_many_and_who():
    user = make_user()
    videos = [make_video() for _ in range(3)]
    trash(kind="video", ids=[videos[0].pk])
    ChangeBatch.objects.all().delete()

    done = trash(kind="video", ids=[video.pk for video in videos], user=user)

    batch = ChangeBatch.objects.get()
    assert done.count == 2
    assert (batch.summary, batch.user, batch.change_count) == ("Put 2 videos into the trash", user, 2)


def test_a_copy_that_is_trashed_is_played_no_more():
    played = make_file()
    other = make_file(video=played.video, width=640)

    trash(kind="file", ids=[played.pk])

    assert VideoFile.objects.get(is_primary=True) == other
    assert Video.objects.get().width == 640


def test_the_only_file_of_a_video_is_not_trashed():
    file = make_file()

    with pytest.raises(LibraryError, match="put the video into the trash"):
        trash(kind="file", ids=[file.pk])

    assert VideoFile.objects.get().trashed_at is None


@pytest.mark.parametrize(("ago", "days", "left"), [(0, 7, 7), (6.5, 7, 1), (9, 7, 0), (9, 0, None)])
def test_the_days_left_are_whole_ones(ago, days, left):
    assert days_left(timezone.now() - timedelta(days=ago, seconds=5), days) == left
