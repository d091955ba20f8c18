"""What goes with a person, a studio or a tag, and what only loses its reference."""

from decimal import Decimal

import pytest
from django.db import models
from django.utils import timezone

from library.models import Tag, TagAlias, Video, VideoTag
from people.models import (
    CreatorAlias,
    CreatorPicture,
    CreatorProfile,
    CreatorStudio,
    Credit,
    ExternalId,
    Platform,
    SocialLink,
    Studio,
    StudioAlias,
    VideoStudio,
)
from playback.models import Favorite, Marker, MarkerTag, Rating
from tests.library.factories import make_user, make_video
from tests.people.factories import assign, credit, make_creator, make_picture, make_studio, make_tag, put

pytestmark = pytest.mark.django_db


def left(*tables: type[models.Model]) -> dict[str, int]:
    """How many rows each of the tables still has; those without any are left out."""
    counts = {table.__name__: table._default_manager.count() for table in tables}
    return {name: count for name, count in counts.items() if count}


def opinions(**target: object) -> None:
    user, now = make_user(), timezone.now()
    Rating.objects.create(user=user, stars=Decimal("3.0"), rated_at=now, **target)
    Favorite.objects.create(user=user, added_at=now, **target)


def test_with_a_person_everything_that_says_something_about_them_goes():
    ada, studio, video = make_creator(), make_studio(), make_video()
    CreatorAlias.objects.create(creator=ada, name="A.")
    make_picture(creator=ada)
    site = Platform.objects.create(name="Somewhere")
    CreatorProfile.objects.create(creator=ada, platform=site, username="a", profile_url="https://example.org/")
    CreatorStudio.objects.create(creator=ada, studio=studio)
    SocialLink.objects.create(creator=ada, url="https://example.org/")
    ExternalId.objects.create(creator=ada, source="stash", external_id="1")
    credit(ada, video)
    opinions(creator=ada)

    ada.delete()

    gone = (CreatorAlias, CreatorPicture, CreatorProfile, CreatorStudio, SocialLink, ExternalId, Credit)
    assert left(*gone, Rating, Favorite) == {}
    assert left(Video, Studio) == {"Video": 1, "Studio": 1}


def test_with_a_studio_its_links_go_and_its_parts_stay_without_it():
    studio, video = make_studio(), make_video()
    part, member = make_studio(parent=studio), make_studio(network=studio)
    StudioAlias.objects.create(studio=studio, name="S.")
    SocialLink.objects.create(studio=studio, url="https://example.org/")
    assign(studio, video)
    opinions(studio=studio)

    studio.delete()

    assert left(StudioAlias, SocialLink, VideoStudio, Rating, Favorite) == {}
    part.refresh_from_db()
    member.refresh_from_db()
    assert (part.parent, member.network) == (None, None)


def test_with_a_tag_its_links_go_and_the_tags_below_it_become_roots():
    tag, video = make_tag(), make_video()
    child = make_tag(parent=tag)
    TagAlias.objects.create(tag=tag, name="T.")
    put(tag, video)
    marker = Marker.objects.create(user=make_user(), video=video, start_seconds=1)
    MarkerTag.objects.create(marker=marker, tag=tag)

    tag.delete()

    assert left(TagAlias, VideoTag, MarkerTag) == {}
    assert left(Tag, Video, Marker) == {"Tag": 1, "Video": 1, "Marker": 1}
    child.refresh_from_db()
    assert child.parent is None
