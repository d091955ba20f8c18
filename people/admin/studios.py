"""Studios in the admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from library.admin.columns import NOTHING, badge, link_to, two_lines
from library.admin.distinct import NamedForm
from library.admin.inlines import AliasesInline, ExternalIdsInline
from library.admin.named import NamedAdmin
from library.admin.picking import KINDS, PickOneField
from people.admin.creators import WithVideosFilter, _change, portrait
from people.admin.links import SocialLinksInline
from people.models import Studio, StudioAlias
from people.services.studios import descendant_ids, similar_studios


class NamesInline(AliasesInline):
    model = StudioAlias


class StudioForm(NamedForm):
    parent = PickOneField(KINDS["studios"], label="Part of", help_text="The studio that it belongs to.")
    network = PickOneField(KINDS["studios"], label="Network", help_text="The network that shows its videos.")

    class Meta:
        model = Studio
        # The admin names the others.
        fields = ["name"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("parent", "network"):
            if name in self.fields:
                self.fields[name].widget.without = self.instance.pk

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and any(name in self.changed_data for name in ("parent", "network")):
            below = descendant_ids([self.instance.pk])
            for name, words in (("parent", "part of"), ("network", "in the network")):
                above = cleaned.get(name)
                if above is not None and above.pk in below:
                    sentence = f"{self.instance} can't be {words} {above}, because {above} belongs to it."
                    self.add_error(name, ValidationError(sentence))
        return cleaned


@admin.register(Studio)
class StudioAdmin(NamedAdmin):
    form = StudioForm
    kind_key, merge_kind, video_filter = "studios", "studio", "studio"

    list_display = ["logo_small", "names", "belongs_to", "videos", "rated", "verified"]
    sortable_by = ["names", "videos"]
    ordering = ["name", "pk"]
    empty_sentence = "Studios are added here, and wherever you name one for a video."
    list_filter = ["is_verified", WithVideosFilter]
    fieldsets = [
        (None, {"fields": ["name", "disambiguation", "short_name", "description", "url", "is_verified"]}),
        ("Where it belongs", {"fields": ["parent", "network", "rating"]}),
        ("Pictures", {"fields": ["logo", "favicon", "poster"]}),
    ]
    inlines = [NamesInline, SocialLinksInline, ExternalIdsInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("parent", "network")
        return rows.prefetch_related(Prefetch("aliases", StudioAlias.objects.order_by("name")))

    def picture_of(self, row: Studio) -> str:
        image = row.logo or row.favicon or row.poster
        return str(image.url) if image else ""

    def similar(self, row: Studio) -> list[Any]:
        return similar_studios(row.name)

    @admin.display(description="Logo")
    def logo_small(self, studio: Studio) -> SafeString:
        return portrait(self.picture_of(studio), studio.name)

    @admin.display(description="Name", ordering="name")
    def names(self, studio: Any) -> SafeString:
        also = ", ".join(alias.name for alias in studio.aliases.all())
        return two_lines(str(studio), f"also {also}" if also else studio.short_name, _change(studio))

    @admin.display(description="Part of")
    def belongs_to(self, studio: Studio) -> SafeString | str:
        above = studio.parent or studio.network
        return link_to(_change(above), str(above)) if above else NOTHING

    @admin.display(description="Rating")
    def rated(self, studio: Studio) -> str:
        return NOTHING if studio.rating is None else f"{studio.rating:g} of 10"

    @admin.display(description="Checked")
    def verified(self, studio: Studio) -> SafeString | str:
        return badge("Checked", "ok") if studio.is_verified else ""
