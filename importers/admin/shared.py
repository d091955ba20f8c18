"""What the pages of moving in have in common."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from importers.models import ImportRun
from importers.registry import find_system

RIGHT = "importers.run_imports"


def render(model_admin: Any, request: HttpRequest, page_name: str, **context: Any) -> HttpResponse:
    """A page in the admin's frame."""
    frame = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/importers/{page_name}.html", {**frame, **context})


def go(name: str, *args: Any) -> HttpResponseRedirect:
    """To one of the pages by its short name."""
    return HttpResponseRedirect(address(name, *args))


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:importers_importrun_{name}", args=args)


def system_title(run: ImportRun) -> str:
    """The system as people call it, also when it isn't known any more."""
    known = find_system(run.system)
    return known.title if known else run.system
