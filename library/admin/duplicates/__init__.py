"""Duplicates in the admin: their list, two or more beside each other, the rules for the best, wasted space."""

from library.admin.duplicates import section
from library.admin.duplicates.pairs import DuplicatePairAdmin

__all__ = ["DuplicatePairAdmin", "section"]
