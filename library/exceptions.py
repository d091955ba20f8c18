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


class LoginThrottledError(LibraryError):
    """Too many failed logins; `seconds_left` until the next try counts."""

    permanent = False

    def __init__(self, seconds_left: int) -> None:
        minutes = -(-seconds_left // 60)
        wait = f"{seconds_left} seconds" if seconds_left < 60 else f"{minutes} minute{'' if minutes == 1 else 's'}"
        super().__init__(f"Too many tries with a wrong name or password. You can try again in {wait}.")
        self.seconds_left = seconds_left


class LastOwnerError(LibraryError):
    """Somebody must stay who may do everything."""


class RoleError(LibraryError):
    """A role can't be called so, or names a permission that there isn't."""


class RoleRightsError(LibraryError):
    """Whoever asks may not do that to a role."""


class TreeError(LibraryError):
    """A tag or studio can't lie below itself."""


class MergeError(LibraryError):
    """These rows can't be merged; nothing was changed."""


class TrashedError(LibraryError):
    """What lies in the trash can't be put on videos."""


class PictureError(LibraryError):
    """An uploaded file that is no picture that can be kept."""


class BulkEditError(LibraryError):
    """What is asked of many videos at once is not something that can be done."""


class UndoError(LibraryError):
    """The change can't be taken back: it was already, or it is of a kind that can't be."""


class CoverError(LibraryError):
    """What was asked for can't be made the cover."""


class RangeNotSatisfiableError(LibraryError):
    """The bytes asked for lie behind the end of the file."""


class UploadError(LibraryError):
    """An upload can't begin, or can't go on as it was asked for."""


class UploadOffsetError(UploadError):
    """A piece that doesn't begin where the upload is; `offset` is where that is, in bytes."""

    permanent = False

    def __init__(self, offset: int) -> None:
        super().__init__(f"The upload is at byte {offset:,}: go on from there.")
        self.offset = offset


class UploadChecksumError(UploadError):
    """A piece arrived otherwise than it was sent; none of it was kept."""

    permanent = False


class UploadBusyError(UploadError):
    """Another piece of the same upload is being received."""

    permanent = False


class UploadGoneError(UploadError):
    """The upload was cancelled, refused or finished: nothing more is taken."""


class NoSpaceError(UploadError):
    """The disk has no room for it."""

    permanent = False


class TokenError(LibraryError):
    """A token can't be made like this."""

    permanent = True


class TokenRefusedError(LibraryError):
    """The token that was sent is not one that counts; `seconds_left` is set when there were too many such."""

    permanent = True

    def __init__(self, sentence: str, seconds_left: int | None = None) -> None:
        super().__init__(sentence)
        self.seconds_left = seconds_left


class RuleError(LibraryError):
    """A rule can't be what it says, or takes too long."""


class RenameRefusedError(LibraryError):
    """Files on the disk aren't renamed: it is switched off, or something is in the way."""
