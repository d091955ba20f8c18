"""Guessing passwords: what is counted, what is locked, and for how long."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from ipaddress import ip_network

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from config.env import env_networks
from library.addresses import client_address, throttle_key
from library.exceptions import LoginThrottledError
from library.models import AuditEvent, LoginCounter
from library.services.logins import attempt_failed, attempt_succeeded, begin_attempt, purge_counters
from tests.library.factories import make_user

pytestmark = pytest.mark.django_db

HERE = "192.0.2.7"


def log_in(client: Client, *, name: str = "anna", password: str = "wrong", address: str = HERE):
    return client.post(reverse("login"), {"username": name, "password": password}, REMOTE_ADDR=address)


def fail(client: Client, times: int, *, name: str = "anna", spread: bool = False) -> None:
    """Wrong tries; with `spread` each from another address."""
    for number in range(times):
        log_in(client, name=name, address=f"198.51.100.{number}" if spread else HERE)


def pass_time(minutes: float) -> None:
    """As if the counters were that much older."""
    ago = timedelta(minutes=minutes)
    for counter in LoginCounter.objects.all():
        until = counter.locked_until and counter.locked_until - ago
        LoginCounter.objects.filter(pk=counter.pk).update(last_try_at=counter.last_try_at - ago, locked_until=until)


def test_the_sixth_try_is_refused_even_with_the_right_password(client: Client) -> None:
    make_user(username="anna")
    fail(client, 5)

    response = log_in(client, password="secret")

    assert response.status_code == 429
    assert int(response["Retry-After"]) in range(890, 901)
    assert "You can try again in 15 minutes." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_last_wrong_tries_say_how_many_are_left(client: Client) -> None:
    make_user(username="anna")

    pages = [log_in(client).content.decode() for _ in range(5)]

    assert ["more tr" in page for page in pages] == [False, False, True, True, False]
    assert "One more try, then you have to wait 15 minutes." in pages[3]
    assert "Too many tries" in pages[4]


@pytest.mark.parametrize("name", ["ANNA", "  Anna ", "\uff41nna"])
def test_another_spelling_of_the_name_is_the_same_account(client: Client, name: str) -> None:
    make_user(username="anna")
    fail(client, 5, spread=True)

    assert log_in(client, name=name, password="secret").status_code == 429


def test_names_that_nobody_has_are_locked_alike(client: Client) -> None:
    fail(client, 5, name="nobody", spread=True)

    assert log_in(client, name="nobody").status_code == 429


def test_one_address_is_locked_whatever_the_names(client: Client) -> None:
    make_user(username="anna")
    for number in range(5):
        log_in(client, name=f"name{number}")

    assert log_in(client, password="secret").status_code == 429
    assert log_in(client, password="secret", address="198.51.100.1").status_code == 302


def test_a_locked_address_can_not_lock_anybodys_account(client: Client) -> None:
    make_user(username="anna")
    for number in range(5):
        log_in(client, name=f"name{number}")
    fail(client, 10)

    assert log_in(client, password="secret", address="198.51.100.1").status_code == 302


def test_a_locked_account_does_not_lock_the_address(client: Client) -> None:
    make_user(username="bert")
    fail(client, 5, spread=True)
    fail(client, 10)

    assert log_in(client, name="bert", password="secret").status_code == 302


def test_a_login_resets_the_account_and_leaves_the_address_as_it_was(client: Client) -> None:
    make_user(username="anna")
    fail(client, 4)
    log_in(client, password="secret")
    client.logout()

    counters = dict(LoginCounter.objects.values_list("scope", "failure_count"))

    assert counters == {"address": 4}


def test_tries_while_locked_do_not_prolong_the_lock(client: Client) -> None:
    make_user(username="anna")
    fail(client, 5)
    pass_time(14)
    fail(client, 3)
    pass_time(1.1)

    assert log_in(client, password="secret").status_code == 302


def test_counting_begins_again_after_a_lock_and_after_a_pause(client: Client) -> None:
    make_user(username="anna")
    fail(client, 5)
    pass_time(16)
    fail(client, 4)
    pass_time(16)
    fail(client, 4)

    assert log_in(client, password="secret").status_code == 302


def test_the_limits_are_settings(client: Client, settings) -> None:
    settings.LOGIN_TRIES, settings.LOGIN_LOCK_MINUTES = 2, 1
    make_user(username="anna")
    fail(client, 2)

    assert "again in 1 minute." in log_in(client).content.decode()


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    real = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return real(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    make_user(username="anna")
    make_user(username="off", is_active=False)
    costs = []

    for name in ("anna", "nobody", "off"):
        hashed.clear()
        log_in(client, name=name)
        costs.append(hashed.copy())

    assert costs == [["wrong"]] * 3


def test_the_answer_does_not_tell_which_names_exist(client: Client) -> None:
    make_user(username="anna")
    make_user(username="off", is_active=False)

    pages = [log_in(client, name=name).context["form"].non_field_errors() for name in ("anna", "nobody", "off")]

    assert pages[0][:1] == pages[1][:1] == pages[2][:1]


# ---- at once --------------------------------------------------------------------------------------------------------
def at_once(work: Callable[[], bool], *, times: int = 20) -> int:
    """How often the work said yes, in as many threads that start together."""
    gate, answers = threading.Barrier(times), []

    def run() -> None:
        try:
            gate.wait()
            answers.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(answers)


def let_through() -> bool:
    try:
        attempt = begin_attempt(name="anna", address=HERE)
    except LoginThrottledError:
        return False
    with suppress(LoginThrottledError):
        attempt_failed(attempt)
    return True


@pytest.mark.django_db(transaction=True)
def test_twenty_tries_at_once_are_five_tries() -> None:
    assert at_once(let_through) == 5


@pytest.mark.django_db(transaction=True)
def test_counting_after_the_password_would_let_more_through() -> None:
    """The control: with the count read before and written after, tries sent at once pass together."""
    looked = threading.Barrier(20)

    def naive() -> bool:
        before = LoginCounter.objects.filter(scope="account", key="anna", failure_count__gte=5).exists()
        looked.wait()
        begin = LoginCounter.objects.get_or_create(
            scope="account", key="anna", defaults={"failure_count": 0, "last_try_at": timezone.now()}
        )[0]
        LoginCounter.objects.filter(pk=begin.pk).update(failure_count=begin.failure_count + 1)
        return not before

    assert at_once(naive) > 5


def test_a_right_password_takes_its_try_back() -> None:
    for _ in range(10):
        attempt_succeeded(begin_attempt(name="anna", address=HERE))

    assert not LoginCounter.objects.filter(failure_count__gt=0).exists()


# ---- addresses ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, junk", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.1", None),
    ],
)
def test_a_forwarded_address_counts_from_trusted_proxies_only(settings, peer, forwarded, address) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == address


def test_no_proxy_is_trusted_unless_named(client: Client) -> None:
    make_user(username="anna")
    for number in range(5):
        client.post("/login/", {"username": "x", "password": "x"}, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")

    response = client.post("/login/", {"username": "anna", "password": "secret"}, HTTP_X_FORWARDED_FOR="203.0.113.1")

    assert response.status_code == 429


def test_a_household_of_ipv6_is_one_address() -> None:
    assert throttle_key("2001:db8:1:2:3::4") == throttle_key("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert throttle_key(HERE) == HERE


def test_a_network_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOTHEK_TRUSTED_PROXIES", "10.0.0.0/8, proxy")

    with pytest.raises(ImproperlyConfigured, match="VIDEOTHEK_TRUSTED_PROXIES: 'proxy'"):
        env_networks("VIDEOTHEK_TRUSTED_PROXIES")


# ---- letting in again -----------------------------------------------------------------------------------------------
def unlock(*arguments: str) -> str:
    out = StringIO()
    call_command("unlock_login", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_unlocks_an_account_an_address_or_all(client: Client) -> None:
    make_user(username="anna")
    said = []

    for arguments in (["Anna", "--address", HERE], ["--all"]):
        fail(client, 5)
        said.append(unlock(*arguments))
        assert log_in(client, password="secret").status_code == 302
        client.logout()

    assert said == ["Anna 192.0.2.7: 2 locks removed.\n", "everybody: 2 locks removed.\n"]
    assert AuditEvent.objects.filter(kind="login_unlocked").count() == 2


@pytest.mark.parametrize("arguments", [[], ["anna", "--all"], ["--address", "here"]])
def test_the_command_refuses_what_it_can_not_mean(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        unlock(*arguments)


def test_an_owner_unlocks_a_user_on_their_page(client: Client) -> None:
    user = make_user(username="anna")
    fail(client, 5, spread=True)
    client.force_login(make_user(is_superuser=True))
    page = client.get(reverse("admin:library_user_change", args=(user.pk,))).content.decode()

    client.post(reverse("admin:library_user_unlock", args=(user.pk,)))
    client.logout()

    assert "Logins are locked" in page
    assert log_in(client, password="secret", address="203.0.113.5").status_code == 302


def test_counters_that_count_no_more_are_purged(client: Client) -> None:
    fail(client, 5)
    assert purge_counters() == 0

    pass_time(16)

    assert purge_counters() == 2
