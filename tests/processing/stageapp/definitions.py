"""Stages on folders, since every folder is a target that exists."""

from processing.stages import Stage
from processing.stages.builtin import folder_labels

STAGES = tuple(
    Stage(
        name=name,
        label=name.capitalize(),
        queue="maintenance",
        target_kind="folder",
        run=f"tests.processing.stageapp.work.{name}",
        label_of=folder_labels,
    )
    for name in ("record", "hang", "crash")
)
