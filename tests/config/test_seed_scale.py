"""The synthetic library."""

import pytest
from django.core.management import CommandError, call_command

from config.services.seed.scale import LibraryInUseError, seed_scale
from library.models import ChangeBatch, User, Video, VideoFile, VideoTag
from library.services.changes import events_of
from people.models import Credit
from tests.library.factories import make_folder, make_user, make_video
from tests.people.factories import make_creator, make_tag


@pytest.fixture
def owner() -> User:
    return make_user(is_superuser=True)


def _quiet(text: str) -> None:
    pass


@pytest.mark.django_db
def test_every_video_has_one_file_and_most_have_tags_and_people(owner: User) -> None:
    made = seed_scale(videos=200, user=owner, say=_quiet)

    assert made.videos == Video.objects.count() == VideoFile.objects.filter(is_primary=True).count() == 200
    assert VideoTag.objects.values("video").distinct().count() > 150
    assert Credit.objects.values("video").distinct().count() > 150
    assert Video.objects.filter(missing_since=None).exclude(files__missing_since=None).count() == 0


@pytest.mark.django_db
def test_it_leaves_one_batch_and_no_events_and_history_goes_on_after_it(owner: User) -> None:
    seed_scale(videos=50, user=owner, say=_quiet)

    assert [batch.can_undo for batch in ChangeBatch.objects.all()] == [False]
    assert not events_of(Video).exists()
    video = Video.objects.first()
    video.title = "Another"
    video.save(update_fields=["title"])
    assert events_of(Video).filter(pgh_obj=video).exists()


@pytest.mark.django_db
def test_a_library_of_somebodys_is_left_alone(owner: User) -> None:
    make_folder()

    with pytest.raises(LibraryInUseError, match="folders already"):
        seed_scale(videos=50, user=owner, say=_quiet)
    with pytest.raises(CommandError, match="folders already"):
        call_command("seed_scale", "50")

    assert not Video.objects.exists()


@pytest.mark.django_db
def test_forced_it_adds_to_what_is_there(owner: User) -> None:
    video = make_video()
    make_folder()
    # The first ones that it makes.
    make_creator(name="Ana Abel")
    make_tag(name="Place")

    seed_scale(videos=50, user=owner, is_forced=True, say=_quiet)
    seed_scale(videos=50, user=owner, is_forced=True, say=_quiet)

    assert Video.objects.filter(pk=video.pk).exists()
    assert Video.objects.count() > 100


@pytest.mark.django_db
def test_a_number_below_one_is_refused(owner: User) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("seed_scale", "0")
