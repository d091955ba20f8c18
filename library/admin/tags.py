"""Tags in the admin: the tree, and one tag."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminColorInputWidget

from library.access import current_user
from library.admin.base import back
from library.admin.columns import link_to
from library.admin.distinct import NamedForm
from library.admin.inlines import AliasesInline
from library.admin.named import NamedAdmin
from library.admin.picking import KINDS, PickOneField, PickWidget, read_values
from library.exceptions import LibraryError
from library.models import Tag, TagAlias
from library.services.changes import change_batch
from library.services.tags import descendant_ids, move_tag, reorder_tags, similar_tags, tag_counts

# Beyond this many the list is in the order of names: a tree that large is searched, not read.
MOST_IN_TREE = 5000


class WithChildrenFilter(admin.SimpleListFilter):
    title = "place in the tree"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("top", "At the top"), ("below", "Below another tag")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> QuerySet[Tag]:
        if self.value() not in ("top", "below"):
            return queryset
        return queryset.filter(parent__isnull=self.value() == "top")


class TreeList(ChangeList):
    """The tags as a tree: children below their parent, siblings by position and name. Searched or filtered, by name."""

    depths: dict[int, int]
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self._put_in_tree()
        self.result_list = list(self.result_list)
        # Kept for a while: counting the videos of the tags at the top reads most of what all have.
        counts, _ = tag_counts([row.pk for row in self.result_list])
        for row in self.result_list:
            row.video_count = counts.get(row.pk, 0)

    def _put_in_tree(self) -> None:
        self.depths = {}
        if self.query or self.has_active_filters or "o" in self.params:
            return
        in_use = Tag.objects.in_use().order_by("position", "name", "pk")
        known = list(in_use.values_list("pk", "parent_id")[: MOST_IN_TREE + 1])
        if len(known) > MOST_IN_TREE:
            return
        self.depths = in_tree_order(known)
        start = (self.page_num - 1) * self.list_per_page
        shown = list(self.depths)[start : start + self.list_per_page]
        rows = {row.pk: row for row in self.queryset.filter(pk__in=shown)}
        self.result_list = [rows[pk] for pk in shown if pk in rows]
        for row in self.result_list:
            row.depth = self.depths[row.pk]


def in_tree_order(known: Sequence[tuple[int, int | None]]) -> dict[int, int]:
    """Depths by id, in the order of the tree. `known` are (id, parent's id) in the order of siblings; a tag whose
    parent isn't among them stands at the top."""
    ids = {pk for pk, _ in known}
    children: dict[int | None, list[int]] = defaultdict(list)
    for pk, parent in known:
        children[parent if parent in ids else None].append(pk)
    depths: dict[int, int] = {}
    stack = [(pk, 0) for pk in reversed(children[None])]
    while stack:
        pk, depth = stack.pop()
        depths[pk] = depth
        stack.extend((child, depth + 1) for child in reversed(children[pk]))
    return depths


class WordsInline(AliasesInline):
    model = TagAlias
    verbose_name = "other word"
    verbose_name_plural = "Other words for it"


class TagForm(NamedForm):
    beside = "parent"

    parent = PickOneField(KINDS["tags"], label="Below", help_text="The tag that it is a part of; empty for the top.")

    class Meta:
        model = Tag
        # The admin names the others.
        fields = ["name"]
        widgets = {"color": UnfoldAdminColorInputWidget}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "parent" in self.fields:
            self.fields["parent"].widget.without = self.instance.pk

    def clean_parent(self) -> Tag | None:
        parent: Tag | None = self.cleaned_data["parent"]
        if parent is not None and self.instance.pk and parent.pk in descendant_ids([self.instance.pk]):
            raise ValidationError(f"{self.instance} can't lie below {parent}, because {parent} lies below it.")
        return parent


@admin.register(Tag)
class TagAdmin(NamedAdmin):
    form = TagForm
    kind_key, merge_kind, video_filter = "tags", "tag", "tag"
    counts_in_rows = False

    list_display = ["branch", "also", "videos", "order"]
    sortable_by = ["branch"]
    ordering = ["position", "name", "pk"]
    list_per_page = 40
    empty_sentence = "Tags are added here, and wherever you put a new word on a video."
    list_filter = [WithChildrenFilter]
    fieldsets = [(None, {"fields": ["name", "parent", "color", "description", "position"]})]
    inlines = [WordsInline]
    actions = ["move_rows", "merge_rows", "trash_rows"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("parent")
        return rows.prefetch_related(Prefetch("aliases", TagAlias.objects.order_by("name")))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TreeList

    def similar(self, row: Tag) -> list[Any]:
        return similar_tags(row.name)

    # ---- columns ----------------------------------------------------------------------------------------------------
    @admin.display(description="Tag", ordering="name")
    def branch(self, tag: Any) -> SafeString:
        depth = getattr(tag, "depth", 0)
        above = "" if hasattr(tag, "depth") or tag.parent is None else f"in {tag.parent}"
        return format_html(
            '<span class="v-branch{}" style="--depth:{}"><span class="v-swatch" style="--tag:{}"></span>'
            '<a href="{}" data-open>{}</a> <small>{}</small></span>',
            " v-depth" if depth else "",
            depth,
            tag.color,
            reverse("admin:library_tag_change", args=(tag.pk,)),
            tag.name,
            above,
        )

    @admin.display(description="Videos")
    def videos(self, row: Any) -> SafeString | str:
        # Not to be sorted by: the tree has its own order.
        return super().videos(row)

    @admin.display(description="Other words")
    def also(self, tag: Any) -> str:
        return ", ".join(alias.name for alias in tag.aliases.all())

    @admin.display(description="Order")
    def order(self, tag: Any) -> SafeString | str:
        if not hasattr(tag, "depth"):
            return link_to(reverse("admin:library_tag_changelist"), "in the tree")
        steps = (("up", "Up", "keyboard_arrow_up"), ("down", "Down", "keyboard_arrow_down"))
        up, down = (
            format_html(
                '<button class="v-step" type="submit" formaction="{}" formnovalidate aria-label="{} {}">'
                '<span class="material-symbols-outlined" aria-hidden="true">{}</span></button>',
                reverse("admin:library_tag_step", args=(tag.pk, step)),
                label,
                tag.name,
                icon,
            )
            for step, label, icon in steps
        )
        return format_html("{}{}", up, down)

    # ---- actions and pages ------------------------------------------------------------------------------------------
    @admin.action(description="Move below …", permissions=["change"])
    def move_rows(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse:
        ids = list(queryset.order_by("name", "pk").values_list("pk", flat=True)[:100])
        return HttpResponseRedirect(f"{reverse('admin:library_tag_move')}?{urlencode({'id': ids}, doseq=True)}")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("move/", wrap(self.move_view), name="library_tag_move"),
            path("<int:tag_id>/step/<slug:step>/", wrap(require_POST(self.step_view)), name="library_tag_step"),
        ]
        return [*own, *super().get_urls()]

    def move_view(self, request: HttpRequest) -> HttpResponse:
        """GET `?id=`: below which tag? POST `parent`: moves them there, or to the top."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        values = request.POST if request.method == "POST" else request.GET
        tags = list(Tag.objects.in_use().filter(pk__in=read_values(values.getlist("id")).ids).order_by("name", "pk"))
        error, list_address = "", reverse("admin:library_tag_changelist")
        picker = PickWidget(KINDS["tags"], is_single=True, may_create=False)
        if request.method == "POST":
            chosen = read_values(request.POST.getlist("parent")).ids
            parent = Tag.objects.in_use().filter(pk__in=chosen).first()
            try:
                self._move(request, tags, parent)
            except LibraryError as refused:
                error = str(refused)
            else:
                return HttpResponseRedirect(list_address)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Move tags",
            "tags": tags,
            "picker": picker.render("parent", [], {"id": "move-to"}),
            "error": error,
            "back": list_address,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/library/tag/move.html", context)

    def _move(self, request: HttpRequest, tags: Sequence[Tag], parent: Tag | None) -> None:
        """All of them or, with an error, none."""
        with change_batch(user=request.user) as batch, transaction.atomic():
            for tag in tags:
                move_tag(tag=tag, parent=parent, user=current_user(request))
            names = ", ".join(tag.name for tag in tags[:3]) + (" and others" if len(tags) > 3 else "")
            batch.summary = f"Moved {names} {f'below {parent}' if parent else 'to the top'}"
        self.message_user(request, f"{batch.summary}.", messages.SUCCESS)

    def step_view(self, request: HttpRequest, tag_id: int, step: str) -> HttpResponse:
        """POST: one place up or down among its siblings."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        tag = Tag.objects.in_use().filter(pk=tag_id).first()
        if tag is None or step not in ("up", "down"):
            raise Http404
        siblings = Tag.objects.in_use().filter(parent=tag.parent_id).order_by("position", "name", "pk")
        ids = list(siblings.values_list("pk", flat=True))
        at = ids.index(tag.pk)
        other = at - 1 if step == "up" else at + 1
        if 0 <= other < len(ids):
            ids[at], ids[other] = ids[other], ids[at]
            reorder_tags(tag_ids=ids, user=current_user(request))
            self.message_user(request, f"Moved {tag} {step}.", messages.SUCCESS)
        return back(request, reverse("admin:library_tag_changelist"))
