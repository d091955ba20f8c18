"""The circuit breaker of scans: too many files missing at once are more likely an accident than a wish."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from library.models import LibrarySettings, ScanLog, VideoFile
from library.models.scan_log import ScanStatus


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why nothing is marked missing, in a sentence, and how the scan ends."""

    status: ScanStatus
    sentence: str


def judge(log: ScanLog, *, gone_count: int, excluded_count: int = 0) -> Verdict | None:
    """Whether so many missing files at once need a person's word; None when they are few.

    `gone_count` files of the folder are not found; `excluded_count` were left out by its patterns, just now marked. A
    share counts of all files of the folder that were there, also when a part of it was scanned. While a question about
    more than this part is open, or was answered with "keep them", none of the part is marked, however few they are:
    else what is held as a whole would be marked part by part.
    """
    limits = LibrarySettings.load()
    known = VideoFile.objects.present().filter(folder=log.folder_id).count() + excluded_count
    percent = min(100, round(100 * gone_count / max(known, 1)))
    files = f"{gone_count:,} of {known:,} files ({percent} %)"
    kept = Verdict(
        ScanStatus.COMPLETED,
        f"{files} were not found and are kept as they are, as you said. They show up again with their disk.",
    )
    if gone_count <= limits.missing_limit_files or 100 * gone_count <= limits.missing_limit_percent * known:
        around = _last_of(log, _parts_around(log.subpath))
        if around is None or not around.files_held:
            return None
        if around.status == ScanStatus.COMPLETED:
            return kept
        return Verdict(
            ScanStatus.COMPLETED,
            f"{files} were not found. None was marked missing: a scan of {_where(around)} waits for your answer.",
        )
    last = _last_of(log, [log.subpath, *_parts_around(log.subpath)])
    if last is not None and last.status == ScanStatus.COMPLETED and gone_count <= last.files_held:
        return kept
    return Verdict(
        ScanStatus.HELD,
        f"{files} were not found, more than the {limits.missing_limit_percent} % that a scan may mark by itself. None "
        "was marked missing: say whether they are gone or their disk is away.",
    )


def _last_of(log: ScanLog, parts: list[str]) -> ScanLog | None:
    """The last scan of one of the parts that was not cut off."""
    ended = ScanLog.objects.filter(folder=log.folder_id, subpath__in=parts).exclude(pk=log.pk)
    ended = ended.filter(status__in=(ScanStatus.COMPLETED, ScanStatus.HELD))
    return ended.order_by("-started_at", "-pk").first()


def _parts_around(subpath: str) -> list[str]:
    """The parts that the part lies in, the whole folder ("") too; none for that."""
    names = subpath.split("/") if subpath else []
    return ["/".join(names[:count]) for count in range(len(names))]


def _where(log: ScanLog) -> str:
    return log.shown_subpath or "the whole folder"


def close_older(log: ScanLog) -> None:
    """An earlier question about the same part, or about one that lies in it, is settled or asked anew by this scan.

    It has no `files_held` any more: nobody said to keep them.
    """
    older = ScanLog.objects.filter(folder=log.folder_id, status=ScanStatus.HELD).exclude(pk=log.pk)
    if log.subpath:
        older = older.filter(Q(subpath=log.subpath) | Q(subpath__startswith=log.subpath + "/"))
    if older.exists():
        older.update(status=ScanStatus.COMPLETED, files_held=0)


def keep_held(*, log: ScanLog) -> bool:
    """The person's word that the files of a held scan are only away; False when it waits for no answer any more.

    Scans that miss no more than these ask no more, until one finds the files.
    """
    return (
        ScanLog.objects.filter(pk=log.pk, status=ScanStatus.HELD).update(
            status=ScanStatus.COMPLETED,
            error=f"{log.files_held:,} files were not found; you said on {timezone.localdate():%Y-%m-%d} that they are "
            "only away. Nothing was marked missing.",
        )
        == 1
    )
