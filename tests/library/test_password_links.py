"""Addresses by which people set a new password."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from library.models import AuditEvent, User
from library.services.password_links import make_password_link
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db

NEW = {"new_password1": "Quite another 1", "new_password2": "Quite another 1"}


def test_an_account_without_a_usable_password_gets_one_and_logs_in(client: Client) -> None:
    user = make_user(username="anna")
    User.objects.filter(pk=user.pk).update(password=make_password(None))
    user.refresh_from_db()
    link = make_password_link(user=user)

    asked, answered = client.get(link), client.post(link, NEW)

    assert "A new password for anna" in asked.content.decode()
    assert (asked["Referrer-Policy"], asked["Cache-Control"].split(",")[0]) == ("no-referrer", "max-age=0")
    assert (answered.status_code, answered["Location"]) == (302, reverse("login"))
    assert client.login(username="anna", password="Quite another 1")


def test_it_is_good_once(client: Client) -> None:
    link = make_password_link(user=make_user())
    client.post(link, NEW)

    again = client.post(link, {"new_password1": "A third one 12", "new_password2": "A third one 12"})

    assert again.status_code == 410
    assert "Ask the owner" in again.content.decode()


def test_a_login_ends_it(client: Client) -> None:
    user = make_user(username="anna")
    link = make_password_link(user=user)
    client.post(reverse("login"), {"username": "anna", "password": "secret"})

    assert Client().get(link).status_code == 410


def test_it_ends_by_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = make_password_link(user=make_user())
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: datetime.now() + timedelta(days=3, minutes=1))

    assert client.get(link).status_code == 410


@pytest.mark.parametrize("key", ["1", "zzzzzzzzzzzzz", "-", "%F0"])
def test_what_was_never_given_out_is_none(client: Client, key: str) -> None:
    make_user()

    assert client.get(f"/login/new-password/{key}/abc-def/").status_code == 410


def test_anothers_account_is_not_opened_by_it(client: Client) -> None:
    anna, ben = make_user(), make_user()
    stolen = make_password_link(user=anna).replace(reverse("new_password", args=["x", "y"]).split("x/y")[0], "")
    token = stolen.split("/")[1]

    assert client.post(reverse("new_password", args=[ben.pk, token]), NEW).status_code == 410


def test_two_different_ones_are_refused_with_a_sentence(client: Client) -> None:
    user = make_user()

    response = client.post(make_password_link(user=user), {**NEW, "new_password2": "Something else 2"})

    assert response.status_code == 422
    assert "match" in response.content.decode()
    assert User.objects.get(pk=user.pk).check_password("secret")


def test_the_command_prints_one_for_each_and_the_audit_none() -> None:
    make_user(username="anna"), make_user(username="Ben")
    out = StringIO()

    call_command("password_link", "anna", "ben", url="https://videos.example/", stdout=out, stderr=StringIO())

    first, second = out.getvalue().splitlines()
    assert first.startswith("anna: https://videos.example/login/new-password/")
    assert second.startswith("Ben: ")
    event = AuditEvent.objects.get(subject="anna", detail__password_link="made")
    assert first.rsplit("/", 2)[1] not in str(event.detail)


def test_the_command_refuses_accounts_that_cannot_log_in() -> None:
    make_user(username="off", is_active=False)

    for name in ("off", "nobody"):
        with pytest.raises(CommandError):
            call_command("password_link", name)


def test_an_owner_makes_one_on_the_users_page_and_others_do_not(client: Client) -> None:
    owner, anna = make_user(is_superuser=True), make_user(username="anna")
    address = reverse("admin:library_user_password_link", args=[anna.pk])
    client.force_login(owner)

    shown = client.post(address, follow=True).content.decode()
    client.force_login(make_user(is_staff=True))

    assert "/login/new-password/" in shown
    assert client.post(address).status_code == 403
