"""Beginning an upload, or going on with one."""

from datetime import UTC, datetime

from django.utils import timezone

from library.exceptions import UploadError
from library.models import Upload, User, VideoFile
from library.models.upload import UNFINISHED, UploadStatus
from library.paths import encode_path
from library.services.exclusions import exclusion_of
from library.services.receiving.names import clean_name
from library.services.receiving.places import check_room, upload_folder

# A file system's own limit is lower; more than this is no video but a mistake.
MOST_BYTES = 16 * 1024**4
# Of one user at once: each keeps room on the disk for itself.
MOST_UNFINISHED = 50
_NAME_CHARACTERS = 500
_KEY_CHARACTERS = 100
_EARLIEST = datetime(1980, 1, 2, tzinfo=UTC)


def find_known(*, size_bytes: int, oshash: str) -> VideoFile | None:
    """A file of the library that has this content by all appearances, with its video; None when there is none.

    One in the trash counts too. A missing one doesn't: an upload of it brings it back.
    """
    if not oshash or size_bytes <= 0:
        return None
    same = VideoFile.objects.present().filter(size_bytes=size_bytes, oshash=oshash, video__isnull=False)
    return same.filter(folder__removed_at=None).select_related("video", "folder").order_by("pk").first()


def begin_upload(
    *,
    user: User,
    name: str,
    size_bytes: int,
    content_key: str = "",
    modified_at: datetime | None = None,
    is_duplicate_accepted: bool = False,
) -> tuple[Upload, bool]:
    """The upload to send the file by, and whether it is new: the same file of the same user goes on where it was.

    `content_key` is whatever tells the file from others on the user's machine; without one it is always new. Raises
    UploadError, and NoSpaceError when the disk has no room for it.
    """
    if not 0 < size_bytes <= MOST_BYTES:
        raise UploadError("The file is empty." if size_bytes <= 0 else "The file is larger than any disk.")
    safe = clean_name(name)
    folder = upload_folder()
    content_key = content_key[:_KEY_CHARACTERS]
    mine = Upload.objects.filter(user=user, status__in=UNFINISHED)
    if content_key:
        before = mine.select_related("folder").filter(content_key=content_key, size_bytes=size_bytes, folder=folder)
        if (upload := before.first()) is not None:
            return upload, False
    is_excluded = exclusion_of(folder.exclude_globs)
    if is_excluded is not None and is_excluded(encode_path(safe)):
        raise UploadError(f"{safe} is a name that the patterns of {folder.name} leave out: rename the file first.")
    if mine.count() >= MOST_UNFINISHED:
        raise UploadError(f"You have {MOST_UNFINISHED} unfinished uploads: finish or cancel some of them first.")
    check_room(folder, size_bytes)
    upload = Upload.objects.create(
        user=user,
        folder=folder,
        name=name.replace("\x00", "").encode("utf-8", "replace").decode()[:_NAME_CHARACTERS],
        size_bytes=size_bytes,
        content_key=content_key,
        modified_at=modified_at if modified_at and _EARLIEST < modified_at < timezone.now() else None,
        is_duplicate_accepted=is_duplicate_accepted,
        status=UploadStatus.RECEIVING,
    )
    # Its id comes from the database.
    upload.refresh_from_db()
    return upload, True
