from processing.models.images import Preview, Storyboard, Thumbnail
from processing.models.integrity import FileCheck, IntegrityFinding
from processing.models.job import Job, JobStatus
from processing.models.settings import ProcessingSettings
from processing.models.worker import WorkerProcess

__all__ = [
    "FileCheck",
    "IntegrityFinding",
    "Job",
    "JobStatus",
    "Preview",
    "ProcessingSettings",
    "Storyboard",
    "Thumbnail",
    "WorkerProcess",
]
