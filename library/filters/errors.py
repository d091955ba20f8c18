"""What can be wrong with a filter."""

from library.exceptions import LibraryError


class FilterError(LibraryError, ValueError):
    """A filter that can't be read; its text is a sentence for the person who made it."""

    permanent = True
