"""The base of the admin pages whose rows people curate: every write is a batch that can be undone."""

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.functional import cached_property
from psycopg.errors import UniqueViolation
from unfold.admin import ModelAdmin

from library.admin.changes import shown_event
from library.admin.stale import all_forms, clashes_of, guarded, remember
from library.announce import announce
from library.models import ChangeBatch
from library.queries_history import events_about
from library.services.changes import change_batch, current_batch
from library.words import field_label

View = Callable[..., HttpResponseBase]
FIELDS_NAMED = 3


class _EmptyFormOnce:
    """A formset that makes the form for another row once. Pages ask for it seven times, and it is never filled in."""

    @cached_property
    def empty_form(self) -> Any:
        return super().empty_form  # type: ignore[misc]


class CuratedAdmin(ModelAdmin):
    """A ModelAdmin of a tracked model. Each POST to any of its pages (form with inlines, deletion, list, action, own
    pages from `get_urls`) runs in one change batch and one transaction.

    The forms' sentences are made of what changed ("Changed the title of X; added 2 tags"); the message on the next
    page is that sentence with an undo button. An action or an own page says `with change_batch(summary=...)`, or sets
    `current_batch().summary`, and the frame takes that sentence; what it tells with `self.message_user` at level
    SUCCESS or with `announce` carries the button. Instead of LogEntry rows there is the history of the change batches.

    A form that was loaded before somebody else saved the same row is met field by field (`library.admin.stale`). A
    template of one's own extends `change_form_template`. Of a changed row only the changed columns are written.
    """

    change_form_template = "admin/curated_change_form.html"

    @property
    def urls(self) -> list[URLPattern]:
        patterns: list[URLPattern] = self.get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = in_one_batch(pattern.callback)
        return patterns

    def message_user(
        self,
        request: HttpRequest,
        message: Any,
        level: int | str = messages.INFO,
        extra_tags: str = "",
        fail_silently: bool = False,
    ) -> None:
        """Successes within a batch are told at its end, when it is known whether there is something to undo."""
        is_success = level == messages.SUCCESS or str(level).upper() == "SUCCESS"
        if is_success and current_batch() is not None and hasattr(request, "told"):
            request.told.append(message)
            return
        super().message_user(request, message, level, extra_tags, fail_silently)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Locked while it is written: of two who save at once the second sees what the first one wrote."""
        if request.method == "POST" and current_batch() is not None:
            try:
                pk = self.opts.pk.to_python(object_id)
            except ValidationError:
                return None
            self.model._base_manager.select_for_update().filter(pk=pk).values_list("pk").first()
        return super().get_object(request, object_id, from_field)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return plainly_labelled(super().formfield_for_dbfield(db_field, request, **options))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        return guarded(super().get_form(request, obj, change=change, **options))

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            formset.form = guarded(formset.form)
            for field in formset.form.base_fields.values():
                plainly_labelled(field)
            yield type(formset.__name__, (_EmptyFormOnce, formset), {}), inline

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        if context.get("original") is not None:
            page_forms = all_forms(context["adminform"], context["inline_admin_formsets"])
            context["show_history"] = True
            context["loaded"], context["clashes"] = remember(page_forms), clashes_of(request, page_forms)
        return super().render_change_form(request, context, *args, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = [field.name for field in self.opts.concrete_fields if field.name in form.changed_data]
        if changed:
            obj.save(update_fields=changed)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        changed = [] if add else [str(form.fields[name].label or name) for name in form.changed_data]
        links = [part for formset in formsets or [] for part in link_words(formset)]
        _name_batch(request, sentence(str(self.opts.verbose_name), form.instance, changed, [] if add else links, add))
        return super().construct_change_message(request, form, formsets, add)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _name_batch(request, f"Deleted the {self.opts.verbose_name} {obj}")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        count = queryset.count()
        names = self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural
        _name_batch(request, f"Deleted {count:,} {names}")
        super().delete_queryset(request, queryset)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Everything that happened to the row and to what belongs to it, the latest first."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        number = request.GET.get("page", "1")
        page = max(1, int(number)) if number.isdecimal() and len(number) < 5 else 1
        events, has_more = events_about(row, page=page)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "subtitle": None,
            "opts": self.opts,
            "object": row,
            "events": [shown_event(event) for event in events],
            "page": page,
            "has_more": has_more,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/object_changes.html", context)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The batch is the log."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The batch is the log."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """The batch is the log."""


def plainly_labelled(field: Any) -> Any:
    """A form's field, or None, under the name that people use."""
    if field is not None and field.label:
        field.label = field_label(str(field.label))[:1].upper() + field_label(str(field.label))[1:]
    return field


def in_one_batch(view: View) -> View:
    """What the view writes at a POST is one batch, told with an undo button on the next page."""

    @wraps(view)
    def framed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or current_batch() is not None:
            return view(request, *args, **kwargs)
        try:
            return _framed(view, request, *args, **kwargs)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
        # Somebody else took the name between the form's look and the save, and has committed: now the form sees it.
        for _, files in request.FILES.lists():
            for file in files:
                file.seek(0)
        return _framed(view, request, *args, **kwargs)

    return framed


def _framed(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
    request.told, request.has_sentence = [], False  # type: ignore[attr-defined]
    with change_batch(user=request.user) as batch:
        response = view(request, *args, **kwargs)
    _tell(request, batch)
    return response


def sentence(kind: str, row: Model, fields: list[str], links: Iterable[str], is_new: bool) -> str:
    """ "Changed the title and the date of X; added 2 tags"."""
    if is_new:
        return f"Added the {kind} {row}"
    words = [f"the {label[:1].lower()}{label[1:]}" for label in fields]
    if len(words) > FIELDS_NAMED:
        words = [f"{len(words)} fields"]
    parts = list(links)
    if words:
        changed = " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
        return "; ".join([f"Changed {changed} of {row}", *parts])
    if not parts:
        return f"Changed the {kind} {row}"
    return f"{row}: {'; '.join(parts)}"


def link_words(formset: Any) -> list[str]:
    """What was done to the rows of an inline after its save: "added 2 tags", "removed 1 alias"."""
    done = (
        ("added", formset.new_objects),
        ("changed", formset.changed_objects),
        ("removed", formset.deleted_objects),
    )
    meta = formset.model._meta
    return [
        f"{verb} {len(rows):,} {meta.verbose_name if len(rows) == 1 else meta.verbose_name_plural}"
        for verb, rows in done
        if rows
    ]


def _name_batch(request: HttpRequest, summary: str) -> None:
    batch = current_batch()
    if batch is not None:
        batch.summary = summary
        request.has_sentence = True  # type: ignore[attr-defined]


def _tell(request: HttpRequest, batch: ChangeBatch) -> None:
    told: list[Any] = request.told  # type: ignore[attr-defined]
    if not batch.change_count:
        for text in ["Nothing was changed."] if request.has_sentence else told:  # type: ignore[attr-defined]
            messages.success(request, text)
    elif request.has_sentence:  # type: ignore[attr-defined]
        announce(request, f"{batch.summary}.", batch)
    else:
        for number, text in enumerate(told, start=1):
            announce(request, str(text), batch if number == len(told) else None)
