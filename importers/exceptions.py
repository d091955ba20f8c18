"""What can go wrong when somebody moves in."""

from library.exceptions import LibraryError


class ImportersError(LibraryError):
    """Something a person can do about; the message says what. None of it goes away by trying again."""

    permanent = True


class SourceError(ImportersError):
    """The source can't be read as data of that system."""


class RunError(ImportersError):
    """A run can't be started, resumed, verified or taken back as it was asked."""
