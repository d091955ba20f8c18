"""The platforms that every installation begins with."""

from importlib import import_module

import pytest
from django.apps import apps

from people.models import CreatorProfile, Platform
from tests.people.factories import make_creator

pytestmark = pytest.mark.django_db
migration = import_module("people.migrations.0002_after_content_platforms")


def test_common_platforms_are_there_with_their_addresses():
    names = set(Platform.objects.values_list("name", flat=True))

    assert {"Patreon", "OnlyFans", "Fansly", "ManyVids", "YouTube", "Vimeo", "Instagram"} <= names
    assert all(url.startswith("https://") for url in Platform.objects.values_list("base_url", flat=True))


def test_the_migration_can_be_undone_and_leaves_what_is_used():
    used = Platform.objects.get(name="Vimeo")
    CreatorProfile.objects.create(
        creator=make_creator(), platform=used, username="ada", profile_url="https://vimeo.com/ada"
    )

    migration.remove_platforms(apps, None)
    assert list(Platform.objects.all()) == [used]

    Platform.objects.create(name="youtube")
    migration.add_platforms(apps, None)
    assert Platform.objects.filter(name_key="youtube").count() == 1
    assert Platform.objects.count() == len(migration.PLATFORMS)
