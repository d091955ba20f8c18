"""What can go wrong in the library. `permanent` says that trying again without a change can't help."""


class LibraryError(Exception):
    """Base of this app's errors; the text is a sentence for the owner."""

    permanent = True


class FolderUnavailableError(LibraryError):
    """The folder is missing, unmounted or may not be read. Nothing was marked missing."""


class FolderOverlapError(LibraryError):
    """The folder lies in one that the library watches already."""


class ScanInProgressError(LibraryError):
    """Another scan of the same folder is running."""

    permanent = False


class FileChangedError(LibraryError):
    """The file changed while it was being looked at. The next attempt looks at what it is now."""

    permanent = False
