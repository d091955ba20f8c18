"""People, studios and what ties them to videos."""

import io
from datetime import date
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from importers.models import ImportedRow, ImportRun
from importers.records import Ref, SourcePicture
from importers.services.running import start_run
from importers.services.verifying import verify_run
from library.models import User
from people.models import (
    Creator,
    CreatorPicture,
    CreatorProfile,
    Credit,
    ExternalId,
    Platform,
    SocialLink,
    Studio,
    VideoStudio,
)
from tests.importers.memory import World, record
from tests.library.factories import make_video
from tests.people.factories import picture_bytes

pytestmark = pytest.mark.django_db


def move(tables: dict[str, dict[str, Any]], **asked: Any) -> ImportRun:
    World(tables).put()
    return start_run(system="memory", location="main", **asked)


def became(table: str) -> dict[str, int | None]:
    return dict(ImportedRow.objects.filter(table=table, part="").values_list("key", "object_id"))


def picture(color: str = "red") -> SourcePicture:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, "PNG")
    return SourcePicture(content=file.getvalue())


def test_a_person_of_one_name_is_the_same(owner: User) -> None:
    ana = Creator.objects.create(name="Ana  Lima")
    bea = Creator.objects.create(name="Bea")
    bea.aliases.create(name="Beatrice")
    Creator.objects.create(name="Cleo", disambiguation="singer")
    people = {
        "1": record("people.creator", name="ANA lima", aliases=["Ana L.", "ana lima"]),
        "2": record("people.creator", name="Beatrice"),
        "3": record("people.creator", name="Cleo", disambiguation="dancer"),
        "4": record("people.creator", name="\u200b"),
    }

    run = move({"people": people})

    found = became("people")
    assert (found["1"], found["2"]) == (ana.pk, bea.pk)
    assert Creator.objects.get(pk=found["3"]).disambiguation == "dancer"
    assert run.report["tables"]["people"]["reasons"] == {"no_name": 1}
    assert [alias.name for alias in ana.aliases.all()] == ["Ana L."]
    assert run.report["conflicts"] == []


def test_who_can_not_be_the_same_is_set_apart_and_a_person_is_asked(owner: User) -> None:
    born = Creator.objects.create(name="Ana", birth_date=date(1980, 1, 1))
    twins = [Creator.objects.create(name="Bea", disambiguation=word) for word in ("one", "two")]
    people = {
        "1": record("people.creator", name="Ana", birth_date=date(1999, 9, 9)),
        "2": record("people.creator", name="Bea"),
    }

    run = move({"people": people})

    assert [conflict["candidates"] for conflict in run.report["conflicts"]] == [[born.pk], [twin.pk for twin in twins]]
    new = Creator.objects.get(pk=became("people")["1"])
    assert (new.name, new.disambiguation) == ("Ana", "memory 1")
    assert move({"people": people}).report["tables"]["people"]["unchanged"] == 2


def test_a_decision_about_a_name_is_followed(owner: User) -> None:
    ana, bea = Creator.objects.create(name="Ana"), Creator.objects.create(name="Bea")
    people = {"1": record("people.creator", name="Ana"), "2": record("people.creator", name="Beatriz")}

    move({"people": people}, decisions={"people.creator": {"1": "new", "2": bea.pk}})

    found = became("people")
    assert found["1"] != ana.pk and Creator.objects.get(pk=found["1"]).disambiguation == "memory 1"
    assert found["2"] == bea.pk


def test_the_picture_of_a_person_is_their_primary_one_where_they_have_none(owner: User) -> None:
    has = Creator.objects.create(name="Has")
    CreatorPicture.objects.create(creator=has, image="creators/ours.webp", is_primary=True)
    people = {
        "1": record("people.creator", name="Has", picture=picture()),
        "2": record("people.creator", name="New", picture=picture()),
        "3": record("people.creator", name="Lost", picture=SourcePicture("/nowhere/x.jpg")),
    }

    run = move({"people": people})

    rows = CreatorPicture.objects.filter(source="import")
    assert sorted(rows.values_list("creator__name", "is_primary")) == [("Has", False), ("New", True)]
    assert all(row.image.storage.exists(row.image.name) for row in rows)
    assert run.report["tables"]["people"]["reasons"] == {"picture_missing": 1}
    assert Creator.objects.filter(name="Lost").exists()


def test_a_dry_run_brings_no_picture(owner: User) -> None:
    World({"people": {"1": record("people.creator", name="New", picture=picture("blue"))}}).put()
    storage = CreatorPicture._meta.get_field("image").storage
    before = storage.listdir("creators")[1] if storage.exists("creators") else []

    start_run(system="memory", location="main", is_dry_run=True)

    assert (storage.listdir("creators")[1] if storage.exists("creators") else []) == before


