"""Creators and studios in the trash."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from library.services.purge import purge
from library.services.trash import restore, trash, trashables
from people.models import Creator, CreatorPicture, Studio

pytestmark = pytest.mark.django_db(transaction=True)


def test_both_are_known_to_the_trash():
    assert [kind.kind for kind in trashables()] == ["video", "file", "tag", "creator", "studio"]


def test_a_creator_comes_back_with_its_pictures_and_goes_with_them():
    creator = Creator.objects.create(name="Ann")
    name = default_storage.save("creators/ann.webp", ContentFile(b"x"))
    CreatorPicture.objects.create(creator=creator, image=name)

    trash(kind="creator", ids=[creator.pk])
    restore(kind="creator", ids=[creator.pk])
    assert Creator.objects.get(trashed_at=None).pictures.get().image.name == name

    trash(kind="creator", ids=[creator.pk])
    assert purge(kind="creator", ids=[creator.pk]) == 1
    assert not Creator.objects.exists()
    assert not default_storage.exists(name)


def test_a_purged_studio_leaves_its_children_without_a_parent():
    parent = Studio.objects.create(name="Parent", logo=default_storage.save("studios/p.webp", ContentFile(b"x")))
    child = Studio.objects.create(name="Child", parent=parent)
    trash(kind="studio", ids=[parent.pk])

    purge(kind="studio", ids=[parent.pk])

    child.refresh_from_db()
    assert child.parent is None
    assert not default_storage.exists(parent.logo.name)
