"""What of the processing follows a merge of videos. Loaded when Django starts."""

from library.services.merging import MovedLink, register_merge
from processing.models import PluginMetadata


def keep_surer(stays: PluginMetadata, goes: PluginMetadata) -> None:
    """Of one fact said of both videos the surer saying counts, and it is taken over where either was."""
    if goes.confidence > stays.confidence:
        stays.confidence, stays.source, stays.fetched_at = goes.confidence, goes.source, goes.fetched_at
    stays.taken_at = stays.taken_at or goes.taken_at


register_merge("video", MovedLink(PluginMetadata, "video", ("plugin", "field", "value"), keep_surer))
