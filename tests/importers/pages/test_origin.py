"""Where a video came from, on its page in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from importers.models import ImportedRow, ImportRun
from library.models import User
from tests.importers.pages.pretend import Pretend
from tests.library.factories import make_user, make_video

pytestmark = pytest.mark.django_db


def test_an_imported_video_says_what_it_was_there(owner: User, client: Client, pretend: Pretend) -> None:
    video, other = make_video(), make_video()
    run = ImportRun.objects.create(system="pretend", identity="one", label="x", location="/old")
    ImportedRow.objects.create(
        system="pretend", identity="one", table="films", key="17", run=run, kind="library.video", object_id=video.pk,
        outcome="created",
    )  # fmt: skip

    page = client.get(reverse("admin:library_video_change", args=(video.pk,))).content.decode()
    without = client.get(reverse("admin:library_video_change", args=(other.pk,))).content.decode()
    client.force_login(make_user(role="moderator", is_staff=True))
    moderators = client.get(reverse("admin:library_video_change", args=(video.pk,))).content.decode()

    assert "Came from Pretend" in page
    assert f"/importrun/{run.pk}/rows/?table=films&amp;q=17" in page
    assert 'id="origins"' not in without
    assert "films 17" in moderators
    assert "importrun" not in moderators
