"""What the database itself keeps true."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pghistory.models
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from library.models import (
    BulkEdit,
    Folder,
    LibrarySettings,
    SavedSearch,
    ScanLog,
    SettingsRow,
    TimeStamped,
    User,
    UserSession,
    Video,
    VideoFile,
)
from tests.library.factories import make_file, make_folder, make_user, make_video

OUR_APPS = ("library", "people", "processing", "faces", "playback", "stats", "importers")
OURS = [
    model
    for config in apps.get_app_configs()
    if config.label in OUR_APPS
    for model in config.get_models()
    if not issubclass(model, pghistory.models.Event)
]
SETTINGS = [model for model in OURS if issubclass(model, SettingsRow)]
LONG_AGO = timezone.now() - timedelta(days=1000)


def column_facts(model: type[models.Model], column: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_name = %s AND column_name = %s",
            [model._meta.db_table, column],
        )
        return cursor.fetchone()


def sql(statement: str, *arguments: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("column", ["created_at", "updated_at"])
@pytest.mark.django_db
def test_every_table_has_its_times_by_the_databases_default(model, column):
    kind, nullable, default = column_facts(model, column)

    assert (kind, nullable) == ("timestamp with time zone", "NO")
    assert default is not None


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
@pytest.mark.django_db
def test_every_table_has_the_trigger_that_keeps_its_times(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s",
            [model._meta.db_table, "pgtrigger_keep_timestamps%"],
        )

        assert cursor.fetchone() == (1,)


def test_the_tables_of_the_spine_are_among_those_that_were_looked_at():
    assert {User, Folder, Video, VideoFile, ScanLog, LibrarySettings} <= set(OURS)
    assert all(issubclass(model, TimeStamped) for model in OURS)


@pytest.mark.django_db
def test_a_save_renews_the_time_of_change():
    video = make_video()
    video.refresh_from_db()
    before = video.updated_at

    video.save(update_fields=["title"])

    video.refresh_from_db()
    assert video.updated_at > before


@pytest.mark.django_db
def test_a_bulk_update_renews_the_time_of_change():
    video = make_video()
    video.refresh_from_db()
    before = video.updated_at

    Video.objects.update(title="x", updated_at=LONG_AGO)

    video.refresh_from_db()
    assert video.updated_at > before


@pytest.mark.django_db
def test_raw_sql_renews_the_time_of_change_and_can_not_move_that_of_creation():
    video = make_video()
    video.refresh_from_db()
    created, updated = video.created_at, video.updated_at

    sql("UPDATE library_video SET title = 'x', created_at = %s", LONG_AGO)

    video.refresh_from_db()
    assert video.created_at == created
    assert video.updated_at > updated


@pytest.mark.django_db
def test_a_row_that_raw_sql_makes_has_its_times():
    sql("INSERT INTO library_usersession (session_key, session_data, expire_date, device) VALUES ('x', '', now(), '')")

    row = UserSession.objects.get()
    assert timezone.now() - row.created_at < timedelta(hours=1)


BROKEN_RULES: dict[str, Callable[[], object]] = {
    "file state": lambda: make_file(state="redy"),
    "file rotation": lambda: make_file(rotation=45),
    "file size": lambda: make_file(size_bytes=-1),
    "file duration": lambda: make_file(duration_seconds=-1.0),
    "error of a file that works": lambda: make_file(error="But it works."),
    "video duration": lambda: make_video(duration_seconds=-1.0),
    "empty title": lambda: Video.objects.create(title=""),
    "scan status": lambda: make_scan(status="runing"),
    "scan trigger": lambda: make_scan(trigger="by hand"),
    "running scan with an end": lambda: make_scan(status="running", finished_at=timezone.now()),
    "ended scan without an end": lambda: make_scan(status="completed"),
    "relative folder": lambda: make_folder(path="videos"),
    "patterns that are no list": lambda: make_folder(exclude_globs={"*.tmp": True}),
    "patterns that are no texts": lambda: make_folder(exclude_globs=["*.tmp", 5]),
    "rules that are no list": lambda: LibrarySettings.objects.create(keep_rules="resolution"),
    "rules that are no objects": lambda: LibrarySettings.objects.create(keep_rules=["resolution"]),
    "a saved filter that is a list": lambda: SavedSearch.objects.create(user=make_user(), name="x", filter=[]),
    "an edit that is a text": lambda: BulkEdit.objects.create(user=make_user(), video_ids=[1], operation="tags"),
}


def make_scan(**columns: Any) -> ScanLog:
    return ScanLog.objects.create(folder=make_folder(), started_at=timezone.now(), **columns)


@pytest.mark.parametrize("rule", BROKEN_RULES)
@pytest.mark.django_db
def test_the_database_refuses_what_can_not_be(rule):
    with pytest.raises(IntegrityError):
        BROKEN_RULES[rule]()


@pytest.mark.parametrize(
    ("make", "column"),
    [
        (lambda: Folder(name="x", path="/", exclude_globs=["*.tmp", ""]), "exclude_globs"),
        (lambda: LibrarySettings(keep_rules=["resolution"]), "keep_rules"),
        (lambda: LibrarySettings(keep_rules=[{"name": "resolution"}]), "keep_rules"),
        (lambda: SavedSearch(user=make_user(), name="x", filter=[5]), "filter"),
        (lambda: BulkEdit(user=make_user(), video_ids=[1], operation=["tags"]), "operation"),
    ],
)
@pytest.mark.django_db
def test_a_model_refuses_json_of_another_shape_with_a_sentence(make, column):
    with pytest.raises(ValidationError) as refused:
        make().full_clean()

    assert refused.value.message_dict[column][0].startswith("Give a ")


@pytest.mark.django_db
def test_a_path_is_registered_once():
    make_folder(path="/videos")

    with pytest.raises(IntegrityError):
        make_folder(path="/videos")


@pytest.mark.django_db
def test_one_present_file_can_be_at_a_path():
    file = make_file()

    with pytest.raises(IntegrityError):
        make_file(folder=file.folder, relative_path=file.relative_path)


@pytest.mark.django_db
def test_any_number_of_missing_files_can_have_been_at_a_path():
    file = make_file()

    for _ in range(2):
        make_file(folder=file.folder, relative_path=file.relative_path, missing_since=timezone.now())

    assert file.folder.files.count() == 3


@pytest.mark.django_db
def test_a_video_has_one_primary_file():
    file = make_file()

    with pytest.raises(IntegrityError):
        make_file(video=file.video, is_primary=True)


@pytest.mark.django_db
def test_a_folder_with_files_can_not_be_deleted():
    file = make_file()

    with pytest.raises(models.ProtectedError):
        file.folder.delete()


@pytest.mark.django_db
def test_a_deleted_video_leaves_its_files():
    file = make_file()
    Video.objects.all().delete()

    file.refresh_from_db()
    assert file.video is None


@pytest.mark.django_db
def test_names_of_users_are_unique_whatever_their_case():
    make_user(username="Anna")

    with pytest.raises(IntegrityError):
        make_user(username="anna")


@pytest.mark.django_db
def test_e_mail_addresses_are_unique_whatever_their_case():
    make_user(email="anna@example.org")

    with pytest.raises(IntegrityError):
        make_user(email="Anna@Example.org")


@pytest.mark.django_db
def test_any_number_of_users_have_no_e_mail_address():
    make_user()
    make_user()

    assert User.objects.filter(email="").count() == 2


@pytest.mark.django_db
def test_the_form_says_that_a_name_is_taken_in_another_case():
    make_user(username="Anna")

    with pytest.raises(ValidationError, match="upper and lower case count as the same"):
        User(username="ANNA", password="x").full_clean()


@pytest.mark.parametrize("typed", ["anna", "ANNA", "Anna"])
@pytest.mark.django_db
def test_the_login_takes_a_name_in_any_case(client, typed):
    user = make_user(username="Anna", password="secret")

    assert client.login(username=typed, password="secret")
    assert User.objects.get_by_natural_key(typed) == user


@pytest.mark.django_db
def test_the_login_keeps_names_apart_that_only_upper_case_makes_one():
    dotless, dotted = make_user(username="\u0131lse"), make_user(username="ilse")

    assert User.objects.get_by_natural_key("\u0131lse") == dotless
    assert User.objects.get_by_natural_key("ilse") == dotted


@pytest.mark.django_db
def test_the_login_knows_no_user_without_a_name():
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(None)


@pytest.mark.django_db
def test_a_login_is_remembered(client):
    user = make_user(username="anna")

    client.login(username="anna", password="secret")

    user.refresh_from_db()
    assert user.last_login is not None


@pytest.mark.django_db
def test_owners_are_active_superusers():
    owner = make_user(is_superuser=True)
    make_user(is_superuser=True, is_active=False)
    make_user(is_staff=True)

    assert list(User.owners()) == [owner]


@pytest.mark.parametrize("model", SETTINGS, ids=lambda model: model._meta.label)
@pytest.mark.django_db
def test_settings_are_the_defaults_while_there_is_no_row(model):
    loaded = model.load()

    assert not model.objects.exists()
    assert all(
        getattr(loaded, field.name) == field.get_default()
        for field in model._meta.concrete_fields
        if field.has_default()
    )


@pytest.mark.parametrize("model", SETTINGS, ids=lambda model: model._meta.label)
@pytest.mark.django_db
def test_settings_have_one_row(model):
    model.objects.create()

    with pytest.raises(IntegrityError):
        model.objects.create(pk=2)


def own_validators(field: Any) -> list[Any]:
    """Those that the model names; Django adds the limits of the column's type."""
    return list(vars(field)["_validators"])


