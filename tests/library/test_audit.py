"""What is remembered for good, by whom it is written, and that nobody takes it back."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.admin.audit import facts_of
from library.models import AuditEvent, AuditKind, LibrarySettings, User
from library.roles import MODERATOR, USER
from library.services.audit import record
from library.services.statistics import analyze_tables
from tests.library.factories import find_permission, make_role, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/library/auditevent/"


@pytest.fixture
def owner(client: Client) -> User:
    user = make_user(username="Owner", is_superuser=True)
    client.force_login(user)
    forget()
    return user


def forget() -> None:
    """As if nothing had happened yet; emptying a table is the one thing that its triggers don't refuse."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE library_auditevent")


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def last() -> AuditEvent:
    return AuditEvent.objects.latest("pk")


# ---- append-only ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "statement", ["UPDATE library_auditevent SET subject = 'other'", "DELETE FROM library_auditevent"]
)
def test_the_database_refuses_to_change_or_delete_an_event(statement: str) -> None:
    record(kind=AuditKind.PURGE, subject="12 videos")

    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert last().subject == "12 videos"


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.create(kind="dance")


def test_an_event_outlives_its_user_and_keeps_the_name() -> None:
    user = make_user(username="anna")
    record(kind=AuditKind.IMPORT, user=user, subject="Stash", account=user)

    user.delete()

    event = AuditEvent.objects.get(kind="import")
    assert (event.actor_name, event.user_id) == ("anna", event.account_id)
    assert AuditEvent.objects.get(kind="user_deleted").subject == "anna"


# ---- logins ---------------------------------------------------------------------------------------------------------
def test_logins_are_recorded_with_name_and_address(client: Client) -> None:
    make_user(username="anna")
    forget()

    for password in ("wrong", "secret"):
        client.post("/login/", {"username": "Anna", "password": password}, REMOTE_ADDR="192.0.2.7")
    client.post("/logout/")

    events = AuditEvent.objects.order_by("pk").values_list("kind", "actor_name", "address")
    assert list(events) == [
        ("login_failed", "Anna", "192.0.2.7"),
        ("login", "anna", "192.0.2.7"),
        ("logout", "anna", "127.0.0.1"),
    ]


def test_a_lock_is_one_event_however_long_somebody_goes_on(client: Client) -> None:
    make_user(username="anna")
    forget()

    for _ in range(12):
        client.post("/login/", {"username": "anna", "password": "x"})

    assert kinds() == ["login_failed"] * 5 + ["login_throttled"]
    assert last().detail == {"locked": "address", "key": "127.0.0.1"}


# ---- users, roles, settings -----------------------------------------------------------------------------------------
def test_whoever_edits_a_user_is_named_with_their_address(client: Client, owner: User) -> None:
    user = make_user(username="anna")
    forget()
    role = Group.objects.get(name=MODERATOR)
    form = {"username": "anna", "email": "a@example.org", "is_active": "on", "role": str(role.pk)}

    client.post(reverse("admin:library_user_change", args=(user.pk,)), form, REMOTE_ADDR="192.0.2.7")

    told = [event for event in AuditEvent.objects.all() if "taken" not in event.detail]
    events = {event.detail.get("given", ["email"])[0]: event for event in told}
    assert events["email"].detail == {"email": ["", "a@example.org"]}
    assert events[MODERATOR].kind == "role_changed"
    assert {(event.user, event.actor_name, event.address, event.account) for event in events.values()} == {
        (owner, "Owner", "192.0.2.7", user)
    }


def test_bulk_changes_of_users_are_recorded_one_by_one() -> None:
    users = [make_user() for _ in range(3)]
    forget()

    User.objects.filter(pk__in=[user.pk for user in users]).update(is_active=False)

    assert kinds() == ["user_changed"] * 3
    assert last().detail == {"is_active": [True, False]}
    assert (last().user, last().actor_name) == (None, "")


def test_passwords_are_never_in_an_event() -> None:
    user = make_user(password="secret")
    forget()
    before = User.objects.get(pk=user.pk).password

    user.set_password("another secret")
    user.save()

    assert last().detail == {"password": "changed"}
    everything = " ".join(str(event.__dict__) for event in AuditEvent.objects.all())
    assert not any(word in everything for word in (before, user.password, "secret"))


def test_a_login_is_no_change_of_the_user(client: Client) -> None:
    user = make_user()
    forget()

    client.force_login(user)

    assert kinds() == ["login"]


def test_what_roles_allow_is_recorded_per_statement() -> None:
    make_user()
    role = make_role(name="curator", permissions=[])
    forget()

    role.permissions.set(map(find_permission, ["library.view_video", "library.trash_video"]))
    role.permissions.clear()
    role.name = "keeper"
    role.save()
    role.delete()

    events = list(AuditEvent.objects.order_by("pk").values_list("subject", "detail"))
    assert events == [
        ("curator", {"granted": ["library.trash_video", "library.view_video"]}),
        ("curator", {"withdrawn": ["library.trash_video", "library.view_video"]}),
        ("keeper", {"name": ["curator", "keeper"]}),
        ("keeper", {"role": "deleted"}),
    ]


