"""Snapshots."""

from importers.kinds.base import Kind

KINDS: tuple[Kind, ...] = ()
