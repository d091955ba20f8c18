"""What a reader makes of the rows of another system: neutral records, which the writer turns into rows of ours.

A reader knows the other system and nothing of our tables' keys; the writer knows our tables and nothing of the other
system. Whatever a record says is in our units: seconds, bytes, bit/s, pixels, fractions, moments with a zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Why a source row wasn't written, or not wholly: keys of `reasons` in every report. A reader may add its own; each
# has a sentence in `REASONS`.
REASONS: dict[str, str] = {
    "dangling_reference": "It points to a row that isn't there.",
    "circle": "What it lies below lies below it; it stands by itself here.",
    "no_place_yet": "Videothek has no place for it yet; it is kept as it was.",
    "not_imported": "It isn't meant to come along: of the moment, or made again.",
    "unknown_table": "Videothek doesn't know this table; its rows are kept as they were.",
    "unknown_column": "A column that Videothek doesn't know; its value is kept as it was.",
    "bad_date": "A date that can't be; it was left out and kept as it was.",
    "bad_number": "A number that can't be; it was left out and kept as it was.",
    "bad_boolean": "Neither yes nor no; the default was taken and the value kept as it was.",
    "bad_json": "JSON that can't be read; it was kept as it was.",
    "bad_vector": "A vector of the wrong length or with odd numbers; it was kept as it was.",
    "bad_text": "Characters that a database can't hold were replaced; the text is kept as it was.",
    "bad_value": "A value that isn't one of those allowed; it was left out and kept as it was.",
    "too_long": "A text that was too long was cut; it is kept as it was.",
    "no_name": "It has no name.",
    "duplicate": "Another row of the source says the same; that one was taken.",
    "cut_off": "The file is cut off, or has a mistake there; what stands in its place is kept as it was.",
    "taken_along": "It came along as a part of another row.",
    "unfinished": "It hadn't ended; only what has ended comes along.",
    "picture_missing": "Its picture isn't where it was; give the path map that leads to it and run again.",
    "picture_unreadable": "Its picture can't be read.",
    "secret_unreadable": "Its secret can't be read with the key that was given; it was left out.",
    "password_unreadable": "Its password can't be used here; give the account a new one.",
    "refused": "The database doesn't take it; it is kept as it was.",
    "deleted_here": "It was deleted here since; an import doesn't bring it back.",
    "ours_kept": "Videothek already says something else, which stays.",
}


@dataclass(frozen=True, slots=True)
class Ref:
    """What another source row became here. `key` as its `SourceRow.key` has it; `part` as its record has it.

    In a record's values it stands for the foreign key. One that leads nowhere leaves an optional field empty and
    counts `dangling_reference`; a record that can't be without it is skipped with that reason. It may point forward,
    to a row that comes later (a parent tag): it is then filled in at the end.

    `column` is what of our row is wanted where that isn't its key: within JSON people, studios and saved searches are
    named by their "public_id".
    """

    table: str
    key: str
    part: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class SourcePath:
    """An absolute path as the other system had it; the writer sends it through the path map."""

    path: str


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A picture that somebody chose, where the other system had it: a path, or the bytes themselves."""

    path: str = ""
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Secret:
    """A password or key in clear text. It never shows itself; stored it is encrypted with our key."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return "(secret)"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the other system knew about a file. Units as everywhere; None and "" for what it didn't know.

    `is_missing` is what it said; what is on this machine's disk is looked up anyway. `hashes` by the name of what made
    them ("xxh3", "oshash" ...): kept as external ids, never compared with hashes of ours unless by the same rule.
    """

    path: str
    size_bytes: int | None = None
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    bit_rate: int | None = None
    video_codec: str = ""
    audio_codec: str = ""
    container: str = ""
    modified_at: datetime | None = None
    added_at: datetime | None = None
    last_seen_at: datetime | None = None
    is_missing: bool = False
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A row of ours as the source would have it.

    `kind` names one of `importers.kinds` ("library.video", "playback.rating": app and model). `values` are by the
    names of the model's fields, a foreign key by its name without `_id` and a `Ref`; what a kind takes beyond its
    fields stands in its docstring. A field that isn't in `values` keeps its default, or what is there. `part` tells
    the records of one source row apart; the main one has "".
    """

    kind: str
    values: Mapping[str, Any]
    part: str = ""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of the source. `key` is its primary key as text, the parts of a composite one joined by ":".

    Rows of a table come in an order that is the same at each reading, and `after` of `Source.rows` is the key of the
    last one that was dealt with.
    """

    table: str
    key: str
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What becomes of a source row: records, or a reason why there are none.

    `skipped` is a key of `REASONS`, set when nothing is written; the row counts as skipped. `kept` is what has no place
    here, by column, as JSON can hold it: stored with the row, losslessly (a `Secret` encrypted). `notes` are further
    reasons that are counted though the row is written. `title` is what a person knows the row by, for reports.
    """

    records: tuple[Record, ...] = ()
    skipped: str = ""
    kept: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table, file or part of a file of the source. `rows` is None when counting it would take long.

    `not_imported` is the sentence why none of its rows is written; they are read, counted and skipped all the same,
    with the reason `reason`. `is_kept` says that its rows are kept as source records.
    """

    name: str
    rows: int | None
    not_imported: str = ""
    reason: str = ""
    is_kept: bool = False
