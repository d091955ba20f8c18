"""People, studios, sites and tags."""

import re
from typing import Any

from importers.records import Mapped, Record, Ref, SourcePicture
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields

_COLOR = re.compile(r"#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")


def map_creator(fields: Fields, facts: Facts) -> Mapped:
    """The picture of the face is kept by its path only: it can be cut out again."""
    name = fields.text("name", longest=200)
    if not name:
        return fields.skip("no_name")
    values = _named(fields, name)
    if picture := fields.text("profile_picture_path"):
        values["picture"] = SourcePicture(path=picture)
    return fields.done(Record("people.creator", values), title=name)


def map_studio(fields: Fields, facts: Facts) -> Mapped:
    name = fields.text("name", longest=200)
    if not name:
        return fields.skip("no_name")
    values = _named(fields, name)
    if picture := fields.text("profile_picture_path"):
        values["logo"] = SourcePicture(path=picture)
    if parent := _parent(fields, "studios", "parent_studio_id", facts.studio_parents):
        values["parent"] = parent
    return fields.done(Record("people.studio", values), title=name)


def map_platform(fields: Fields, facts: Facts) -> Mapped:
    name = fields.text("name", longest=100)
    if not name:
        return fields.skip("no_name")
    values: dict[str, Any] = {"name": name, "base_url": fields.text("base_url", longest=300), **made(fields)}
    return fields.done(Record("people.platform", values), title=name)


def map_tag(fields: Fields, facts: Facts) -> Mapped:
    """Roots of one name become one tag: the writer finds the first by its name."""
    name = fields.text("name", longest=100)
    if not name:
        return fields.skip("no_name")
    values: dict[str, Any] = {"name": name, "description": fields.text("description"), **made(fields)}
    if color := fields.text("color"):
        match = _COLOR.fullmatch(color)
        if match is None:
            fields.refuse("bad_value", "color")
        else:
            digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
            values["color"] = f"#{digits.lower()}"
    if parent := _parent(fields, "tags", "parent_id", facts.tag_parents):
        values["parent"] = parent
    return fields.done(Record("library.tag", values), title=name)


def made(fields: Fields, *names: str) -> dict[str, Any]:
    """When the row was made, where the source has it."""
    moment = fields.moment(*(names or ("created_at",)))
    return {"created_at": moment} if moment is not None else {}


def _named(fields: Fields, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": fields.text("description"),
        "is_verified": fields.boolean("is_verified", default=False),
        **made(fields),
    }


def _parent(fields: Fields, table: str, column: str, parents: dict[str, str]) -> Ref | None:
    """None for a root, and where the parents would run in a circle."""
    parent = fields.ref(table, column)
    if parent is not None and parents.get(fields.key) != parent.key:
        fields.refuse("bad_value", column)
        return None
    return parent
