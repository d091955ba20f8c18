"""Stages on folders, since every folder is a target that exists; and one on files, of which there may be many."""

from processing.stages import Stage
from processing.stages.builtin import folder_labels
from processing.stages.files import labels

STAGES = (
    *(
        Stage(
            name=name,
            label=name.capitalize(),
            queue="maintenance",
            target_kind="folder",
            run=f"tests.processing.stageapp.work.{name}",
            label_of=folder_labels,
        )
        for name in ("record", "hang", "crash", "program")
    ),
    Stage(
        name="nothing",
        label="Nothing",
        queue="maintenance",
        target_kind="file",
        run="tests.processing.stageapp.work.nothing",
        label_of=labels,
    ),
)
