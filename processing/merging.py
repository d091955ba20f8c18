"""What of the processing follows a merge of videos. Loaded when Django starts."""

from library.services.merging import MergeStep, Merging, MovedLink, register_merge
from processing.models import Conversion, PluginMetadata
from processing.services.conversions.control import cancel_for_videos


def cancel_theirs(merging: Merging) -> None:
    """What was asked for the videos that go is not wanted any more: the keeper may have the same waiting."""
    cancel_for_videos(merging.other_ids)


def keep_surer(stays: PluginMetadata, goes: PluginMetadata) -> None:
    """Of one fact said of both videos the surer saying counts, and it is taken over where either was."""
    if goes.confidence > stays.confidence:
        stays.confidence, stays.source, stays.fetched_at = goes.confidence, goes.source, goes.fetched_at
    stays.taken_at = stays.taken_at or goes.taken_at


register_merge(
    "video",
    MergeStep(cancel_theirs),
    MovedLink(Conversion, "video"),
    MovedLink(PluginMetadata, "video", ("plugin", "field", "value"), keep_surer),
)
