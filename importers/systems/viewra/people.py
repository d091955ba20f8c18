"""Accounts, people, artists, roles and what others call things."""

from collections.abc import Iterator
from typing import Any

from importers.records import Mapped, Record, Ref, SourcePicture, SourceRow
from importers.systems.cells import Cells, row_key
from importers.systems.viewra.index import OWNER, Index
from importers.systems.viewra.keeping import keep_row, leave_out, whole
from importers.systems.viewra.titles import video_of
from library.hashers import as_stored

_PEOPLE = {"person": "people", "actor": "people", "director": "people", "artist": "artists"}


def map_user(row: SourceRow, index: Index) -> Mapped:
    cells = Cells(row.columns)
    name = cells.line("username", longest=150) or cells.line("email", longest=150)
    if not name:
        return keep_row(row, "no_name")
    email = cells.line("email", longest=254)
    values: dict[str, Any] = {"username": name, "email": email if "@" in email else "", "password": _password(cells)}
    # Viewra has no roles: whoever came first set it up.
    values |= {"role": "user", "is_owner": row.key == index.owner.key}
    if created := cells.moment("created_at"):
        values |= {"created_at": created, "date_joined": created}
    cells.pass_over("id", "updated_at")
    kept, notes = cells.finish()
    return Mapped((Record("library.user", values),), kept=kept, notes=notes, title=name)


def owner_rows(index: Index) -> Iterator[SourceRow]:
    """What people watched without an account belongs to whoever moves in."""
    if not index.users:
        yield SourceRow(OWNER, OWNER, {})


def map_owner(row: SourceRow, index: Index) -> Mapped:
    return Mapped((Record("library.user", {"username": "viewra", "is_owner": True}),), title="owner")


def map_person(row: SourceRow, index: Index) -> Mapped:
    """A row of `people` or `artists`."""
    cells = Cells(row.columns)
    name = cells.line("name", longest=200)
    if not name:
        return keep_row(row, "no_name")
    values: dict[str, Any] = {"name": name}
    if "birthdate" in row.columns:
        values["birth_date"] = cells.day("birthdate")
    if description := cells.text("description", "biography"):
        values["description"] = description
    image = cells.line("image")
    portrait = index.portraits.get(row.key)
    if portrait:
        values["picture"] = SourcePicture(path=portrait[1])
    elif image.startswith(("http://", "https://")):
        values["image_url"] = image[:500]
    elif image:
        values["picture"] = SourcePicture(path=index.picture_path(image))
    if created := cells.moment("created_at"):
        values["created_at"] = created
    cells.pass_over("id", "updated_at")
    kept, notes = cells.finish()
    known = {"creator": Ref(row.table, row.key), "source": "viewra", "external_id": row.key[:200]}
    records = (Record("people.creator", values), Record("people.externalid", known, part="id"))
    return Mapped(records, kept=kept, notes=notes, title=name)


def map_role(row: SourceRow, index: Index) -> Mapped:
    """Somebody's roles in a film are one credit, made of the first of their rows."""
    roles = row.columns.get("_roles")
    if roles is None:
        return leave_out(row, "duplicate")
    cells = Cells(row.columns)
    video = video_of(cells.line("media_id"), index)
    if video is None:
        return keep_row(row, "no_place_yet")
    cells.pass_over("media_type", "role", "created_at", "updated_at", "id")
    values: dict[str, Any] = {
        "video": video,
        "creator": Ref("people", row_key(cells.raw("person_id"))),
        "role": ", ".join(roles)[:100],
        "source": "import",
    }
    kept, notes = cells.finish()
    return Mapped((Record("people.credit", values),), kept=kept, notes=notes, title=values["role"])


def map_external_id(row: SourceRow, index: Index) -> Mapped:
    cells = Cells(row.columns)
    source, value = cells.line("source", longest=50).lower(), cells.line("external_id", longest=200)
    kind, media = cells.line("media_type"), row_key(row.columns.get("media_id"))
    if not source or not value:
        return keep_row(row, "no_name")
    video = video_of(media, index)
    if video is not None:
        target: dict[str, Any] = {"video": video}
    elif kind in _PEOPLE:
        target = {"creator": Ref(_PEOPLE[kind], media)}
    else:
        return keep_row(row, "no_place_yet", title=f"{source} {value}")
    record = Record("people.externalid", {**target, "source": source, "external_id": value})
    return Mapped((record,), notes=tuple(cells.notes), kept=cells.kept, title=f"{source} {value}")


def map_asset(row: SourceRow, index: Index) -> Mapped:
    """The pictures that stand for films and people came with these; the row itself is kept for the others."""
    if row.key in index.chosen_pictures:
        return Mapped(skipped="taken_along", kept=whole(row.columns), title=str(row.columns.get("path"))[:300])
    return keep_row(row, "not_imported", title=row.columns.get("path"))


def _password(cells: Cells) -> str:
    """What a login is verified by, "" for anything else: then only a reset link leads in."""
    found = cells.line("password")
    stored = as_stored(found)
    if found and not stored:
        cells.notes.append("bad_value")
    return stored
