"""Creators and studios can be trashed. Called when Django starts."""

from library.services.purge import purge_rows
from library.services.trash import Trashable, register_trashable
from people.models import Creator, Studio

_LOGOS = ("logo", "favicon", "poster")


def register() -> None:
    """Makes both known to the trash."""
    creators = purge_rows(Creator, "person", "people", files=("pictures__image",))
    studios = purge_rows(Studio, "studio", "studios", files=_LOGOS)
    register_trashable(Trashable("creator", Creator, "person", "people", creators, order=40))
    register_trashable(Trashable("studio", Studio, "studio", "studios", studios, order=50))
