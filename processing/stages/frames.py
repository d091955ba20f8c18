"""The frames stage: thumbnail, storyboard, perceptual hash and signature from one decode of the file."""

from library.services import finish_file
from processing.services.frames import make_pictures
from processing.services.preview_keys import wants_preview
from processing.services.submit import IDLE
from processing.stages.files import load_file
from processing.stages.registry import Followup, StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Makes the pictures and marks the file ready."""
    file = load_file(context.target_id)
    products = make_pictures(file=file, report=context.report)
    finish_file(file_id=file.pk, mtime_ns=file.mtime_ns, phash=products.phash, notes=list(products.notes))
    facts = {"tiles": products.tile_count, "decoded_frames": products.decoded_frames}
    # It can wait: nobody stands before an empty page until it is done.
    followups = [Followup("preview", [file.pk], priority=IDLE)] if wants_preview(file) else []
    return StageResult(facts, followups=followups)
