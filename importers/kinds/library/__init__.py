"""The library: accounts, folders, videos and files, tags, rules."""

from importers.kinds.base import Kind
from importers.kinds.library.files import OldPathKind, VideoFileKind
from importers.kinds.library.folders import FolderKind
from importers.kinds.library.rules import RuleKind, RuleLogKind, RuleRunKind
from importers.kinds.library.tags import TagAliasKind, TagKind, VideoTagKind
from importers.kinds.library.users import UserKind
from importers.kinds.library.videos import VideoKind, VideoMetadataKind
from importers.kinds.library.work import SavedSearchKind, ScanLogKind, TriageProgressKind

KINDS: tuple[Kind, ...] = (
    UserKind(),
    FolderKind(),
    VideoKind(),
    VideoFileKind(),
    OldPathKind(),
    VideoMetadataKind(),
    TagKind(),
    TagAliasKind(),
    VideoTagKind(),
    SavedSearchKind(),
    ScanLogKind(),
    RuleKind(),
    RuleRunKind(),
    RuleLogKind(),
    TriageProgressKind(),
)
