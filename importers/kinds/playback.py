"""What users did and keep: stars, favourites, marks, lists, plays, shares."""

from importers.kinds.base import Kind

KINDS: tuple[Kind, ...] = ()
