"""Where one is logged in, and ending it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.devices import device_name
from library.models import AuditEvent, User, UserSession
from library.services.access import purge_expired
from library.sessions import SessionStore
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Mobile/15E148 Safari/604.1"
)


def log_in(user: User, *, agent: str = FIREFOX, address: str = "192.0.2.7", password: str = "secret") -> Client:
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    assert client.post("/login/", {"username": user.username, "password": password}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_login_is_a_row_with_its_device_and_address() -> None:
    user = make_user()
    log_in(user)

    row = UserSession.objects.get()

    assert (row.user, row.address, row.device) == (user, "192.0.2.7", FIREFOX)


def test_logging_out_ends_the_session_on_the_server() -> None:
    client = log_in(make_user())
    cookie = client.cookies["sessionid"].value
    client.post("/logout/")
    thief = Client()
    thief.cookies["sessionid"] = cookie

    assert not is_in(thief)
    assert not UserSession.objects.exists()


def test_the_account_page_lists_ones_own_sessions_and_marks_this_one() -> None:
    user = make_user()
    here = log_in(user)
    log_in(user, agent=PHONE, address="198.51.100.1")
    log_in(make_user(), address="203.0.113.99")

    page = here.get("/account/").content.decode()

    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert page.count("This one") == 1
    assert "203.0.113.99" not in page
    assert not any(key in page for key in UserSession.objects.values_list("session_key", flat=True))


def test_one_session_is_ended_from_another() -> None:
    user = make_user()
    here, phone = log_in(user), log_in(user, agent=PHONE)
    other = UserSession.objects.get(device=PHONE)

    here.post("/account/sessions/end/", {"session": other.public_id})

    assert (is_in(here), is_in(phone)) == (True, False)


def test_all_other_sessions_are_ended_at_once() -> None:
    user, stranger = make_user(), make_user()
    here, *others = [log_in(user) for _ in range(3)]
    elsewhere = log_in(stranger)

    page = here.post("/account/sessions/end/", follow=True).content.decode()

    assert "You are logged out of 2 other places." in page
    assert [is_in(client) for client in (here, *others, elsewhere)] == [True, False, False, True]


@pytest.mark.parametrize("given", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_session_that_is_not_ones_own_stays(given: str) -> None:
    here, theirs = log_in(make_user()), log_in(make_user())
    session = given or str(UserSession.objects.get(pk=theirs.session.session_key).public_id)

    page = here.post("/account/sessions/end/", {"session": session}, follow=True).content.decode()

    assert "had ended already" in page
    assert is_in(theirs)


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one() -> None:
    user = make_user()
    here, other = log_in(user), log_in(user)
    form = {"old_password": "secret", "new_password1": "blue horse battery", "new_password2": "blue horse battery"}

    page = here.post("/account/password/", form, follow=True).content.decode()

    assert "Your password is changed." in page
    assert (is_in(here), is_in(other)) == (True, False)
    assert UserSession.objects.get().device == FIREFOX
    log_in(user, password="blue horse battery")


def test_a_wrong_old_password_changes_nothing() -> None:
    here = log_in(make_user())
    form = {"old_password": "no", "new_password1": "short", "new_password2": "short"}

    response = here.post("/account/password/", form)

    assert response.status_code == 422
    assert "was entered incorrectly" in response.content.decode()
    assert "too short" in response.content.decode()


@pytest.mark.parametrize("change", [{"password": "!"}, {"is_active": False}])
def test_a_password_or_switch_changed_in_bulk_ends_sessions(change: dict) -> None:
    user = make_user()
    log_in(user)

    get_user_model().objects.filter(pk=user.pk).update(**change)

    assert not UserSession.objects.exists()


def test_a_deleted_user_leaves_no_session() -> None:
    user = make_user()
    log_in(user)

    user.delete()

    assert not UserSession.objects.exists()


def test_an_owner_ends_a_users_sessions() -> None:
    user, owner = make_user(), make_user(is_superuser=True)
    client, keeper = log_in(user), log_in(owner)
    page = keeper.get(reverse("admin:library_user_change", args=(user.pk,))).content.decode()

    keeper.post(reverse("admin:library_user_end_sessions", args=(user.pk,)))

    assert "Firefox on Linux" in page
    assert (is_in(client), is_in(keeper)) == (False, True)
    event = AuditEvent.objects.get(kind="session_ended")
    assert (event.user, event.account, event.detail["count"]) == (owner, user, 1)


def test_the_last_use_is_written_once_a_minute() -> None:
    client = log_in(make_user())
    row = UserSession.objects.get()

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/account/", REMOTE_ADDR="198.51.100.9")
        return len([one for one in asked if 'UPDATE "library_usersession"' in one["sql"]])

    fresh = queries()
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(seconds=61))
    after_a_minute, again = queries(), queries()

    assert (fresh, after_a_minute, again) == (0, 1, 0)
    now = UserSession.objects.get()
    assert now.last_seen_at >= row.last_seen_at
    assert now.address == "198.51.100.9"


def test_a_session_that_is_written_keeps_when_it_was_last_seen() -> None:
    client = log_in(make_user())
    before = UserSession.objects.get()

    session = client.session
    session["x"] = 1
    session.save()

    after = UserSession.objects.get()
    assert (after.last_seen_at, after.address, after.public_id) == (
        before.last_seen_at,
        before.address,
        before.public_id,
    )
    assert SessionStore(after.pk)["x"] == 1


def test_a_session_ended_while_a_page_is_made_stays_ended() -> None:
    client = log_in(make_user())
    session = client.session
    session["x"] = 1
    UserSession.objects.all().delete()

    with pytest.raises(UpdateError):
        session.save()

    assert not UserSession.objects.exists()


def test_expired_sessions_are_neither_good_nor_kept() -> None:
    user = make_user()
    client, fresh = log_in(user), log_in(user)
    UserSession.objects.filter(pk=client.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))

    assert not is_in(client)
    assert "Log out everywhere else" not in fresh.get("/account/").content.decode()
    purge_expired()
    assert UserSession.objects.count() == 1


def test_the_account_page_costs_the_same_with_many_sessions() -> None:
    user = make_user()
    client = log_in(user)
    counts = []

    for _ in range(2):
        for _ in range(5):
            log_in(user)
        with CaptureQueriesContext(connection) as asked:
            client.get("/account/")
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 6


def test_the_account_page_says_the_role() -> None:
    page = log_in(make_user(role="moderator")).get("/account/").content.decode()

    assert re.search(r"<dd>\s*Moderator\s*</dd>", page)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Web0S; Linux/SmartTV)", "A television"),
        ("curl/8.5", "curl"),
        ("<script>", "An unknown device"),
        ("", "An unknown device"),
    ],
)
def test_a_device_has_a_name(agent: str, words: str) -> None:
    assert device_name(agent) == words
