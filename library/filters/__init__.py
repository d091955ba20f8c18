"""Filters of videos: facets that apps register, nested by all, any and not.

A filter is JSON: `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}` and `{"facet": key, "op": operator, "value": v}`;
`{}` lets every video through. `parse_filter` checks it and gives the canonical form, `apply_filter` narrows a queryset
of videos or of primary files, `encode_filter` writes it for an address.
"""

from library.filters.apply import apply_filter
from library.filters.coding import decode_filter, encode_filter
from library.filters.errors import FilterError
from library.filters.registry import Ask, Choice, Facet, Kind, all_facets, get_facet, register_facet
from library.filters.tree import EVERYTHING, Condition, Group, parse_filter

__all__ = [
    "EVERYTHING",
    "Ask",
    "Choice",
    "Condition",
    "Facet",
    "FilterError",
    "Group",
    "Kind",
    "all_facets",
    "apply_filter",
    "decode_filter",
    "encode_filter",
    "get_facet",
    "parse_filter",
    "register_facet",
]