def ranges() -> Iterator[Any]:
    """Every setting whose form has a range, with its lowest and highest value."""
    for model in SETTINGS:
        for field in model._meta.concrete_fields:
            checks = [
                check for check in own_validators(field) if isinstance(check, MinValueValidator | MaxValueValidator)
            ]
            if checks:
                limits = sorted(check.limit_value for check in checks)
                yield pytest.param(model, field.name, *limits, id=f"{model._meta.label}.{field.name}")


# Of two settings the first is at most the second, whatever their own ranges.
ORDERED = (("match_threshold", "auto_tag_threshold"), ("frames_per_video", "most_frames_per_video"))


def moved_along(model: Any, name: str, value: float) -> dict[str, float]:
    """The other one of such a pair, as near to the value as its own range lets it be."""
    for pair in ORDERED:
        if name in pair and hasattr(model, name):
            other = pair[1 - pair.index(name)]
            limits = sorted(check.limit_value for check in own_validators(model._meta.get_field(other)))
            return {other: min(max(value, limits[0]), limits[-1])}
    return {}


@pytest.mark.parametrize(("model", "name", "lowest", "highest"), list(ranges()))
@pytest.mark.django_db
def test_the_database_knows_the_range_of_a_setting(model, name, lowest, highest):
    model.objects.create()

    for value in (lowest, highest):
        model.objects.update(**{name: value}, **moved_along(model, name, value))

    for beyond in (lowest - 1, highest + 1):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.update(**{name: beyond})


