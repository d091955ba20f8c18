"""What machines did: conversions, jobs, findings, plugins; and how stages and what is made are set."""

from importers.kinds.base import Kind
from importers.kinds.processing.conversions import ConversionKind
from importers.kinds.processing.findings import IntegrityFindingKind, PluginKind, PluginMetadataKind
from importers.kinds.processing.jobs import DeadLetterKind, JobKind
from importers.kinds.processing.stages import ProcessingSettingsKind, StageConfigKind
from importers.kinds.settings_rows import LibrarySettingsKind

KINDS: tuple[Kind, ...] = (
    ConversionKind(),
    JobKind(),
    DeadLetterKind(),
    IntegrityFindingKind(),
    StageConfigKind(),
    PluginKind(),
    PluginMetadataKind(),
    ProcessingSettingsKind(),
    LibrarySettingsKind(),
)
