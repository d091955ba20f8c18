"""What users think, in the admin."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from library.admin.columns import sentence, stars, when
from playback.admin.base import OwnedAdmin
from playback.models import Favorite, Rating, Tally

_ABOUT = ("user", "video", "creator", "studio")
_NAMES = ["video__title", "creator__name", "studio__name", "user__username"]


@admin.register(Rating)
class RatingAdmin(OwnedAdmin):
    list_display = ["about", "shown", "said", "rated"]
    list_filter = ["user", "stars"]
    related = _ABOUT
    search_fields = _NAMES
    empty_sentence = "Whoever gives a video, a person or a studio stars is listed here."
    fields = ["user", "target_link", "stars", "comment", "rated"]
    readonly_fields = ["user", "target_link", "rated"]

    @admin.display(description="Stars")
    def shown(self, rating: Rating) -> SafeString | str:
        return stars(rating.stars)

    @admin.display(description="Comment")
    def said(self, rating: Rating) -> SafeString | str:
        return sentence(rating.comment)

    @admin.display(description="When")
    def rated(self, rating: Rating) -> SafeString | str:
        return when(rating.rated_at)


@admin.register(Favorite)
class FavoriteAdmin(OwnedAdmin):
    list_display = ["about", "since"]
    related = _ABOUT
    search_fields = _NAMES
    empty_sentence = "What users like is listed here."
    fields = ["user", "target_link", "since"]
    readonly_fields = fields

    @admin.display(description="Since")
    def since(self, favorite: Favorite) -> SafeString | str:
        return when(favorite.added_at)


@admin.register(Tally)
class TallyAdmin(OwnedAdmin):
    list_display = ["about", "count", "changed"]
    empty_sentence = "Users' own counters on videos are listed here."
    fields = ["user", "target_link", "count", "changed"]
    readonly_fields = fields

    @admin.display(description="Changed")
    def changed(self, tally: Tally) -> SafeString | str:
        return when(tally.updated_at)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # It only goes up, and only its user lets it.
        return False
