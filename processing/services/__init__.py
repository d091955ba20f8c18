from processing.services.control import (
    cancel_jobs,
    look_at_files,
    reprioritise_jobs,
    rerun_files,
    retry_jobs,
)
from processing.services.submit import submit_jobs, submit_scan

__all__ = [
    "cancel_jobs",
    "look_at_files",
    "reprioritise_jobs",
    "rerun_files",
    "retry_jobs",
    "submit_jobs",
    "submit_scan",
]
