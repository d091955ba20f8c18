"""Choosing tags, people and studios by name: the suggestions while somebody types, and the form field that takes them.

A field's values are ids, and names that are made when the form is saved ("new:Beach").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from library.access import check, may
from library.counting import count_of
from library.exceptions import LibraryError
from library.folding import fold
from library.models import Tag, TagAlias, VideoTag
from library.models.names import clean_name, name_key
from library.services.tags import find_or_create_tag, find_tag
from people.exceptions import PeopleError
from people.models import Creator, CreatorAlias, Credit, Studio, StudioAlias, VideoStudio
from people.services.creators import find_creator, find_or_create_creator
from people.services.studios import find_or_create_studio, find_studio

NEW = "new:"
_WAS = "was:"
MOST_SUGGESTED = 12
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be chosen. `column` is the foreign key to it in `link` (videos) and `alias`."""

    key: str
    one: str
    many: str
    model: Any
    alias: Any
    link: type[Model]
    column: str
    find: Callable[[str], object]
    find_or_create: Callable[[str, Any], int]
    permission: str

    @property
    def add_permission(self) -> str:
        return self.permission.replace(".view_", ".add_")


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "tags", "tag", "tags", Tag, TagAlias, VideoTag, "tag",
            find_tag, lambda name, user: find_or_create_tag(name=name, user=user).row.pk, "library.view_tag",
        ),
        Kind(
            "people", "person", "people", Creator, CreatorAlias, Credit, "creator",
            find_creator, lambda name, user: find_or_create_creator(name=name, user=user).row.pk, "people.view_creator",
        ),
        Kind(
            "studios", "studio", "studios", Studio, StudioAlias, VideoStudio, "studio",
            find_studio, lambda name, user: find_or_create_studio(name=name, user=user).row.pk, "people.view_studio",
        ),
    )
}  # fmt: skip


def matching_ids(kind: Kind, text: str, limit: int = MOST_SUGGESTED) -> list[int]:
    """Rows in use whose name or another name begins with the text, the shortest first; then those with a later word
    that does. At most `limit`; three short queries."""
    words = fold(text)
    if not words:
        rows = kind.model.objects.in_use().order_by("name", "pk")
        return list(rows.values_list("pk", flat=True)[:limit])
    found: dict[int, None] = {}
    in_use = kind.model.objects.in_use().order_by("name_key", "pk")
    for pk in in_use.filter(name_folded__startswith=words).values_list("pk", flat=True)[:limit]:
        found[pk] = None
    aliases = kind.alias.objects.filter(name_folded__startswith=words, **{f"{kind.column}__trashed_at": None})
    for pk in aliases.order_by("name_key", "pk").values_list(f"{kind.column}_id", flat=True)[:limit]:
        found[pk] = None
    if len(found) < limit:
        for pk in in_use.filter(name_folded__contains=f" {words}").values_list("pk", flat=True)[:limit]:
            found[pk] = None
    return list(found)[:limit]


def suggestions(kind: Kind, text: str, *, excluding: int | None = None) -> list[dict[str, Any]]:
    """What the field offers for a text: id, name, what tells it from others, how many videos. Four queries."""
    ids = [pk for pk in matching_ids(kind, text) if pk != excluding]
    rows = kind.model.objects.filter(pk__in=ids).annotate(video_count=count_of(kind.link, kind.column))
    if kind.model is Tag:
        rows = rows.select_related("parent")
    by_id = {row.pk: row for row in rows}
    return [_offered(by_id[pk]) for pk in ids if pk in by_id]


def _offered(row: Any) -> dict[str, Any]:
    is_tag = isinstance(row, Tag)
    hint = f"in {row.parent.name}" if is_tag and row.parent else ("" if is_tag else row.disambiguation)
    color = row.color if is_tag else ""
    return {"id": str(row.pk), "text": row.name, "hint": hint, "count": row.video_count, "color": color}


def suggest_view(request: HttpRequest, key: str) -> JsonResponse:
    """GET `?q=`: suggestions as JSON; `exact` says that one has the very name, so that no second one is offered."""
    kind = KINDS.get(key)
    if kind is None:
        raise Http404
    check(request, kind.permission)
    text = clean_name(request.GET.get("q", "")[:_LONGEST_NAME])
    without = request.GET.get("not", "")
    found = suggestions(kind, text, excluding=int(without) if without.isdecimal() and len(without) < 19 else None)
    is_exact = any(name_key(one["text"]) == name_key(text) for one in found)
    can_create = bool(text) and not is_exact and may(request, kind.add_permission)
    return JsonResponse({"results": found, "create": text if can_create else ""})


@dataclass(frozen=True, slots=True)
class Picked:
    """What somebody chose: rows by id, and names that may have to be made; `was` is what the form was opened with."""

    ids: list[int]
    names: list[str]
    was: list[int]

    def resolve(self, kind: Kind, user: Any) -> list[int]:
        """All as ids; missing names are made. Within a batch. Raises the services' errors."""
        return list(dict.fromkeys([*self.ids, *(kind.find_or_create(name, user) for name in self.names)]))

    def difference(self, kind: Kind, user: Any) -> tuple[list[int], list[int]]:
        """Ids to add and to remove. Only that is written, so what somebody else added meanwhile stays."""
        after = self.resolve(kind, user)
        return [pk for pk in after if pk not in self.was], [pk for pk in self.was if pk not in after]

    def as_json(self) -> dict[str, list[Any]]:
        """As an operation of `library.services.bulk_links` takes it."""
        return {"ids": self.ids, "names": self.names}


