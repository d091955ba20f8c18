"""A small stage: how many .nfo files lie in a folder of the library."""

import os

from library.models import Folder
from processing.plugins.api import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Counts them, below the folder too."""
    folder = Folder.objects.get(pk=context.target_id)
    count = 0
    for _, _, names in os.walk(folder.fs_path):
        count += sum(name.lower().endswith(".nfo") for name in names)
        context.report(count, count)
    return StageResult({"nfo_files": count})