def test_memberships_and_permissions_of_ones_own_are_recorded() -> None:
    user = make_user(username="anna", role=USER)
    forget()

    user.groups.set([Group.objects.get(name=MODERATOR)])
    user.user_permissions.add(find_permission("library.view_folder"))

    events = list(AuditEvent.objects.order_by("pk").values_list("kind", "subject", "detail"))
    assert events == [
        ("role_changed", "anna", {"taken": [USER]}),
        ("role_changed", "anna", {"given": [MODERATOR]}),
        ("role_changed", "anna", {"granted": ["library.view_folder"]}),
    ]


def test_settings_are_recorded_with_what_changed() -> None:
    make_user()
    LibrarySettings.load().save()
    forget()

    LibrarySettings.objects.update(scan_interval_minutes=5)
    LibrarySettings.objects.update(scan_interval_minutes=5)

    event = AuditEvent.objects.get()
    assert (event.kind, event.subject) == ("settings_changed", "library settings")
    assert event.detail == {"scan_interval_minutes": [60, 5]}


def test_an_installation_is_no_event() -> None:
    assert not User.objects.exists()
    assert kinds() == []


# ---- the list -------------------------------------------------------------------------------------------------------
def test_the_list_shows_events_newest_first_and_filters_them(client: Client, owner: User) -> None:
    anna = make_user(username="anna")
    forget()
    record(kind=AuditKind.PURGE, user=owner, subject="12 videos")
    record(kind=AuditKind.LOGIN, user=anna, subject="anna", account=anna)
    record(kind=AuditKind.SESSION_ENDED, user=owner, subject="anna", account=anna)

    def shown(query: str = "") -> list[str]:
        return [event.kind for event in client.get(f"{LIST}{query}").context["cl"].result_list]

    assert shown() == ["session_ended", "login", "purge"]
    assert shown("?kind__exact=purge") == ["purge"]
    assert shown("?who=ANNA") == ["session_ended", "login"]
    assert shown("?who=nobody") == []
    assert shown("?days=1") == ["session_ended", "login", "purge"]
    AuditEvent.objects.bulk_create([AuditEvent(kind="import", created_at=timezone.now() - timedelta(days=2))])
    assert [len(shown(f"?days={days}")) for days in (1, 7)] == [3, 4]


def test_nobody_adds_changes_or_deletes_in_the_list(client: Client, owner: User) -> None:
    record(kind=AuditKind.PURGE, user=owner, subject="12 videos", detail={"videos": 12})
    pk = last().pk

    answers = [client.post(f"{LIST}{path}").status_code for path in ("add/", f"{pk}/change/", f"{pk}/delete/")]

    assert answers == [403, 403, 403]
    assert "12 videos" in client.get(f"{LIST}{pk}/change/").content.decode()


def test_what_somebody_typed_is_shown_as_text(client: Client, owner: User) -> None:
    record(kind=AuditKind.LOGIN_FAILED, actor_name="<script>", subject="<script>", detail={"x": "<b>"})

    page = client.get(LIST).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;" in page


def test_the_list_never_counts_and_costs_the_same_with_more_events(client: Client, owner: User) -> None:
    counts = []

    for _ in range(2):
        for _ in range(10):
            record(kind=AuditKind.LOGIN, user=owner, account=owner)
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert not [one for one in asked if "COUNT(*)" in one["sql"] and 'FROM "library_auditevent"' in one["sql"]]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("kind = 'purge' ORDER BY id DESC LIMIT 51", "library_audit_kind"),
        ("user_id = 1 ORDER BY id DESC LIMIT 51", "library_audit_user"),
        ("account_id = 1 ORDER BY id DESC LIMIT 51", "library_audit_account"),
        ("created_at > now() - interval '1 hour'", "library_audit_time"),
    ],
)
def test_an_index_serves_each_filter(query: str, index: str) -> None:
    AuditEvent.objects.bulk_create(AuditEvent(kind=AuditKind.LOGIN, subject="Ana") for _ in range(3_000))
    analyze_tables([AuditEvent])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN SELECT * FROM library_auditevent WHERE {query}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert index in plan


def test_the_page_of_a_user_shows_what_happened_to_them(client: Client, owner: User) -> None:
    anna = make_user(username="anna", role=MODERATOR)
    forget()
    record(kind=AuditKind.LOGIN, user=anna, account=anna, subject="anna", address="203.0.113.8")
    record(kind=AuditKind.PURGE, user=owner, subject="12 videos")

    page = client.get(reverse("admin:library_user_change", args=(anna.pk,))).content.decode()

    assert "203.0.113.8" in page
    assert "12 videos" not in page
    assert f"{LIST}?who=anna" in page


@pytest.mark.parametrize(
    ("detail", "facts"),
    [
        ({"is_active": [True, False]}, [("is active", "yes → no")]),
        ({"granted": ["a.b", "c.d"]}, [("granted", "a.b, c.d")]),
        ({"email": ["", "a@b"]}, [("email", "nothing → a@b")]),
        ({"password": "changed"}, [("password", "changed")]),
        ({"sessions": [{"device": "", "address": None}]}, [("sessions", "An unknown device (no address)")]),
    ],
)
def test_details_are_told_in_words(detail: dict, facts: list) -> None:
    assert facts_of(detail) == facts
