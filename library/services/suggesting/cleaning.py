"""File names without what the owner calls noise. Playback, which keeps those rules, says how."""

from collections.abc import Callable, Sequence

Clean = Callable[[Sequence[str]], list[str]]
_clean: list[Clean] = []


def provide_cleaning(clean: Clean) -> None:
    """Makes `clean` what `clean_names` calls; a second one takes the first one's place."""
    _clean[:] = [clean]


def clean_names(names: Sequence[str]) -> list[str]:
    """The names in their order, cleaned; one of which nothing is left stays as it was."""
    if not _clean:
        return list(names)
    return [clean or name for name, clean in zip(names, _clean[0](names), strict=True)]
