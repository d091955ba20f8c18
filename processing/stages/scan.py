"""The scan stage: a folder in, files to probe out."""

from library.models import Folder, ScanLog
from library.models.scan_log import ScanStatus
from library.services import scan_folder
from processing.exceptions import TargetGoneError
from processing.services.triggers import submit_import
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Scans the folder; files to probe are submitted batch by batch, so that work begins before the scan ends."""
    folder = Folder.objects.filter(pk=context.target_id).first()
    if folder is None or folder.removed_at is not None:
        raise TargetGoneError("The folder was removed from the library.")
    # How far it is can only be guessed from the last time.
    subpath = context.params.get("subpath", "")
    last = ScanLog.objects.filter(folder=folder, subpath=subpath, status=ScanStatus.COMPLETED).first()
    expected = last.files_seen if last else 0

    def submit(file_ids: list[int]) -> None:
        submit_import(
            file_ids=file_ids,
            folder_id=folder.pk,
            priority=context.priority,
            requested_by_id=context.requested_by_id,
        )

    log = scan_folder(
        folder=folder,
        trigger=context.params.get("trigger", "manual"),
        subpath=subpath,
        accept_missing=context.params.get("accept_missing", False),
        on_found=submit,
        on_progress=lambda seen: context.report(seen, max(seen, expected)),
    )
    counts = {name: getattr(log, name) for name in vars(log) if name.startswith("files_")}
    return StageResult({"scan_log": log.pk, "status": log.status, **counts})
