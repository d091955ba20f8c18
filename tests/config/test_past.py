"""The drawn year of the demo library, as the pages of the statistics read it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.services.seed.past import add_past
from library.models import VideoTag
from playback.models import PlayCount, Watch
from stats.models import LibrarySnapshot
from stats.queries.entities import year_of
from stats.queries.forecast import forecasts
from stats.queries.summary import summary
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.people.factories import make_tag

pytestmark = pytest.mark.django_db


def test_a_year_of_figures_leads_to_todays_and_what_is_there_stays(tmp_path) -> None:
    user, now = make_user(), timezone.now()
    videos = [make_video(duration_seconds=10.0 * (number + 1)) for number in range(6)]
    make_file(video=videos[0], folder=make_folder(path=tmp_path), is_primary=True)
    PlayCount.objects.create(user=user, video=videos[0], play_count=1)
    VideoTag.objects.create(video=videos[0], tag=make_tag())
    then = now.date() - timedelta(days=100)
    LibrarySnapshot.objects.create(day=then, taken_at=now, total_count=99)

    add_past(user=user, videos=videos, now=now)

    told = summary(days=365 - 1, now=now)
    tags = next(one for one in told.coverage if one.field == "without_tags")
    assert LibrarySnapshot.objects.count() == 365
    assert LibrarySnapshot.objects.get(day=then).total_count == 99
    assert told.library.total_count == 6 > told.library_before.total_count
    assert tags.percent > (tags.before_percent or 0.0)
    assert all(disk.full_on and disk.full_on > now.date() for disk in forecasts(now=now))
    assert not Watch.objects.filter(watched_at__gt=now).exists()
    assert PlayCount.objects.get().play_count == 1 + Watch.objects.filter(video=videos[0]).count()
    assert (
        year_of(user, timezone.localdate().year).sittings + year_of(user, timezone.localdate().year - 1).sittings > 100
    )
