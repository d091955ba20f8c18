"""How much counts are worth."""

from math import sqrt

# 95 % of a normal distribution lie within this many deviations.
_Z = 1.96


def wilson_lower_bound(right: int, total: int) -> float:
    """The lower end of the 95 % interval for a share (E. B. Wilson, 1927); 0 for nothing."""
    if not total:
        return 0.0
    share = right / total
    middle = share + _Z * _Z / (2 * total)
    spread = _Z * sqrt((share * (1 - share) + _Z * _Z / (4 * total)) / total)
    return max(0.0, (middle - spread) / (1 + _Z * _Z / total))
