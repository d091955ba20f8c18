"""Rules in the admin: their list, and the pages around it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from library.admin.curated import CuratedAdmin
from library.admin.own_pages import OwnPages
from library.admin.rule_editor import preview_view, rule_view
from library.admin.rule_pages import (
    apply_view,
    evidence_batch_view,
    evidence_view,
    learned_view,
    providers_view,
    run_view,
    runs_view,
    toggle_view,
)
from library.models import Rule
from library.services.rules.checking import say_rule
from library.services.rules.learning import learned_rules
from library.services.suggesting.evidence import evidence_batches

_MOST_RULES = 500


@admin.register(Rule)
class RuleAdmin(OwnPages, CuratedAdmin):
    """Conditions and actions have a form of their own; a list of them in Django's would be JSON."""

    search_fields = ["name"]

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[Any, str]] = {
            "add/": (rule_view, "add"),
            "<int:rule_id>/change/": (rule_view, "change"),
            "<int:rule_id>/toggle/": (toggle_view, "toggle"),
            "preview/": (preview_view, "preview"),
            "learned/": (learned_view, "learned"),
            "evidence/": (evidence_view, "evidence"),
            "evidence/<slug:key>/": (evidence_batch_view, "evidence_batch"),
            "apply/": (apply_view, "apply"),
            "runs/": (runs_view, "runs"),
            "runs/<int:run_id>/": (run_view, "run"),
            "providers/": (providers_view, "providers"),
        }
        return [*self.own_pages(pages), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All rules in the order in which they go, said in words."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rules = list(Rule.objects.all()[:_MOST_RULES])
        said = say_rule(rules)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Rules",
            "rows": [(rule, *said[rule.pk]) for rule in rules],
            "learned": len(learned_rules() or ()),
            "batches": len(evidence_batches() or ()),
            "may_add": self.has_add_permission(request),
            "may_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/library/rule/list.html", context)
