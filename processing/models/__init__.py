from processing.models.images import Storyboard, Thumbnail
from processing.models.job import Job, JobStatus
from processing.models.settings import ProcessingSettings
from processing.models.worker import WorkerProcess

__all__ = ["Job", "JobStatus", "ProcessingSettings", "Storyboard", "Thumbnail", "WorkerProcess"]
