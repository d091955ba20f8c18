"""Faces: references, appearances, settings."""

from importers.kinds.base import Kind

KINDS: tuple[Kind, ...] = ()
