"""The person that somebody means, by their public id or by a name; a new name makes a new person."""

from uuid import UUID

from faces.exceptions import NamingError
from library.models import User
from library.models.names import clean_name
from people.models import Creator
from people.services.creators import find_creator, find_or_create_creator


def person_meant(*, public_id: UUID | None = None, name: str = "", user: User | None = None) -> Creator:
    """Raises NamingError where nobody is meant or they are gone, AmbiguousNameError for a name of several. Making
    somebody joins the open change batch, so that one undo takes back both."""
    if public_id is not None:
        known = Creator.objects.in_use().filter(public_id=public_id).first()
        if known is None:
            raise NamingError("That person is not there any more.")
        return known
    if not clean_name(name):
        raise NamingError("Say whose face it is.")
    return find_or_create_creator(name=name, user=user, source="face").row


def makes_somebody(*, public_id: UUID | None = None, name: str = "") -> bool:
    """Whether `person_meant` would make a new person or take one out of the trash."""
    if public_id is not None or not clean_name(name):
        return False
    known = find_creator(name)
    return known is None or known.trashed_at is not None
