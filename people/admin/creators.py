"""People in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from library.admin.columns import badge, two_lines, when
from library.admin.distinct import NamedForm
from library.admin.inlines import AliasesInline, ExternalIdsInline
from library.admin.named import NamedAdmin
from library.admin.picking import KINDS, PickField
from library.admin.primary import PrimaryForm, PrimaryFormSet
from people.admin.links import ProfilesInline, SocialLinksInline
from people.models import Creator, CreatorAlias, CreatorPicture, CreatorStudio
from people.services.creators import similar_creators


class WithVideosFilter(admin.SimpleListFilter):
    title = "videos"
    parameter_name = "videos"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("some", "With videos"), ("none", "Without videos")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("some", "none"):
            return queryset
        kind = next(kind for kind in KINDS.values() if kind.model is queryset.model)
        linked = Exists(kind.link._default_manager.filter(**{kind.column: OuterRef("pk")}))
        return queryset.filter(linked if self.value() == "some" else ~linked)


class WithPictureFilter(admin.SimpleListFilter):
    title = "picture"
    parameter_name = "picture"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("some", "With a picture"), ("none", "Without a picture")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Creator]) -> QuerySet[Creator]:
        if self.value() not in ("some", "none"):
            return queryset
        has = Exists(CreatorPicture.objects.filter(creator=OuterRef("pk")))
        return queryset.filter(has if self.value() == "some" else ~has)


class NamesInline(AliasesInline):
    model = CreatorAlias


class PicturesInline(TabularInline):
    """The main one stands for the person everywhere."""

    model = CreatorPicture
    form = PrimaryForm
    formset = PrimaryFormSet
    verbose_name = "picture"
    verbose_name_plural = "Pictures"
    fields = ["shown", "image", "chosen", "came_from"]
    readonly_fields = ["shown", "came_from"]
    extra = 0
    hide_title = True

    @admin.display(description="Picture")
    def shown(self, picture: CreatorPicture) -> SafeString | str:
        if not picture.image:
            return "New"
        return format_html('<img class="v-face" src="{}" alt="" width="96" height="96">', picture.image.url)

    @admin.display(description="From")
    def came_from(self, picture: CreatorPicture) -> str:
        return picture.get_source_display()


class CreatorForm(NamedForm):
    studios = PickField(KINDS["studios"], may_create=False, help_text="Studios that they work with.")

    class Meta:
        model = Creator
        # The admin names the others.
        fields = ["name"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and "studios" in self.fields:
            rows = CreatorStudio.objects.filter(creator=self.instance).select_related("studio").order_by("studio__name")
            studios = {row.studio_id: row.studio for row in rows}
            self.initial["studios"] = list(studios)
            self.fields["studios"].widget.labels = studios


@admin.register(Creator)
class CreatorAdmin(NamedAdmin):
    form = CreatorForm
    kind_key, merge_kind, video_filter = "people", "creator", "person"

    list_display = ["portrait", "names", "facts", "videos", "verified", "added"]
    sortable_by = ["names"]
    ordering = ["name", "pk"]
    empty_sentence = "People are added here, and wherever you name one in a video."
    list_filter = ["is_verified", "gender", WithVideosFilter, WithPictureFilter]
    fieldsets = [
        (None, {"fields": ["name", "disambiguation", "description", "is_verified", "studios"]}),
        (
            "Life",
            {
                "fields": [
                    ("gender", "nationality"),
                    ("birth_date", "death_date"),
                    ("birthplace", "ethnicity"),
                    ("career_start_year", "career_end_year"),
                    "astrology",
                ]
            },
        ),
        (
            "Looks",
            {
                "fields": [
                    ("height_cm", "weight_kg"),
                    ("hair_color", "eye_color"),
                    ("measurements", "cup_size"),
                    "tattoos",
                    "piercings",
                    ("has_implants", "is_same_sex_only"),
                    "image_url",
                ],
                "classes": ["collapse"],
            },
        ),
    ]
    inlines = [NamesInline, PicturesInline, ProfilesInline, SocialLinksInline, ExternalIdsInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        main = CreatorPicture.objects.filter(is_primary=True)
        rows = (
            super()
            .get_queryset(request)
            .prefetch_related(
                Prefetch("pictures", main, to_attr="main_pictures"),
                Prefetch("aliases", CreatorAlias.objects.order_by("name")),
            )
        )
        return rows

    def picture_of(self, row: Any) -> str:
        main = row.main_pictures if hasattr(row, "main_pictures") else list(row.pictures.filter(is_primary=True))
        return main[0].image.url if main else ""

    def similar(self, row: Creator) -> list[Any]:
        return similar_creators(row.name)

    # ---- columns ----------------------------------------------------------------------------------------------------
    @admin.display(description="Picture")
    def portrait(self, creator: Any) -> SafeString:
        return portrait(self.picture_of(creator), creator.name)

    @admin.display(description="Name", ordering="name")
    def names(self, creator: Any) -> SafeString:
        also = ", ".join(alias.name for alias in creator.aliases.all())
        return two_lines(str(creator), f"also {also}" if also else "", _change(creator))

    @admin.display(description="Facts")
    def facts(self, creator: Creator) -> str:
        years = f"born {creator.birth_date.year}" if creator.birth_date else ""
        gender = creator.get_gender_display() if creator.gender else ""
        return ", ".join(filter(None, [gender, years, creator.nationality]))

    @admin.display(description="Checked")
    def verified(self, creator: Creator) -> SafeString | str:
        return badge("Checked", "ok") if creator.is_verified else ""

    @admin.display(description="Added")
    def added(self, creator: Creator) -> SafeString | str:
        return when(creator.created_at)

    # ---- saving -----------------------------------------------------------------------------------------------------
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "studios" in form.changed_data:
            add, remove = form.cleaned_data["studios"].difference(KINDS["studios"], request.user)
            CreatorStudio.objects.filter(creator=form.instance, studio__in=remove).delete()
            CreatorStudio.objects.bulk_create(
                [CreatorStudio(creator=form.instance, studio_id=pk) for pk in add], ignore_conflicts=True
            )


def portrait(address: str, name: str) -> SafeString:
    """A small picture, or the first letter of the name."""
    if address:
        return format_html('<img class="v-portrait" src="{}" alt="" width="44" height="44" loading="lazy">', address)
    return format_html('<span class="v-portrait" aria-hidden="true">{}</span>', name[:1].upper())


def _change(row: Any) -> str:
    return reverse(f"admin:people_{row._meta.model_name}_change", args=(row.pk,))
