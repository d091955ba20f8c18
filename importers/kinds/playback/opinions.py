"""Stars, favourites and counters of users."""

from importers.kinds.base import Kind, Policy
from playback.models import Favorite, Rating, Tally

_TARGETS = ("video", "creator", "studio")


class RatingKind(Kind):
    """Stars that were given here stay; others there are a conflict to look at."""

    name = "playback.rating"
    model = Rating
    natural_key = ("user", *_TARGETS)
    needs = _TARGETS
    required = ("stars", "rated_at")
    policies = {"rated_at": Policy.OURS}


class FavoriteKind(Kind):
    """Liked since whichever is earlier."""

    name = "playback.favorite"
    model = Favorite
    natural_key = ("user", *_TARGETS)
    needs = _TARGETS
    required = ("added_at",)
    policies = {"added_at": Policy.LESSER}


class TallyKind(Kind):
    """What was counted there comes on top of what was counted here."""

    name = "playback.tally"
    model = Tally
    natural_key = ("user", "video")
    policies = {"count": Policy.SUM}
