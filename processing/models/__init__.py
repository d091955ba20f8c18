from processing.models.conversion import Conversion, ConversionBatch, EncoderProof
from processing.models.images import Storyboard, Thumbnail
from processing.models.job import Job, JobStatus
from processing.models.preset import Preset
from processing.models.settings import ProcessingSettings
from processing.models.worker import WorkerProcess

__all__ = [
    "Conversion",
    "ConversionBatch",
    "EncoderProof",
    "Job",
    "JobStatus",
    "Preset",
    "ProcessingSettings",
    "Storyboard",
    "Thumbnail",
    "WorkerProcess",
]
