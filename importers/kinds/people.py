"""People, studios, platforms and what ties them to videos."""

from importers.kinds.base import Kind

KINDS: tuple[Kind, ...] = ()
