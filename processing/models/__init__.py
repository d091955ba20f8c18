from processing.models.conversion import Conversion, ConversionBatch, EncoderProof
from processing.models.dead_letter import DeadLetter, LetterStatus
from processing.models.engine import CronRun, DemandLease, QueueControl, StageConfig, Trigger
from processing.models.face_frames import FaceFrames
from processing.models.images import Preview, Storyboard, Thumbnail
from processing.models.integrity import FileCheck, IntegrityFinding
from processing.models.job import Job, JobStatus, Priority
from processing.models.plugin import Plugin, PluginMetadata
from processing.models.preset import Preset
from processing.models.record import StageRecord
from processing.models.settings import ProcessingSettings
from processing.models.tally import JobTally
from processing.models.worker import WorkerProcess

__all__ = [
    "Conversion",
    "ConversionBatch",
    "CronRun",
    "DeadLetter",
    "DemandLease",
    "EncoderProof",
    "FaceFrames",
    "FileCheck",
    "IntegrityFinding",
    "Job",
    "JobStatus",
    "JobTally",
    "LetterStatus",
    "Plugin",
    "PluginMetadata",
    "Preset",
    "Preview",
    "Priority",
    "ProcessingSettings",
    "QueueControl",
    "StageConfig",
    "StageRecord",
    "Storyboard",
    "Thumbnail",
    "Trigger",
    "WorkerProcess",
]
