"""What the engine does about videos that go into the trash, come out of it and are purged."""

from collections.abc import Callable, Sequence

from django.db.models.functions import Now

from library.models import VideoFile
from library.services.purge import before_purge
from library.services.trash import on_restored, on_trashed
from processing.models import DeadLetter, Job, LetterStatus, Preview, Storyboard, Thumbnail
from processing.models.job import TargetKind
from processing.services.control import cancel_jobs
from processing.services.conversions import control as conversions
from processing.services.derived import remove_files
from processing.services.records import forget_targets
from processing.services.triggers import submit_import


def cancel_for_videos(video_ids: Sequence[int]) -> None:
    """Nobody wants pictures of what is in the trash."""
    cancel_for_files(list(VideoFile.objects.filter(video__in=video_ids).values_list("pk", flat=True)))


def cancel_for_files(file_ids: Sequence[int]) -> None:
    """Takes out the jobs of the files, those that run too."""
    jobs = Job.objects.active().filter(target_kind=TargetKind.FILE, target_id__in=file_ids)
    cancel_jobs(job_ids=list(jobs.values_list("pk", flat=True)))


def resume_videos(video_ids: Sequence[int]) -> None:
    """What was cancelled begins again."""
    resume_files(list(VideoFile.objects.filter(video__in=video_ids).values_list("pk", flat=True)))


def resume_files(file_ids: Sequence[int]) -> None:
    """Submits what begins on import for those that are there and not finished."""
    unfinished = VideoFile.objects.present().unfinished().filter(pk__in=file_ids).order_by("folder", "pk")
    by_folder: dict[int, list[int]] = {}
    for folder_id, pk in unfinished.values_list("folder_id", "pk"):
        by_folder.setdefault(folder_id, []).append(pk)
    for folder_id, ids in by_folder.items():
        submit_import(file_ids=ids, folder_id=folder_id, even_if_running=False)


def forget_pictures(file_ids: Sequence[int]) -> Callable[[], None]:
    """Cancels the files' jobs, forgets how their stages ended, and returns what removes their pictures from the
    storage. The jobs stay as history, with their labels."""
    cancel_for_files(file_ids)
    forget_targets(TargetKind.FILE, file_ids)
    about_them = DeadLetter.objects.open().filter(target_kind=TargetKind.FILE, target_id__in=file_ids)
    about_them.update(status=LetterStatus.ABANDONED, closed_at=Now(), note="The file was deleted.")
    names: set[str] = set()
    for small, large in Thumbnail.objects.filter(file__in=file_ids).values_list("small", "large"):
        names |= {small, large}
    for sprite, vtt in Storyboard.objects.filter(file__in=file_ids).values_list("sprite", "vtt"):
        names |= {sprite, vtt}
    names |= set(Preview.objects.filter(file__in=file_ids).values_list("clip", flat=True))
    return lambda: remove_files(sorted(names))


def follow_trash() -> None:
    """Has the library tell about its trash. Called once, when Django starts."""
    on_trashed("video", cancel_for_videos)
    on_trashed("file", cancel_for_files)
    on_trashed("video", conversions.cancel_for_videos)
    on_trashed("file", conversions.cancel_for_files)
    on_restored("video", resume_videos)
    on_restored("file", resume_files)
    before_purge(forget_pictures)
