"""The form of a rule, and what it would do while it is being written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from library.access import check, current_user
from library.admin.picking import KINDS
from library.exceptions import LibraryError, RuleError
from library.models import Folder, Rule, Video
from library.models.names import name_key
from library.models.rule import RuleKind
from library.services.changes import current_batch
from library.services.rules.applying import RulePlan, begin_rule_run, count_by_thing, plan_rules
from library.services.rules.checking import FIELDS, FOLDER, LINK, NUMBER, check_rule, operators_of
from library.services.rules.learning import find_learned, rule_of
from library.services.suggesting.targets import all_targets, get_target, labels_of
from people.exceptions import PeopleError

SHOWN = 12
# Videos of a rule that the preview looks at.
MOST_PREVIEWED = 5_000
_KEYS = {"tag": "tags", "creator": "people", "studio": "studios"}


@dataclass(frozen=True, slots=True)
class Line:
    """A change of the preview: what, on which video."""

    title: str
    address: str
    what: str
    why: str = ""


def rule_view(model_admin: Any, request: HttpRequest, rule_id: int | None = None) -> HttpResponse:
    """GET: the form, of a new rule also with `?learned=KEY`. POST: `save`, `apply` (saves and applies it), `delete`, or
    `preview` without JavaScript."""
    rule = _load(request, rule_id)
    error = ""
    rows = _rows_of(rule)
    plan: RulePlan | None = None
    if request.method == "POST":
        check(request, "library.change_rule" if rule_id else "library.add_rule")
        if "delete" in request.POST:
            return _delete(model_admin, request, rule)
        rows = _rows_of_form(request.POST)
        try:
            _read(request.POST, rule)
            check_rule(rule)
            if "preview" in request.POST:
                plan = plan_rules([rule], limit=MOST_PREVIEWED)
            else:
                return _save(model_admin, request, rule)
        except (LibraryError, PeopleError) as refused:
            error = str(refused)
    may_change = model_admin.has_change_permission if rule_id else model_admin.has_add_permission
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Change a rule" if rule_id else "New rule",
        "rule": rule,
        "rows": rows,
        "error": error,
        "fields": [_field(field) for field in FIELDS.values()],
        "kinds": RuleKind.choices,
        "targets": [(target.kind, target.links.one, _KEYS[target.kind]) for target in all_targets()],
        "folders": Folder.objects.in_library().order_by("name")[:200],
        "preview": _shown(plan) if plan is not None else None,
        "may_change": may_change(request),
        "may_delete": bool(rule_id) and model_admin.has_delete_permission(request),
    }
    return TemplateResponse(request, "admin/library/rule/form.html", context)


def preview_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """POST the form: what the rule as it stands would do, as a part of the page. Nothing is saved."""
    if request.method != "POST":
        raise Http404
    rule = Rule()
    context: dict[str, Any] = {}
    try:
        _read(request.POST, rule)
        rule.name = rule.name or "New rule"
        context["preview"] = _shown(plan_rules([rule], limit=MOST_PREVIEWED))
    except (LibraryError, PeopleError) as refused:
        context["error"] = str(refused)
    return TemplateResponse(request, "admin/library/rule/preview.html", context)


def _load(request: HttpRequest, rule_id: int | None) -> Rule:
    if rule_id is not None:
        rule = Rule.objects.filter(pk=rule_id).first()
        if rule is None:
            raise Http404
        return rule
    learned = find_learned(request.GET.get("learned", "")) if request.GET.get("learned") else None
    return rule_of(learned) if learned is not None else Rule(conditions=[{"field": "path", "operator": "words"}])


def _field(field: Any) -> dict[str, Any]:
    unit = f" ({field.unit})" if field.unit else ""
    return {"key": field.key, "label": field.label + unit, "operators": list(operators_of(field).items())}


def _rows_of(rule: Rule) -> dict[str, Any]:
    """The form's lines of a stored rule."""
    wanted = {(a["kind"], a["id"]) for a in rule.actions if "id" in a}
    wanted |= {(c["field"], c["value"]) for c in rule.conditions if FIELDS[c["field"]].kind == LINK and "value" in c}
    labels = labels_of(wanted)
    return {
        "name": rule.name,
        "kind": rule.kind,
        "priority": rule.priority,
        "is_enabled": rule.is_enabled,
        "is_any": rule.is_any,
        "conditions": [{**one, "shown": _shown_value(one, labels)} for one in rule.conditions],
        "actions": [
            {
                **one,
                "how": "capture" if "capture" in one else "name",
                "shown": one.get("capture") or one.get("name") or labels.get((one["kind"], one.get("id", 0)), ""),
            }
            for one in rule.actions
        ]
        or [{"do": "add", "kind": "creator", "how": "name", "shown": ""}],
    }


def _shown_value(one: Mapping[str, Any], labels: Mapping[tuple[str, int], str]) -> str:
    field, value = FIELDS[one["field"]], one.get("value", "")
    if field.kind == LINK:
        return labels.get((field.key, value), "")
    if field.kind == FOLDER:
        return Folder.objects.filter(pk=value or 0).values_list("name", flat=True).first() or ""
    return f"{value / field.factor:g}" if field.kind == NUMBER and value != "" else str(value)


def _rows_of_form(post: MultiValueDict[str, str]) -> dict[str, Any]:
    """The form's lines as somebody filled them in, for the page that comes back with a message."""
    conditions = zip(post.getlist("c_field"), post.getlist("c_operator"), post.getlist("c_value"), strict=False)
    actions = zip(
        post.getlist("a_do"), post.getlist("a_kind"), post.getlist("a_how"), post.getlist("a_value"), strict=False
    )
    return {
        "name": post.get("name", ""),
        "kind": post.get("kind", ""),
        "priority": post.get("priority", "0"),
        "is_enabled": "is_enabled" in post,
        "is_any": post.get("is_any") == "1",
        "conditions": [{"field": f, "operator": o, "shown": v} for f, o, v in conditions],
        "actions": [{"do": do, "kind": kind, "how": how, "shown": v} for do, kind, how, v in actions],
    }


