"""The page that merges people, studios or tags: side by side, what will move, and which name stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from library.access import current_user
from library.admin.picking import KINDS, PickWidget, read_values
from library.exceptions import LibraryError
from library.services.merging import Kind as MergeKind
from library.services.merging import merge, taken_links
from people.exceptions import PeopleError

MOST_AT_ONCE = 10
# What a link is to people; one that isn't named here goes by its own name.
_ONE_AND_MANY = {
    "credit": ("video", "videos"),
    "video tag": ("video", "videos"),
    "video studio": ("video", "videos"),
    "marker tag": ("marker", "markers"),
    "marker label tag": ("rule for markers", "rules for markers"),
    "tag": ("tag below it", "tags below it"),
    "studio": ("studio below it", "studios below it"),
    "tag alias": ("other word", "other words"),
    "creator alias": ("other name", "other names"),
    "studio alias": ("other name", "other names"),
    "creator picture": ("picture", "pictures"),
    "creator profile": ("profile", "profiles"),
    "external id": ("number elsewhere", "numbers elsewhere"),
    "favorite": ("favourite", "favourites"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the rows: what names and shows it, and how many rows hang on it, by their plural name."""

    row: Any
    picture: str
    also: str
    counts: list[tuple[str, int]]
    link: str


def merge_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET `?id=1&id=2`: the page; `with` takes more from the field. POST `keep`: does it."""
    if not model_admin.has_merge_permission(request):
        raise PermissionDenied
    kind = KINDS[model_admin.kind_key]
    values = request.POST if request.method == "POST" else request.GET
    ids = list(dict.fromkeys(read_values([*values.getlist("id"), *values.getlist("with")]).ids))[:MOST_AT_ONCE]
    rows = list(kind.model.objects.in_use().filter(pk__in=ids).prefetch_related("aliases").order_by("name", "pk"))
    list_address = reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
    error = ""
    if request.method == "POST":
        keep = next((row for row in rows if str(row.pk) == request.POST.get("keep")), None)
        if keep is None or len(rows) < 2:
            error = f"Choose at least two {kind.many}, and which one stays."
        else:
            others = [row for row in rows if row is not keep]
            try:
                report = merge(model_admin.merge_kind, keep=keep, others=others, user=current_user(request))
            except (LibraryError, PeopleError) as refused:
                error = str(refused)
            else:
                model_admin.tell_merged(request, report)
                meta = model_admin.opts
                return HttpResponseRedirect(
                    reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(keep.pk,))
                )
    picker = PickWidget(kind, may_create=False)
    counts = _counts(model_admin, rows)
    # The one that most hangs on is most likely the one to stay.
    keep_id = max(counts, key=lambda pk: sum(count for _, count in counts[pk]), default=0)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"Merge {kind.many}",
        "kind": kind,
        "sides": _sides(model_admin, rows, counts),
        "picker": picker.render("with", [], {"id": "merge-with"}),
        "error": error,
        "back": list_address,
        "media": model_admin.media + picker.media,
        "keep_id": keep_id,
    }
    return TemplateResponse(request, "admin/library/merge.html", context)


def _sides(model_admin: Any, rows: Sequence[Any], counts: dict[int, list[tuple[str, int]]]) -> list[Side]:
    meta = model_admin.opts
    return [
        Side(
            row=row,
            picture=model_admin.picture_of(row),
            also=", ".join(alias.name for alias in row.aliases.all()),
            counts=counts[row.pk],
            link=reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=(row.pk,)),
        )
        for row in rows
    ]


def _counts(model_admin: Any, rows: Sequence[Any]) -> dict[int, list[tuple[str, int]]]:
    """What hangs on each row and follows a merge; one query for each kind of link."""
    kind: MergeKind = model_admin.merge_kind
    result: dict[int, list[tuple[str, int]]] = {row.pk: [] for row in rows}
    links = sorted(taken_links(kind), key=lambda link: str(link[0]._meta.verbose_name_plural))
    for model, field in links:
        found = model._base_manager.filter(**{f"{field}__in": list(result)}).order_by()
        for pk, count in found.values_list(field).annotate(count=Count("pk")):
            name = str(model._meta.verbose_name)
            one, many = _ONE_AND_MANY.get(name, (name, str(model._meta.verbose_name_plural)))
            result[pk].append((one if count == 1 else many, count))
    return result
