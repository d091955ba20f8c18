"""Nothing that points to a video, a person, a studio or a tag is forgotten by a merge."""

from collections.abc import Iterator

import pghistory.models
import pytest
from django.apps import apps
from django.db import models

from library.models import Tag, Video
from library.services.merging import kinds, taken_links
from people.models import Creator, Studio

# Foreign keys whose rows go with what they point to, and why that loses nothing.
GOES_WITH = {
    ("library.VideoText", "video"): "Triggers write the keeper's text anew from what it has now.",
    ("library.TriageLease", "video"): "Who has the video before them goes on with another one.",
}


def links_to(target: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Every foreign key to the model, those of its history left out: history keeps what was."""
    for model in apps.get_models():
        if issubclass(model, pghistory.models.Event):
            continue
        for field in model._meta.get_fields():
            is_link = isinstance(field, models.ForeignKey | models.ManyToManyField)
            if is_link and field.related_model is target and field.model is model:
                yield model, field.name


def test_videos_people_studios_and_tags_can_be_merged():
    assert kinds() == {"video": Video, "creator": Creator, "studio": Studio, "tag": Tag}


@pytest.mark.parametrize("kind", ["video", "creator", "studio", "tag"])
def test_every_foreign_key_follows_a_merge_or_is_known_to_go(kind):
    links = set(links_to(kinds()[kind]))

    forgotten = {
        f"{model._meta.label}.{name}"
        for model, name in links - taken_links(kind)
        if (model._meta.label, name) not in GOES_WITH
    }

    assert forgotten == set(), "register them with library.services.merging.register_merge"


@pytest.mark.parametrize("kind", ["video", "creator", "studio", "tag"])
def test_nothing_is_registered_that_is_no_foreign_key(kind):
    assert taken_links(kind) <= set(links_to(kinds()[kind]))
