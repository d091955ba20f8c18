"""What machines did: conversions, jobs, findings, settings."""

from importers.kinds.base import Kind

KINDS: tuple[Kind, ...] = ()
