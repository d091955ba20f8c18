"""Tags, people and studios."""

from typing import Any

from importers.records import Mapped, Record, Ref, SourcePicture
from importers.systems.goonhub.row import Row
from library.models.names import clean_name
from library.models.tag import DEFAULT_COLOR

_GENDERS = {
    "female": "female", "f": "female", "woman": "female", "male": "male", "m": "male", "man": "male",
    "trans_female": "trans_female", "transgender_female": "trans_female", "transgender female": "trans_female",
    "trans female": "trans_female", "trans woman": "trans_female", "trans_male": "trans_male",
    "transgender_male": "trans_male", "transgender male": "trans_male", "trans male": "trans_male",
    "trans man": "trans_male", "non_binary": "non_binary", "non-binary": "non_binary", "nonbinary": "non_binary",
    "non binary": "non_binary", "intersex": "intersex", "unknown": "",
}  # fmt: skip
_SMALL = 32767


def map_tag(row: Row) -> Mapped:
    name = row.named("name", 100)
    values = row.made_at({"name": name, "color": row.color("color", DEFAULT_COLOR)})
    return row.mapped(Record("library.tag", values), title=name)


def map_legacy_tag(row: Row) -> Mapped:
    return row.mapped(Record("library.tag", {"name": row.named("name", 100)}), title=row.key)


def map_legacy_actor(row: Row) -> Mapped:
    return row.mapped(Record("people.creator", {"name": row.named("name", 200)}), title=row.key)


def map_legacy_studio(row: Row) -> Mapped:
    return row.mapped(Record("people.studio", {"name": row.named("name", 200)}), title=row.key)


def map_actor(row: Row) -> Mapped:
    """Their facts; a gender that ours has no word for goes into the description too."""
    name = row.named("name", 200)
    gender = row.text("gender").strip()
    known = row.word("gender", _GENDERS, None)
    values = row.made_at(
        {
            "name": name,
            **_told_apart(row, "actors"),
            **row.uuid(),
            "trashed_at": row.moment("deleted_at"),
            "gender": known or "",
            "description": f"Gender: {gender}" if gender and known is None else "",
            "birthplace": row.text("birthplace", 200),
            "nationality": row.text("nationality", 100),
            "ethnicity": row.text("ethnicity", 100),
            "astrology": row.text("astrology", 50),
            "height_cm": row.positive("height_cm", _SMALL),
            "weight_kg": row.positive("weight_kg", _SMALL),
            "measurements": row.text("measurements", 50),
            "cup_size": row.text("cupsize", 20),
            "hair_color": row.text("hair_color", 50),
            "eye_color": row.text("eye_color", 50),
            "tattoos": row.text("tattoos"),
            "piercings": row.text("piercings"),
            # False is its default, and says nothing.
            "has_implants": row.boolean("fake_boobs", False) or None,
            "is_same_sex_only": row.boolean("same_sex_only", False) or None,
            "aliases": [alias[:200] for alias in row.texts("aliases") if clean_name(alias) != name],
            **_lifetime(row),
            **_career(row),
            **_image(row),
        }
    )
    return row.mapped(Record("people.creator", values), title=name)


def map_studio(row: Row) -> Mapped:
    name = row.named("name", 200)
    values = row.made_at(
        {
            "name": name,
            **_told_apart(row, "studios"),
            **row.uuid(),
            "trashed_at": row.moment("deleted_at"),
            "short_name": row.text("short_name", 50),
            "url": row.text("url", 500),
            "description": row.text("description"),
            "rating": row.decimal("rating", least="0", most="10", step="0.1"),
            "parent": _above(row, "parent_id"),
            "network": _above(row, "network_id"),
            **_pictures(row),
        }
    )
    external = external_id(row, "porndb_id", {"studio": Ref(row.name, row.key)})
    return row.mapped(Record("people.studio", values), external, title=name)


def external_id(row: Row, column: str, target: dict[str, Any]) -> Record | None:
    """What ThePornDB calls it."""
    value = row.text(column, 200).strip()
    if not value:
        return None
    return Record("people.externalid", {**target, "source": "porndb", "external_id": value}, part="porndb")


def _pictures(row: Row) -> dict[str, SourcePicture]:
    found = {name: row.picture(name) for name in ("logo", "favicon", "poster")}
    return {name: picture for name, picture in found.items() if picture is not None}


def _told_apart(row: Row, table: str) -> dict[str, str]:
    word = row.lookups.disambiguation(table, row.key)
    if not word:
        return {}
    row.note("name_taken")
    return {"disambiguation": word}


def _lifetime(row: Row) -> dict[str, Any]:
    birth, death = row.date("birthday"), row.date("date_of_death")
    if birth and death and death < birth:
        row.keep("date_of_death", death.isoformat(), "bad_date")
        death = None
    return {"birth_date": birth, "death_date": death}


def _career(row: Row) -> dict[str, Any]:
    start, end = row.positive("career_start_year", 9999), row.positive("career_end_year", 9999)
    if start and end and end < start:
        row.keep("career_end_year", end, "bad_number")
        end = None
    return {"career_start_year": start, "career_end_year": end}


def _image(row: Row) -> dict[str, Any]:
    """One on the web is an address, one of GoonHub's own files a picture that somebody chose."""
    value = row.text("image_url").strip()
    if value.startswith(("http://", "https://")):
        return {"image_url": row.text("image_url", 500).strip()}
    picture = row.picture("image_url")
    return {"picture": picture} if picture else {}


def _above(row: Row, column: str) -> Ref | None:
    above = row.raw(column)
    if above is None:
        return None
    if str(above) == row.key or (column, row.key) in row.lookups.circles:
        row.keep(column, above, "in_a_circle")
        return None
    return row.lookups.ref("studios", above)
