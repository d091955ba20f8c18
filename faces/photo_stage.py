"""What the stage of photo searches runs. Workers only: it loads models."""

from faces.models import PhotoSearch
from faces.queries.similar import similar_vectors
from faces.services.engines import loaded_engine
from faces.services.matching import load_references
from faces.services.models import use_model
from faces.services.photo_search import as_json, finish_photo_search
from faces.services.references import faces_in_photo, scaled_box
from processing.stages.registry import StageContext, StageResult

# People and moments that are shown with each face, whatever the thresholds.
_MOST_PEOPLE, _MOST_MOMENTS = 5, 12


def run(context: StageContext) -> StageResult:
    """Whose faces the photo shows, and where else they are to be seen. Raises NoModelError without a pack."""
    search = PhotoSearch.objects.filter(pk=context.target_id).first()
    if search is None:
        return StageResult({"skipped": "The photo was removed."})
    engine = loaded_engine()
    use_model(engine.pack)
    with search.picture.open("rb") as stream:
        found, scale = faces_in_photo(engine=engine, source=stream.read())
    vectors = engine.embed([face.crop for face in found])
    nearest = load_references().nearest(vectors, most=_MOST_PEOPLE)
    boxes = [scaled_box(face, scale) for face in found]
    faces = as_json(zip(boxes, nearest, strict=True), with_ids=True)
    for face, vector in zip(faces, vectors, strict=True):
        face["tracks"] = [
            {"id": similar.track_id, "video_id": similar.video_id, "similarity": round(similar.similarity, 4)}
            for similar in similar_vectors(vector=vector, most=_MOST_MOMENTS)
        ]
    finish_photo_search(search_id=search.pk, faces=faces)
    return StageResult({"faces": len(faces)})
