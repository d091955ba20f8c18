"""What the library asks to have done in the background becomes jobs. Loaded when Django starts."""

from library.services.background import provide_background
from processing.services.submit import MANUAL, submit_jobs
from processing.services.trashed import follow_trash


def submit(name: str, subject_id: int, requested_by_id: int | None) -> None:
    """A job of the stage `name` on the row `subject_id`."""
    submit_jobs(stage=name, target_ids=[subject_id], priority=MANUAL, requested_by_id=requested_by_id)


provide_background(submit)
follow_trash()
