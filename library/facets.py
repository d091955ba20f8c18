"""What the library itself can filter by."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Least, Left
from django.db.models.lookups import GreaterThanOrEqual

from library import words
from library.conditions import is_in
from library.filters.columns import choices, day, flag, moment, number, one_of, with_descendants
from library.filters.named import find_named
from library.filters.registry import Ask, Choice, Facet, Kind, register_facet
from library.filters.words import text_query
from library.models import DuplicatePair, Folder, Tag, TagAlias, VideoFile, VideoMetadata, VideoTag, VideoText
from library.models.duplicate import DuplicateVerdict
from library.models.video import Origin, VideoType
from library.paths import encode_path

_INDEXED = 300
_ORIENTATIONS = {"landscape": ("Landscape", "gt"), "portrait": ("Upright", "lt"), "square": ("Square", "exact")}


def has_words(ask: Ask) -> Q:
    """Videos whose words match what was typed; all of them where no word was."""
    return ask.exists(_texts(ask.value)) if text_query(ask.value) else Q()


def with_words(ask: Ask) -> Q:
    """The same, by looking up all that match before the first video is asked: for orders in which they may be last."""
    return is_in(ask.pk, _texts(ask.value).values("video")) if text_query(ask.value) else Q()


def _texts(text: str) -> QuerySet[VideoText]:
    return VideoText.objects.filter(document=SearchQuery(text_query(text), config="simple", search_type="raw"))


def _tags(ask: Ask) -> Q:
    if ask.operator == "empty":
        # Videos without the words of a tag have an index. Few tags are without a word themselves, mostly none.
        untagged = ask.exists(VideoText.objects.filter(tag_text=""))
        wordless = list(Tag.objects.in_use().filter(name_folded="").values_list("pk", flat=True))
        return untagged & ~ask.exists(VideoTag.objects.filter(tag_id__in=wordless)) if wordless else untagged
    if ask.operator == "exact":
        return ask.exists(VideoTag.objects.filter(tag_id__in=ask.value, tag__trashed_at=None))
    together = [ask.value] if ask.operator == "any" else [[tag_id] for tag_id in ask.value]
    q = Q()
    for ids in together:
        q &= ask.exists(VideoTag.objects.filter(tag_id__in=with_descendants("library_tag", ids)))
    return q


def _find_tags(text: str, limit: int) -> Sequence[Choice]:
    rows, links = Tag.objects.in_use().select_related("parent"), VideoTag.objects.all()
    return find_named(
        rows, TagAlias.objects.all(), "tag", text, limit, links=links, detail=lambda tag: str(tag.parent or "")
    )


def _tag_names(ids: Sequence[int]) -> Mapping[Any, str]:
    return dict(Tag.objects.filter(pk__in=ids).values_list("pk", "name"))


def _folders() -> Sequence[Choice]:
    return [Choice(str(pk), name) for pk, name in Folder.objects.in_library().values_list("pk", "name")]


def _path(ask: Ask) -> Q:
    wanted = encode_path(ask.value)
    files = VideoFile.objects.filter(trashed_at=None)
    if ask.operator == "has":
        return ask.exists(files.filter(relative_path__icontains=wanted))
    if not wanted.startswith("/"):
        return ask.exists(_below(files, wanted.strip("/")))
    q = Q(pk__in=[])
    for folder_id, path in Folder.objects.values_list("pk", "path"):
        root, inside = path.rstrip("/"), wanted.rstrip("/")
        if f"{inside}/".startswith(f"{root}/"):
            q |= ask.exists(_below(files.filter(folder=folder_id), inside[len(root) :].strip("/")))
        elif f"{root}/".startswith(f"{inside}/"):
            q |= ask.exists(files.filter(folder=folder_id))
    return q


def _below(files: QuerySet[VideoFile], path: str) -> QuerySet[VideoFile]:
    """Files in a folder within their folder; the index is over the beginning of the path."""
    if not path:
        return files
    beginning = files.alias(beginning=Left("relative_path", _INDEXED)).filter(
        beginning__startswith=f"{path}/"[:_INDEXED]
    )
    return beginning.filter(relative_path__startswith=f"{path}/") if len(path) >= _INDEXED else beginning


def _resolution(ask: Ask) -> Q:
    width, height = ask.name("width"), ask.name("height")
    q, above = Q(pk__in=[]), Q(pk__in=[])
    for key, _, least in words.RESOLUTIONS:
        reached = Q(GreaterThanOrEqual(Least(width, height), least)) | Q(
            GreaterThanOrEqual(Greatest(width, height), round(least * words.WIDE))
        )
        if key in ask.value:
            q |= reached & ~above
        above = reached
    # A comparison with NULL is neither true nor false, nor is its negation: a video without a size is of no resolution.
    return ask.column(width__isnull=False, height__isnull=False) & q


def _orientation(ask: Ask) -> Q:
    q = Q()
    for value in ask.value:
        q |= Q(**{f"{ask.name('width')}__{_ORIENTATIONS[value][1]}": F(ask.name("height"))})
    return q


def _container(ask: Ask) -> Q:
    return ask.exists(VideoFile.objects.filter(is_primary=True, container__in=ask.value))


def _duplicates(ask: Ask) -> Q:
    pairs = DuplicatePair.objects.filter(verdict__in=ask.value).order_by()
    return ask.column(pk__in=pairs.values("first").union(pairs.values("second")))


def _notes(ask: Ask) -> Q:
    if ask.operator == "named":
        return ask.exists(VideoMetadata.objects.filter(key__iexact=ask.value))
    key, separator, value = ask.value.partition("=")
    rows = VideoMetadata.objects.filter(value__icontains=value.strip() if separator else key)
    return ask.exists(rows.filter(key__iexact=key.strip()) if separator else rows)


_WHAT, _PICTURE, _FILE, _DATES, _STATE = "What it is", "Picture and sound", "File", "Dates", "State"

register_facet(
    Facet("text", "Words", _WHAT, Kind.TEXT, has_words, ("has",), needs_words=True,
          hint="Titles, descriptions, names, file names"),
    Facet(
        "tag", "Tag", _WHAT, Kind.ROWS, _tags, find=_find_tags, labels=_tag_names, is_suggested=True, value_type=int,
        words={"any": "any of, or below", "all": "all of, or below", "exact": "any of, nothing below"},
    ),
    Facet("type", "Type", _WHAT, Kind.CHOICE, one_of("type"), choices=choices(VideoType.choices)),
    Facet("origin", "Origin", _WHAT, Kind.CHOICE, one_of("origin"), choices=choices(Origin.choices)),
    Facet("note", "Note", _WHAT, Kind.TEXT, _notes, ("has", "named"), hint="A word of it, or name=word"),
    Facet("duration", "Length", _PICTURE, Kind.NUMBER, number("duration_seconds", step=1), unit="min", scale=60),
    Facet(
        "resolution", "Resolution", _PICTURE, Kind.CHOICE, _resolution,
        choices=choices([(key, label) for key, label, _ in words.RESOLUTIONS]),
    ),
    Facet("width", "Width", _PICTURE, Kind.NUMBER, number("width"), unit="px"),
    Facet("height", "Height", _PICTURE, Kind.NUMBER, number("height"), unit="px"),
    Facet(
        "orientation", "Orientation", _PICTURE, Kind.CHOICE, _orientation,
        choices=choices([(key, label) for key, (label, _) in _ORIENTATIONS.items()]),
    ),
    Facet("hdr", "HDR", _PICTURE, Kind.FLAG, flag(is_hdr=True)),
    Facet("codec", "Video codec", _PICTURE, Kind.CHOICE, one_of("video_codec"), choices=choices(words.VIDEO_CODECS)),
    Facet("audio", "Audio codec", _PICTURE, Kind.CHOICE, one_of("audio_codec"), choices=choices(words.AUDIO_CODECS)),
    Facet("frame_rate", "Frame rate", _PICTURE, Kind.NUMBER, number("frame_rate", step=0.01), unit="per s"),
    Facet(
        "bit_rate", "Bit rate", _PICTURE, Kind.NUMBER, number("bit_rate", step=100_000), unit="Mbit/s", scale=1_000_000
    ),
    Facet("size", "Size", _FILE, Kind.NUMBER, number("size_bytes", step=1_000_000), unit="MB", scale=1_000_000),
    Facet("folder", "Folder", _FILE, Kind.CHOICE, lambda ask: ask.exists(
        VideoFile.objects.filter(folder_id__in=ask.value)), choices=_folders),
    Facet("path", "Path", _FILE, Kind.TEXT, _path, ("has", "under"), hint="Holiday/2019"),
    Facet("container", "Container", _FILE, Kind.CHOICE, _container, choices=choices([*words.CONTAINERS.items()])),
    Facet("added", "Added", _DATES, Kind.DATE, moment("created_at"), ("last", "since", "before", "between")),
    Facet("recorded", "Recorded", _DATES, Kind.DATE, moment("recorded_at")),
    Facet("released", "Released", _DATES, Kind.DATE, day("release_date")),
    Facet("file_date", "File changed", _DATES, Kind.DATE, moment("file_date")),
    Facet("views", "Views", _STATE, Kind.NUMBER, number("view_count"), ("gte", "lte", "between", "eq")),
    Facet("missing", "Missing", _STATE, Kind.FLAG, flag(missing_since__isnull=False)),
    Facet("trashed", "In the trash", _STATE, Kind.FLAG, flag(trashed_at__isnull=False)),
    Facet("corrupted", "Damaged", _STATE, Kind.FLAG, flag(is_corrupted=True)),
    Facet(
        "duplicates", "Duplicates", _STATE, Kind.CHOICE, _duplicates, choices=choices(DuplicateVerdict.choices)
    ),
)  # fmt: skip