def read_values(values: Iterable[str]) -> Picked:
    """Splits posted values; junk is left out."""
    ids, names, was = [], [], []
    for value in values:
        if value.startswith(_WAS):
            was = _numbers(value[len(_WAS) :].split(","))
        elif value.startswith(NEW):
            names.append(clean_name(value[len(NEW) :])[:_LONGEST_NAME])
        else:
            ids += _numbers([value])
    return Picked(list(dict.fromkeys(ids)), [name for name in dict.fromkeys(names) if name], was)


def _numbers(texts: Iterable[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 19]


class PickWidget(forms.Widget):
    """Chips with a field that suggests while one types (static/videothek/js/pick.js). `is_single` allows one chip."""

    template_name = "admin/library/widgets/pick.html"

    def __init__(
        self,
        kind: Kind,
        *,
        is_single: bool = False,
        may_create: bool = True,
        without: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs)
        self.kind, self.is_single, self.may_create = kind, is_single, may_create
        # A row that isn't offered: a tag's own, when its parent is chosen.
        self.without = without
        # Names of what is chosen, when the page has them already; looked up otherwise.
        self.labels: dict[int, Any] = {}

    class Media:
        js = ["videothek/js/pick.js"]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        values = [value] if isinstance(value, int | str) else value
        picked = value if isinstance(value, Picked) else read_values(map(str, values or ()))
        rows = self._rows(picked.ids)
        chips = [
            {"value": pk, "text": str(rows[pk]), "color": getattr(rows[pk], "color", "")}
            for pk in picked.ids
            if pk in rows
        ]
        chips += [{"value": f"{NEW}{text}", "text": text, "color": "", "is_new": True} for text in picked.names]
        address = reverse("admin:library_video_suggest", args=(self.kind.key,))
        # A form that comes back with an error keeps what it was opened with.
        is_bound = isinstance(value, Picked) or any(str(one).startswith(_WAS) for one in values or ())
        was = picked.was if is_bound else picked.ids
        context |= {"kind": self.kind, "chips": chips, "address": address, "is_single": self.is_single}
        context |= {"may_create": self.may_create, "without": self.without}
        return {**context, "was": _WAS + ",".join(map(str, was))}

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        # The forms' own renderer looks for templates in apps only.
        return render_to_string(template_name, context)

    def _rows(self, ids: Sequence[int]) -> Mapping[int, Any]:
        if all(pk in self.labels for pk in ids):
            return self.labels
        found: QuerySet[Any] = self.kind.model.objects.filter(pk__in=ids)
        return {row.pk: row for row in found}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        if isinstance(data, MultiValueDict):
            return data.getlist(name)
        value = data.get(name)
        return [value] if isinstance(value, str) else list(value or ())

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        # No chip posts nothing.
        return False


class PickField(forms.Field):
    """Tags, people or studios. Cleans to `Picked`; the initial value is a list of ids."""

    # It posts what it was opened with, and only the difference is written: `library.admin.stale` has nothing to do.
    joins_itself = True

    def __init__(self, kind: Kind, *, is_single: bool = False, may_create: bool = True, **options: Any) -> None:
        self.kind, self.may_create = kind, may_create
        widget = PickWidget(kind, is_single=is_single, may_create=may_create)
        super().__init__(**{"required": False, "widget": widget, **options})
        self.is_single = is_single

    def clean(self, value: Any) -> Picked:
        picked = read_values(value or ())
        if self.required and not picked.ids and not picked.names:
            raise ValidationError(f"Choose a {self.kind.one}.")
        if self.is_single and len(picked.ids) + len(picked.names) > 1:
            raise ValidationError(f"Choose one {self.kind.one} only.")
        if picked.ids and self.kind.model.objects.in_use().filter(pk__in=picked.ids).count() != len(picked.ids):
            raise ValidationError(f"One of the {self.kind.many} is gone or in the trash. Choose again.")
        if picked.names and not self.may_create:
            raise ValidationError(f"There is no {self.kind.one} “{picked.names[0]}”.")
        for name in picked.names:
            try:
                self.kind.find(name)
            except (LibraryError, PeopleError) as error:
                raise ValidationError(str(error)) from error
        return picked

    def has_changed(self, initial: Any, data: Any) -> bool:
        picked = read_values(data or ())
        return bool(picked.names) or set(picked.ids) != set(picked.was)


class PickOneField(PickField):
    """One row that exists, for a foreign key: cleans to the row, or None. The initial value is its id."""

    joins_itself = False

    def __init__(self, kind: Kind, **options: Any) -> None:
        super().__init__(kind, is_single=True, may_create=False, **options)

    def clean(self, value: Any) -> Any:
        picked = super().clean(value)
        return self.kind.model.objects.get(pk=picked.ids[0]) if picked.ids else None