@pytest.mark.parametrize("model", SETTINGS, ids=lambda model: model._meta.label)
@pytest.mark.django_db
def test_every_number_among_the_settings_has_a_range_or_choices(model):
    numbers = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.IntegerField | models.FloatField) and not field.primary_key and not field.choices
    ]

    assert [field.name for field in numbers if len(own_validators(field)) != 2] == []


@pytest.mark.parametrize("model", SETTINGS, ids=lambda model: model._meta.label)
@pytest.mark.django_db
def test_every_change_of_settings_is_recorded_bulk_updates_too(model):
    row = model.objects.create()
    field = next(field for field in model._meta.concrete_fields if field.has_default() and not field.primary_key)

    model.objects.update(**{field.name: field.get_default()})
    row.save()

    assert [event.pgh_label for event in row.events.order_by("pgh_id")] == ["insert", "update", "update"]


@pytest.mark.django_db
def test_a_recorded_change_has_the_new_value():
    row = LibrarySettings.objects.create()

    LibrarySettings.objects.update(settle_seconds=7.5)

    events = pghistory.models.Events.objects.tracks(row)
    assert events.order_by("pgh_id").last().pgh_data["settle_seconds"] == 7.5


@pytest.mark.django_db
def test_changed_settings_count_at_the_next_use():
    LibrarySettings.objects.create(settle_seconds=7.5)

    assert LibrarySettings.load().settle_seconds == 7.5


def targets_of(model: type[models.Model]) -> set[str]:
    """The apps of ours that a model's own relations lead to."""
    related = [
        field.related_model
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation and not field.auto_created
    ]
    labels = {target._meta.app_label for target in related if target is not None and not isinstance(target, str)}
    return labels & set(OUR_APPS)


def test_the_library_points_at_no_app_of_ours_but_itself():
    models_of_library = apps.get_app_config("library").get_models()

    assert set().union(*map(targets_of, models_of_library)) == {"library"}


ROOMS_BELOW = {
    "library": {"library"},
    "people": {"people", "library"},
    "processing": {"processing", "library"},
    "faces": {"faces", "people", "processing", "library"},
    "playback": {"playback", "people", "processing", "library"},
    "stats": set(OUR_APPS) - {"importers"},
    "importers": set(OUR_APPS),
}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_relations_point_downwards(model):
    assert targets_of(model) <= ROOMS_BELOW[model._meta.app_label]
