"""The bulk edit stage: what somebody asked for, done to many videos."""

from library.models import BulkEdit
from library.services.bulk_edit import apply_bulk_edit
from processing.exceptions import TargetGoneError
from processing.services.aside import told_from_aside
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Applies the edit in one transaction; a cancelled one leaves nothing changed."""
    with told_from_aside(context.report) as tell:
        try:
            changed = apply_bulk_edit(edit_id=context.target_id, report=tell)
        except BulkEdit.DoesNotExist:
            raise TargetGoneError("The edit was removed before it began.") from None
    return StageResult({"videos": changed})
