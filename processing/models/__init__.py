from processing.models.images import Storyboard, Thumbnail
from processing.models.job import Job, JobStatus
from processing.models.plugin import Plugin, PluginMetadata
from processing.models.settings import ProcessingSettings
from processing.models.tally import JobTally
from processing.models.worker import WorkerProcess

__all__ = [
    "Job",
    "JobStatus",
    "JobTally",
    "Plugin",
    "PluginMetadata",
    "ProcessingSettings",
    "Storyboard",
    "Thumbnail",
    "WorkerProcess",
]
