"""What paths say: known names in folders and file names."""

from collections.abc import Iterator, Sequence

from library.models import Suggestion
from library.services.suggesting.cleaning import clean_names
from library.services.suggesting.names import Hit, load_names
from library.services.suggesting.places import files_of
from library.services.suggestions import Proposal

IN_FOLDER, IN_NAME = "folder", "file"
# (the folder is named that, it is in the folder's name and telling, or not)
_FOLDER = (0.92, 0.8, 0.6)
_FILE = (0.88, 0.82, 0.62)
# A tag is a common word: that it stands somewhere says less.
_OF_TAGS = 0.9


def propose_by_path(video_ids: Sequence[int]) -> Iterator[Proposal]:
    """Names of people, studios and tags that stand in the path; the innermost place of each counts."""
    names = load_names()
    files = files_of(video_ids)
    stems = clean_names([file.stem for file in files])
    for file, stem in zip(files, stems, strict=True):
        found: dict[tuple[str, int], Proposal] = {}
        # The file's name comes last and counts most.
        for where, part in [*((IN_FOLDER, name) for name in file.folders), (IN_NAME, stem)]:
            for hit in names.find_in(part):
                confidence = _confidence(hit, where)
                known = found.get((hit.kind, hit.object_id))
                if known is None or confidence >= known.confidence:
                    evidence = {"words": hit.words, "in": where, "part": part[:200]}
                    found[hit.kind, hit.object_id] = Proposal(
                        file.video_id, hit.kind, hit.object_id, confidence, evidence
                    )
        yield from found.values()


def _confidence(hit: Hit, where: str) -> float:
    whole, telling, other = _FOLDER if where == IN_FOLDER else _FILE
    confidence = whole if hit.is_whole else telling if hit.is_telling else other
    return confidence * (_OF_TAGS if hit.kind == "tag" else 1.0)


def path_reason(suggestion: Suggestion) -> str:
    part = suggestion.evidence.get("part", "")
    where = "The folder" if suggestion.evidence.get("in") == IN_FOLDER else "The file name"
    return f"{where} “{part}” says so."
