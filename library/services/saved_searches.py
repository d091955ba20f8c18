"""Searches that people keep: only their owner changes them; shared ones are for everybody."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, Q, Value, When

from library.exceptions import LibraryError
from library.filters import Condition, Group
from library.filters.tree import canonical
from library.filters.words import text_query
from library.models import SavedSearch, User
from library.models.names import clean_name
from library.services.changes import change_batch

MOST_SHOWN = 50


class SavedSearchError(LibraryError):
    """A search can't be kept like this; the text is a sentence for its owner."""


def list_searches(user: User) -> Sequence[SavedSearch]:
    """A user's own searches by name, then those that others share; MOST_SHOWN at most. One query."""
    is_other = Case(When(user=user, then=Value(0)), default=Value(1))
    rows = SavedSearch.objects.filter(Q(user=user) | Q(is_shared=True)).select_related("user")
    return list(rows.order_by(is_other, "name_key", "pk")[:MOST_SHOWN])


def find_search(user: User, public_id: UUID) -> SavedSearch | None:
    """The search of that id, if it is the user's own or shared."""
    rows = SavedSearch.objects.filter(Q(user=user) | Q(is_shared=True), public_id=public_id)
    return rows.select_related("user").first()


def with_words(text: str, filter: Group) -> Group:
    """The filter together with the words of the search box."""
    has_words = bool(text_query(text))
    return canonical(Group("all", (Condition("text", "has", text), filter))) if has_words else filter


def split_words(filter: Group) -> tuple[str, Group]:
    """The words for the search box, and the rest: the inverse of `with_words`."""
    if filter.mode == "all" and not filter.is_negated:
        for index, part in enumerate(filter.parts):
            if isinstance(part, Condition) and part.facet == "text" and not part.is_negated:
                rest = Group("all", filter.parts[:index] + filter.parts[index + 1 :])
                return str(part.value), canonical(rest)
    return "", filter


def save_search(*, user: User, name: str, filter: Group, text: str = "", sort: str = "") -> SavedSearch:
    """Keeps a search under a name of the user's own. Raises SavedSearchError for a name that is empty or taken."""
    search = SavedSearch(user=user, filter=with_words(text, filter).as_json(), sort=sort[:30])
    return _written(search, user, f"Saved the search “{clean_name(name)}”", name=name)


def change_search(search: SavedSearch, *, user: User, **columns: Any) -> SavedSearch:
    """Writes `name`, `is_shared`, `filter` (with words) or `sort` of one's own search. Raises SavedSearchError."""
    _check_owner(search, user)
    return _written(search, user, f"Changed the search “{search.name}”", **columns)


def delete_search(search: SavedSearch, *, user: User) -> None:
    """Deletes one's own search. Raises SavedSearchError for another's."""
    _check_owner(search, user)
    with change_batch(summary=f"Deleted the search “{search.name}”", user=user):
        search.delete()


def _check_owner(search: SavedSearch, user: User) -> None:
    if search.user_id != user.pk:
        raise SavedSearchError(f"“{search.name}” belongs to {search.user}: only they can change it.")


def _written(search: SavedSearch, user: User, summary: str, **columns: Any) -> SavedSearch:
    if "name" in columns:
        columns["name"] = clean_name(columns["name"])[:100]
        if not columns["name"]:
            raise SavedSearchError("Give the search a name.")
    for column, value in columns.items():
        setattr(search, column, value)
    try:
        with transaction.atomic(), change_batch(summary=summary, user=user):
            search.save(update_fields=list(columns) if search.pk else None)
    except IntegrityError as error:
        if "library_savedsearch_name" not in str(error):
            raise
        raise SavedSearchError(f"You have a search called “{search.name}” already.") from None
    return search
