"""What the library itself can do to many videos at once. Loaded when Django starts."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Left, Replace

from library.exceptions import BulkEditError
from library.models import Tag, Video, VideoTag
from library.models.video import Origin, VideoType
from library.services.bulk_edit import BulkStep, Effect, Request, register_bulk_step
from library.services.bulk_links import LinkKind, link_step
from library.services.tagging import edit_tags
from library.services.tags import find_or_create_tag
from library.services.trash import trash

_NULLABLE = {"release_date"}
_TITLE_CHARACTERS = Video._meta.get_field("title").max_length


def _choice(values: Sequence[str], what: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in values:
            raise BulkEditError(f"There is no {what} {value!r}.")
        return str(value)

    return check


def _date(value: Any) -> str | None:
    """ISO 8601, or None to take the date away."""
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise BulkEditError("Give the release date as year, month and day: 2024-05-31.") from None


def _ids(rows: QuerySet[Video]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _column_step(column: str, check: Callable[[Any], Any], say: Callable[[Any], str], order: int) -> BulkStep:
    """A step that writes one value into a column of the videos that have another."""

    def others(ids: Sequence[int], value: Any) -> list[int]:
        different = ~Q(**{column: value}) if value is not None else Q(**{f"{column}__isnull": False})
        if value is not None and column in _NULLABLE:
            different |= Q(**{f"{column}__isnull": True})
        return _ids(Video.objects.filter(different, pk__in=ids))

    def apply(ids: Sequence[int], value: Any, request: Request) -> set[int]:
        changed = others(ids, value)
        Video.objects.filter(pk__in=changed).update(**{column: value})
        return set(changed)

    def preview(ids: Sequence[int], value: Any) -> list[Effect]:
        changed = len(others(ids, value))
        there = Video.objects.filter(pk__in=ids).count()
        said = say(value)
        return [Effect(said[0].upper() + said[1:], changed, there - changed)]

    return BulkStep(column, "library.change_video", check, apply, preview, say, order)


def check_title(value: Any) -> dict[str, str]:
    """`find` is taken as it is written, case and all."""
    find, replace = (str(value.get(key, "")) if isinstance(value, dict) else "" for key in ("find", "replace"))
    if not find:
        raise BulkEditError("Say which words of the titles are to be replaced.")
    return {"find": find, "replace": replace}


def _retitled(ids: Sequence[int], value: dict[str, str]) -> "QuerySet[Any]":
    """Videos whose title changes, with the `new_title`; those that would be left without one aren't among them."""
    replaced = Replace("title", Value(value["find"]), Value(value["replace"]))
    spaced = Func(replaced, Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace")
    rows: QuerySet[Any] = Video.objects.filter(pk__in=ids, title__contains=value["find"])
    rows = rows.annotate(new_title=Func(Left(spaced, _TITLE_CHARACTERS or 500), function="btrim"))
    return rows.exclude(new_title="").exclude(new_title=F("title"))


def sample_titles(ids: Sequence[int], value: dict[str, str], limit: int = 8) -> list[tuple[str, str]]:
    """Some of the titles before and after."""
    return list(_retitled(ids, value).order_by("pk").values_list("title", "new_title")[:limit])


def _apply_title(ids: Sequence[int], value: dict[str, str], request: Request) -> set[int]:
    new = dict(_retitled(ids, value).values_list("pk", "new_title"))
    Video.objects.bulk_update([Video(pk=pk, title=title) for pk, title in sorted(new.items())], ["title"])
    return set(new)


def _say_title(value: dict[str, str]) -> str:
    return f"replaced “{value['find']}” with “{value['replace']}” in titles"


def _preview_title(ids: Sequence[int], value: dict[str, str]) -> list[Effect]:
    changed = _retitled(ids, value).count()
    return [Effect(f"Replace “{value['find']}” with “{value['replace']}” in titles", changed, len(ids) - changed)]


TAGS = LinkKind(
    key="tags",
    one="tag",
    many="tags",
    link=VideoTag,
    column="tag",
    targets=Tag.objects.in_use,
    find_or_create=lambda name, user: find_or_create_tag(name=name, user=user).row.pk,
    edit=edit_tags,
    order=10,
)


def _apply_trash(ids: Sequence[int], value: Any, request: Request) -> set[int]:
    before = set(_ids(Video.objects.in_library().filter(pk__in=ids)))
    trash(kind="video", ids=ids, user=request.user)
    return before


def _preview_trash(ids: Sequence[int], value: Any) -> list[Effect]:
    changed = Video.objects.in_library().filter(pk__in=ids).count()
    return [Effect("Put into the trash", changed, len(ids) - changed)]


TRASH = BulkStep(
    "trash", "library.trash_video", bool, _apply_trash, _preview_trash, lambda value: "put them into the trash", 95
)

for _step in (
    link_step(TAGS),
    TRASH,
    _column_step("type", _choice(VideoType.values, "type"), lambda v: f"set the type to {VideoType(v).label}", 50),
    _column_step("origin", _choice(Origin.values, "origin"), lambda v: f"set the origin to {Origin(v).label}", 51),
    _column_step(
        "release_date", _date, lambda v: f"set the release date to {v}" if v else "removed the release date", 52
    ),
    BulkStep("title", "library.change_video", check_title, _apply_title, _preview_title, _say_title, 60),
):
    register_bulk_step(_step)
