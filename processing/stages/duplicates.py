"""The duplicates stages: the search for one file, and a person's wish to keep the best of many."""

from dataclasses import asdict

from library.models import User
from library.services.duplicates.plan import apply_best
from library.services.duplicates.search import find_for_file
from processing.exceptions import TargetGoneError
from processing.services.aside import told_from_aside
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Looks for videos that show the same as the file's; what a person answered before stays answered."""
    return StageResult(asdict(find_for_file(file_id=context.target_id)))


def keep_best(context: StageContext) -> StageResult:
    """Merges the pairs named by `pair_ids` (None: all open ones) by the rules as they are now, in one transaction."""
    user = User.objects.filter(pk=context.target_id).first()
    if user is None:
        raise TargetGoneError("The account that asked for it was deleted.")
    with told_from_aside(context.report) as tell:
        applied = apply_best(
            pair_ids=context.params.get("pair_ids"),
            user=user,
            other_files=context.params.get("other_files", "trash"),
            report=tell,
        )
    return StageResult(asdict(applied))
