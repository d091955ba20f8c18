from library.models.access import LoginCounter, UserSession
from library.models.audit import AuditEvent, AuditKind
from library.models.base import TimeStamped
from library.models.bulk_edit import BulkEdit
from library.models.change import ChangeBatch
from library.models.duplicate import DuplicatePair
from library.models.file import IgnoredFile, OldPath, VideoFile
from library.models.folder import Folder
from library.models.kept import KeptResult
from library.models.renaming import RenameItem, RenameRun
from library.models.rule import Rule, RuleLog, RuleRun
from library.models.scan_log import ScanLog
from library.models.search import SavedSearch
from library.models.settings import LibrarySettings, SettingsRow
from library.models.signature import FileSignature
from library.models.suggesting import DeclinedEvidence, SuggestionInput
from library.models.suggestion import Rejection, Suggestion
from library.models.tag import Tag, TagAlias, VideoMetadata, VideoTag
from library.models.text import VideoText
from library.models.token import ApiToken
from library.models.triage import TriageAnswer, TriageCoverage, TriageLease, TriageProgress
from library.models.upload import Upload
from library.models.user import User
from library.models.video import Video

__all__ = [
    "ApiToken",
    "AuditEvent",
    "AuditKind",
    "BulkEdit",
    "ChangeBatch",
    "DeclinedEvidence",
    "DuplicatePair",
    "FileSignature",
    "Folder",
    "IgnoredFile",
    "KeptResult",
    "LibrarySettings",
    "LoginCounter",
    "OldPath",
    "Rejection",
    "RenameItem",
    "RenameRun",
    "Rule",
    "RuleLog",
    "RuleRun",
    "SavedSearch",
    "ScanLog",
    "SettingsRow",
    "Suggestion",
    "SuggestionInput",
    "Tag",
    "TagAlias",
    "TimeStamped",
    "TriageAnswer",
    "TriageCoverage",
    "TriageLease",
    "TriageProgress",
    "Upload",
    "User",
    "UserSession",
    "Video",
    "VideoFile",
    "VideoMetadata",
    "VideoTag",
    "VideoText",
]