def _read(post: MultiValueDict[str, str], rule: Rule) -> None:
    """From the form into the rule. Raises RuleError for names that aren't known."""
    given = _rows_of_form(post)
    rule.name = given["name"]
    rule.kind = given["kind"] if given["kind"] in RuleKind.values else RuleKind.PATH
    try:
        rule.priority = max(-1000, min(1000, int(given["priority"] or 0)))
    except ValueError:
        raise RuleError("The priority is a whole number.") from None
    rule.is_enabled, rule.is_any = given["is_enabled"], given["is_any"]
    rule.conditions = [_condition(one) for one in given["conditions"] if one["shown"].strip()]
    rule.actions = [_action(one) for one in given["actions"] if one["shown"].strip()]


def _condition(one: Mapping[str, str]) -> dict[str, Any]:
    field = FIELDS.get(one["field"])
    if field is None:
        raise RuleError("Choose what the condition asks about.")
    typed = one["shown"].strip()
    value: Any = one["shown"] if one["operator"] == "matches" else typed
    if field.kind == NUMBER:
        try:
            value = float(typed.replace(",", ".")) * field.factor
        except ValueError:
            raise RuleError(f"{field.label} is compared with a number, not with “{typed}”.") from None
    elif field.kind == FOLDER:
        value = Folder.objects.in_library().filter(name__iexact=typed).values_list("pk", flat=True).first()
        if value is None:
            raise RuleError(f"There is no folder “{typed}” in the library.")
    elif field.kind == LINK:
        value = _find(field.key, typed)
        if value is None:
            raise RuleError(f"There is no {get_target(field.key).links.one} “{typed}”.")
    return {"field": field.key, "operator": one["operator"], "value": value}


def _action(one: Mapping[str, str]) -> dict[str, Any]:
    typed, kind, do = one["shown"].strip(), one["kind"], one["do"]
    if kind not in _KEYS:
        raise RuleError("Choose what the rule puts on videos.")
    if one["how"] == "capture":
        return {"do": do, "kind": kind, "capture": typed}
    known = _find(kind, typed)
    if known is None and do == "remove":
        raise RuleError(f"There is no {get_target(kind).links.one} “{typed}” that could be removed.")
    return {"do": do, "kind": kind, "name": typed} if known is None else {"do": do, "kind": kind, "id": known}


def _find(kind: str, name: str) -> int | None:
    """Of those in use; raises PeopleError for a name of several."""
    row: Any = KINDS[_KEYS[kind]].find(name)
    return row.pk if row is not None and row.trashed_at is None else None


def _save(model_admin: Any, request: HttpRequest, rule: Rule) -> HttpResponse:
    same = Rule.objects.filter(name_key=name_key(rule.name)).exclude(pk=rule.pk)
    if same.exists():
        raise RuleError("There is a rule of that name already.")
    is_new = rule.pk is None
    with transaction.atomic():
        rule.save()
        batch = current_batch()
        if batch is not None and not batch.summary:
            batch.summary = f"{'Made' if is_new else 'Changed'} the rule {rule.name}"
    if "apply" in request.POST:
        check(request, "library.change_video")
        run = begin_rule_run(rules=[rule], user=current_user(request))
        return HttpResponseRedirect(reverse("admin:library_rule_run", args=(run.pk,)))
    model_admin.message_user(request, f"Saved the rule {rule.name}.", "success")
    return HttpResponseRedirect(reverse("admin:library_rule_changelist"))


def _delete(model_admin: Any, request: HttpRequest, rule: Rule) -> HttpResponse:
    check(request, "library.delete_rule")
    name = rule.name
    batch = current_batch()
    if batch is not None:
        batch.summary = f"Deleted the rule {name}"
    rule.delete()
    model_admin.message_user(request, f"Deleted the rule {name}. What it put on videos stays.", "success")
    return HttpResponseRedirect(reverse("admin:library_rule_changelist"))


def _shown(plan: RulePlan) -> dict[str, Any]:
    steps, conflicts = plan.steps[:SHOWN], plan.conflicts[:SHOWN]
    ids = {one.video_id for one in steps} | {one.step.video_id for one in conflicts}
    titles = dict(Video.objects.filter(pk__in=ids).values_list("pk", "title"))
    labels = labels_of(
        (one.kind, one.object_id)
        for one in (*steps, *(conflict.step for conflict in conflicts))
        if one.object_id is not None
    )

    def line(step: Any, why: str = "") -> Line:
        label = labels.get((step.kind, step.object_id), step.name) if step.object_id else f"{step.name} (new)"
        verb = "add" if step.do == "add" else "remove"
        address = reverse("admin:library_video_change", args=(step.video_id,))
        what = f"{verb} the {get_target(step.kind).links.one} {label}"
        return Line(titles.get(step.video_id, "?"), address, what, why)

    return {
        "met": sum(plan.met.values()),
        "is_cut": any(count >= MOST_PREVIEWED for count in plan.met.values()),
        "videos": plan.videos,
        "already": plan.already,
        "things": count_by_thing(plan)[:SHOWN],
        "lines": [line(step) for step in steps],
        "more": max(0, len(plan.steps) - SHOWN),
        "conflicts": [line(one.step, one.why) for one in conflicts],
        "conflict_count": len(plan.conflicts),
    }
