"""The library: accounts, folders, videos and files, tags, rules."""

from importers.kinds.base import Kind

KINDS: tuple[Kind, ...] = ()
