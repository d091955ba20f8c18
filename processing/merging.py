"""What of conversions follows a merge of videos. Loaded when Django starts."""

from library.services.merging import MergeStep, Merging, MovedLink, register_merge
from processing.models import Conversion
from processing.services.conversions.control import cancel_for_videos


def cancel_theirs(merging: Merging) -> None:
    """What was asked for the videos that go is not wanted any more: the keeper may have the same waiting."""
    cancel_for_videos(merging.other_ids)


register_merge("video", MergeStep(cancel_theirs), MovedLink(Conversion, "video"))