def test_studios_come_with_their_tree_and_their_logo(owner: User) -> None:
    studios = {
        "1": record("people.studio", name="Small", parent=Ref("studios", "2"), logo=picture(), rating=7.5),
        "2": record("people.studio", name="Big", network=Ref("studios", "1"), logo=SourcePicture("/nowhere.png")),
    }

    run = move({"studios": studios})

    small, big = Studio.objects.get(name="Small"), Studio.objects.get(name="Big")
    assert (small.parent, big.network, str(small.rating)) == (big, small, "7.5")
    assert small.logo and not big.logo
    assert run.report["tables"]["studios"]["reasons"] == {"picture_missing": 1}
    assert move({"studios": studios}).report["tables"]["studios"]["unchanged"] == 2


def test_of_studios_that_lie_below_each_other_one_stands_by_itself(owner: User) -> None:
    below = {"1": "2", "2": "3", "3": "1", "4": "1"}
    studios = {
        key: record("people.studio", name=f"Studio {key}", parent=Ref("studios", above)) for key, above in below.items()
    }

    run = move({"studios": studios})

    assert run.status == "completed"
    assert run.report["tables"]["studios"]["reasons"] == {"circle": 1}
    assert Studio.objects.filter(parent=None).count() == 1
    assert Studio.objects.get(name="Studio 4").parent.name == "Studio 1"
    assert verify_run(run=run)["listed"] == []
    again = move({"studios": studios}).report["tables"]["studios"]
    assert (again["unchanged"], again["reasons"]) == (4, {"circle": 1})


def test_a_picture_that_ours_is_kept_before_leaves_no_file(owner: User) -> None:
    ours = Studio.objects.create(name="Small", logo=ContentFile(picture_bytes(color="red"), "ours.webp"))
    storage, name = ours.logo.storage, ours.logo.name
    before = storage.listdir("studios")[1]

    move({"studios": {"1": record("people.studio", name="Small", logo=picture("blue"))}})

    ours.refresh_from_db()
    assert ours.logo.name == name
    assert storage.listdir("studios")[1] == before


def test_of_the_studios_of_a_video_one_is_primary(owner: User) -> None:
    video, other = make_video(), make_video()
    VideoStudio.objects.create(video=other, studio=Studio.objects.create(name="Ours"), is_primary=True)
    studios = {str(n): record("people.studio", name=f"Studio {n}") for n in (1, 2)}
    links = {
        f"{v}:{n}": record("people.videostudio", video=pk, studio=Ref("studios", str(n)), is_primary=True)
        for v, pk in enumerate((video.pk, other.pk))
        for n in (1, 2)
    }

    run = move({"studios": studios, "links": links})

    assert run.report["tables"]["links"]["created"] == 4
    primary = VideoStudio.objects.filter(is_primary=True).values_list("video_id", "studio__name")
    assert dict(primary) == {video.pk: "Studio 1", other.pk: "Ours"}


def test_credits_profiles_links_and_ids_come_once(owner: User) -> None:
    video, ana = make_video(), Creator.objects.create(name="Ana")
    Credit.objects.create(video=video, creator=ana, source="manual", role="host")
    site = Platform.objects.create(name="Site")
    her = Ref("people", "1")
    tables = {
        "people": {"1": record("people.creator", name="Ana")},
        "sites": {"1": record("people.platform", name="SITE", base_url="https://site.example")},
        "credits": {"1": record("people.credit", video=video.pk, creator=her, role="star")},
        "profiles": {
            "1": record(
                "people.creatorprofile",
                creator=her,
                platform=Ref("sites", "1"),
                username="ana",
                profile_url="https://site.example/ana",
                is_primary=True,
            )
        },
        "links": {str(n): record("people.sociallink", creator=her, url="https://ana.example") for n in (1, 2)},
        "ids": {"1": record("people.externalid", creator=her, source="StashDB", external_id="x1")},
    }

    run = move(tables)

    assert {name: (row["created"], row["merged"]) for name, row in run.report["tables"].items()} == {
        "people": (0, 1), "sites": (0, 1), "credits": (0, 1), "profiles": (1, 0), "links": (1, 1), "ids": (1, 0),
    }  # fmt: skip
    assert Credit.objects.values_list("source", "role").get() == ("manual", "host")
    site.refresh_from_db()
    assert site.base_url == "https://site.example"
    assert CreatorProfile.objects.get().is_primary and SocialLink.objects.get().creator == ana
    assert ExternalId.objects.values_list("source", "external_id").get() == ("stashdb", "x1")
