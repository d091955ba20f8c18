"""The project's addresses with an admin in which tags are curated by a plain CuratedAdmin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from unfold.admin import TabularInline

from config import urls
from config.admin_pages import Site
from library.admin.curated import CuratedAdmin
from library.models import Tag, TagAlias
from library.services.changes import change_batch


class Aliases(TabularInline):
    model = TagAlias
    fields = ["name"]
    extra = 0


class TagPages(CuratedAdmin):
    fields = ["name", "parent", "color", "description"]
    inlines = [Aliases]
    list_display = ["name", "position"]
    list_editable = ["position"]
    actions = ["darken", "fail"]

    def get_urls(self) -> list[Any]:
        return [path("blacken/", self.admin_site.admin_view(self.blacken), name="blacken"), *super().get_urls()]

    def blacken(self, request: HttpRequest) -> HttpResponse:
        Tag.objects.update(color="#000000")
        return HttpResponse("done")

    @admin.action(description="Darken")
    def darken(self, request: HttpRequest, queryset: Any) -> None:
        with change_batch(summary="Darkened the tags", user=request.user):
            count = queryset.update(color="#111111")
        self.message_user(request, f"{count} darkened.", "SUCCESS")

    @admin.action(description="Fail")
    def fail(self, request: HttpRequest, queryset: Any) -> None:
        queryset.update(color="#111111")
        raise RuntimeError("half way")


site = Site(name="admin")
for _model, _pages in admin.site._registry.items():
    if _model is not Tag:
        site.register(_model, type(_pages))
site.register(Tag, TagPages)

urlpatterns = [part for part in urls.urlpatterns if getattr(part, "namespace", None) != "admin"]
urlpatterns.append(path("admin/", site.urls))
