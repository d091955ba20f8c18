"""What ties videos, people, studios and sites to each other."""

from collections.abc import Callable
from typing import Any

from importers.records import Mapped, Record, Ref
from importers.systems.video_streaming.facts import Facts
from importers.systems.video_streaming.fields import Fields
from importers.systems.video_streaming.names import made


def map_credit(fields: Fields, facts: Facts) -> Mapped:
    return _link(fields, "people.credit", {"video": "videos", "creator": "creators"}, _imported)


def map_video_tag(fields: Fields, facts: Facts) -> Mapped:
    return _link(fields, "library.videotag", {"video": "videos", "tag": "tags"}, _imported)


def map_creator_studio(fields: Fields, facts: Facts) -> Mapped:
    return _link(fields, "people.creatorstudio", {"creator": "creators", "studio": "studios"})


def map_video_studio(fields: Fields, facts: Facts) -> Mapped:
    """The studio that a video got first is its main one."""

    def more(refs: dict[str, Ref]) -> dict[str, Any]:
        is_first = facts.first_studios.get(refs["video"].key) == refs["studio"].key
        return {"is_primary": is_first, "source": "import"}

    return _link(fields, "people.videostudio", {"video": "videos", "studio": "studios"}, more)


def map_profile(fields: Fields, facts: Facts) -> Mapped:
    """Of several main profiles of a person the first stays it."""
    creator, platform = fields.ref("creators", "creator_id"), fields.ref("platforms", "platform_id")
    username = fields.text("username", longest=200)
    if creator is None or platform is None:
        return fields.skip("dangling_reference", title=username)
    if not username:
        return fields.skip("no_name")
    is_primary = fields.boolean("is_primary", default=False)
    if is_primary and fields.key not in facts.primary_profiles:
        is_primary = False
        fields.refuse("duplicate", "is_primary")
    values = {
        "creator": creator,
        "platform": platform,
        "username": username,
        "profile_url": fields.text("profile_url", longest=500),
        "is_primary": is_primary,
        **made(fields),
    }
    return fields.done(Record("people.creatorprofile", values), title=username)


def map_creator_link(fields: Fields, facts: Facts) -> Mapped:
    return _social_link(fields, "creator", "creators")


def map_studio_link(fields: Fields, facts: Facts) -> Mapped:
    return _social_link(fields, "studio", "studios")


def _social_link(fields: Fields, owner: str, table: str) -> Mapped:
    whose, url = fields.ref(table, f"{owner}_id"), fields.text("url", longest=500)
    if whose is None:
        return fields.skip("dangling_reference", title=url)
    if not url:
        return fields.skip("no_name")
    values = {owner: whose, "platform_name": fields.text("platform_name", longest=100), "url": url, **made(fields)}
    return fields.done(Record("people.sociallink", values), title=url)


def _imported(refs: dict[str, Ref]) -> dict[str, Any]:
    return {"source": "import"}


def _link(
    fields: Fields,
    kind: str,
    tables: dict[str, str],
    more: Callable[[dict[str, Ref]], dict[str, Any]] = lambda refs: {},
) -> Mapped:
    refs = {name: ref for name, table in tables.items() if (ref := fields.ref(table, f"{name}_id")) is not None}
    # A number of its own says nothing: the pair tells the row apart.
    fields.pass_over("id")
    if len(refs) < len(tables):
        return fields.skip("dangling_reference")
    return fields.done(Record(kind, {**refs, **more(refs), **made(fields, "added_at", "created_at")}))
