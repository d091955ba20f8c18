"""The kinds of rows that records become: for each model of ours that an importer writes, how it is done."""

from importers.kinds.base import Kind, Match, Policy, Prepared

_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Called by `ImportersConfig.ready()`. Raises ValueError on a second one of the name."""
    if kind.name in _kinds:
        raise ValueError(f"There are two kinds named {kind.name}.")
    _kinds[kind.name] = kind


def find_kind(name: str) -> Kind:
    """Raises KeyError: a reader named a kind that there isn't."""
    return _kinds[name]


def kinds() -> list[Kind]:
    return list(_kinds.values())


__all__ = ["Kind", "Match", "Policy", "Prepared", "find_kind", "kinds", "register_kind"]
