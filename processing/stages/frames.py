"""The frames stage: thumbnail, storyboard, perceptual hash and signature from one decode of the file."""

from library.services import finish_file
from processing.services.frames import make_pictures
from processing.stages.files import load_file
from processing.stages.registry import StageContext, StageResult


def run(context: StageContext) -> StageResult:
    """Makes the pictures and marks the file ready."""
    file = load_file(context.target_id)
    products = make_pictures(file=file, report=context.report)
    finish_file(file_id=file.pk, mtime_ns=file.mtime_ns, phash=products.phash, notes=list(products.notes))
    return StageResult({"tiles": products.tile_count, "decoded_frames": products.decoded_frames})
