"""Tokens of the API: which count, for what, how they are throttled, remembered and forgotten."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from redis import ConnectionError as RedisConnectionError

from library.exceptions import TokenError
from library.models import ApiToken, AuditEvent, User
from library.models.token import TokenScope
from library.services.tokens import MOST_TOKENS, PREFIX, make_token, purge_tokens, revoke_token
from processing.models.images import derived_storage
from processing.stages import get_stage
from processing.stages.tokens import run
from tests.library.factories import find_permission, make_file, make_folder, make_user

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def with_token(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def limits(settings: Any, redis_connection: Any) -> Iterator[Any]:
    settings.API_PER_MINUTE, settings.API_ANONYMOUS_PER_MINUTE = 3, 2
    yield settings


# ---- which count ----------------------------------------------------------------------------------------------------
def test_only_the_digest_of_a_token_is_kept() -> None:
    made = make_token(user=make_user(), name="  Backup   script ")

    row = ApiToken.objects.values().get()
    assert made.secret.startswith(PREFIX)
    assert row["digest"] == hashlib.sha256(made.secret.encode()).hexdigest()
    assert (row["last_four"], row["name"]) == (made.secret[-4:], "Backup script")
    assert not any(made.secret in str(value) for value in row.values())
    assert timedelta(days=89) < row["expires_at"] - timezone.now() < timedelta(days=91)


@pytest.mark.parametrize("what", ["good", "for ever", "expired", "revoked", "switched off", "cut", "made up", "empty"])
def test_a_token_counts_until_it_is_over(what: str) -> None:
    user = make_user(username="Ada")
    made = make_token(user=user, name="x", days=None if what == "for ever" else 1)
    secret = {"cut": made.secret[:-1], "made up": PREFIX + "x" * 43, "empty": ""}.get(what, made.secret)
    if what == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    if what == "revoked":
        revoke_token(public_id=made.token.public_id, by=user, reason="Lost")
    if what == "switched off":
        User.objects.update(is_active=False)

    answer = with_token(secret).get(ME)

    if what in ("good", "for ever"):
        assert (answer.status_code, answer.json()["username"]) == (200, "Ada")
    else:
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="Videothek", error="invalid_token"'
        assert "Ada" not in answer.content.decode()


@pytest.mark.parametrize(("name", "days"), [("", 1), (" \n", 1), ("x", 0), ("x", 4000)])
def test_a_token_that_makes_no_sense_is_not_made(name: str, days: int) -> None:
    with pytest.raises(TokenError):
        make_token(user=make_user(), name=name, days=days)

    assert not ApiToken.objects.exists()


def test_an_account_has_so_many_tokens_at_most() -> None:
    user = make_user()
    ApiToken.objects.bulk_create(ApiToken(user=user, name="x", digest=str(n)) for n in range(MOST_TOKENS))

    with pytest.raises(TokenError, match="revoke one"):
        make_token(user=user, name="x")


def test_a_token_is_looked_up_by_one_query_and_its_use_written_once_a_minute() -> None:
    client = with_token(make_token(user=make_user(is_superuser=True), name="x").secret)

    first = client.get(ME, REMOTE_ADDR="192.0.2.7")
    with CaptureQueriesContext(connection) as asked:
        client.get(ME, REMOTE_ADDR="192.0.2.8")

    assert first.status_code == 200
    assert [one["sql"][:6] for one in asked if "library_apitoken" in one["sql"]] == ["SELECT"]
    assert ApiToken.objects.get().last_used_address == "192.0.2.7"


# ---- for what -------------------------------------------------------------------------------------------------------
def test_a_token_that_may_only_look_changes_nothing() -> None:
    client = with_token(make_token(user=make_user(is_superuser=True), name="x", scope=TokenScope.READ).secret)

    looked = [client.get("/api/v1/tags/"), client.post("/api/v1/videos/search/", {}, "application/json")]
    wrote = client.post("/api/v1/tags/", {"name": "x"}, "application/json")

    assert [answer.status_code for answer in looked] == [200, 200]
    assert (wrote.status_code, wrote.json()["detail"]) == (
        403,
        "This token may only look. Make one that may do everything.",
    )


def test_a_session_needs_the_csrf_token_and_a_token_doesnt() -> None:
    user = make_user(is_superuser=True)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    program = Client(
        enforce_csrf_checks=True, headers={"Authorization": f"Bearer {make_token(user=user, name='x').secret}"}
    )

    answers = [one.post("/api/v1/tags/", {"name": "x"}, "application/json") for one in (browser, program)]

    assert [answer.status_code for answer in answers] == [403, 201]


def test_what_answers_name_is_fetched_by_token_and_nothing_else_is(public_path: Path) -> None:
    film = public_path / "film.mp4"
    film.write_bytes(b"x" * 100)
    file = make_file(path=film, folder=make_folder(path=public_path))
    derived_storage().save("t/one.webp", ContentFile(b"picture"))
    user = make_user(is_superuser=True)
    client = with_token(make_token(user=user, name="x").secret)

    seen = {}
    for address in (f"/videos/{file.video_id}/stream", "/derived/t/one.webp", "/account/", "/admin/", "/"):
        answer = client.get(address)
        answer.getvalue()
        seen[address] = answer.status_code
    stranger = with_token(make_token(user=make_user(role=""), name="x").secret).get("/derived/t/one.webp")
    unknown = with_token("vdt_x").get("/derived/t/one.webp")
    written = client.post(f"/videos/{file.video_id}/progress", {"position": "1"})

    assert list(seen.values()) == [200, 200, 302, 302, 302]
    assert (stranger.status_code, unknown.status_code, written.status_code) == (403, 401, 403)


def test_a_token_makes_no_other_and_revokes_itself() -> None:
    made = make_token(user=make_user(), name="x")
    client = with_token(made.secret)

    another = client.post("/api/v1/tokens/", {"name": "y"}, "application/json")
    gone = client.post(f"/api/v1/tokens/{made.token.public_id}/revoke/", {"reason": "Found"}, "application/json")

    assert (another.status_code, gone.status_code, client.get(ME).status_code) == (403, 200, 401)


def test_a_session_makes_one_and_nobody_revokes_anothers() -> None:
    client = Client()
    client.force_login(make_user())
    other = make_token(user=make_user(), name="x").token

    made = client.post("/api/v1/tokens/", {"name": "y", "days": None, "scope": "read"}, "application/json")
    stolen = client.post(f"/api/v1/tokens/{other.public_id}/revoke/", {"reason": "Mine"}, "application/json")
    listed = client.get("/api/v1/tokens/").json()["results"]

    assert with_token(made.json()["secret"]).get(ME).status_code == 200
    assert stolen.status_code == 404
    assert [one["name"] for one in listed] == ["y"]
    assert "secret" not in listed[0]


# ---- how often ------------------------------------------------------------------------------------------------------
def test_each_token_may_ask_so_often_a_minute(limits: Any) -> None:
    user = make_user()
    client, other = (with_token(make_token(user=user, name="x").secret) for _ in range(2))

    answers = [client.get(ME) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert other.get(ME).status_code == 200


def test_whoever_is_nobody_may_ask_less_often(limits: Any) -> None:
    answers = [Client().get(ME, REMOTE_ADDR="192.0.2.9").status_code for _ in range(3)]

    assert answers == [401, 401, 429]


def test_without_redis_nobody_is_refused(limits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise RedisConnectionError("gone")

    client = with_token(make_token(user=make_user(), name="x").secret)
    monkeypatch.setattr("redis.client.Pipeline.execute", away)

    assert {client.get(ME).status_code for _ in range(5)} == {200}


def test_tokens_that_are_none_are_locked_out_by_address_and_good_ones_arent(settings: Any) -> None:
    bad, good = with_token("vdt_guess"), with_token(make_token(user=make_user(), name="x").secret)

    answers = [bad.get(ME, REMOTE_ADDR="192.0.2.7") for _ in range(settings.LOGIN_TRIES + 2)]
    call_command("unlock_login", address="192.0.2.7", stdout=StringIO())
    after = bad.get(ME, REMOTE_ADDR="192.0.2.7")

    assert [answer.status_code for answer in answers] == [401] * settings.LOGIN_TRIES + [429, 429]
    assert int(answers[-1]["Retry-After"]) > 60
    assert bad.get(ME, REMOTE_ADDR="198.51.100.1").status_code == 401
    assert good.get(ME, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert after.status_code == 401
    assert AuditEvent.objects.get(kind="login_throttled").detail == {"locked": "token", "key": "192.0.2.7"}


# ---- remembered and forgotten ---------------------------------------------------------------------------------------
def test_the_log_tells_of_tokens_and_never_their_secret(client: Client) -> None:
    user = make_user(username="Ada")
    client.force_login(user)
    client.post("/account/tokens/", {"name": "Script", "days": "30", "scope": "read"}, REMOTE_ADDR="192.0.2.7")
    token = ApiToken.objects.get()

    client.post("/account/tokens/revoke/", {"token": token.public_id, "reason": "Lost"}, REMOTE_ADDR="192.0.2.7")

    events = AuditEvent.objects.filter(kind__startswith="token").order_by("pk")
    assert [(event.kind, event.actor_name, event.address, event.account_id) for event in events] == [
        ("token_created", "Ada", "192.0.2.7", user.pk),
        ("token_revoked", "Ada", "192.0.2.7", user.pk),
    ]
    assert events[1].detail == {"ends_in": token.last_four, "reason": "Lost"}
    assert not any(token.digest in str(event.__dict__) for event in events)


@pytest.mark.parametrize(
    ("revoked_days", "expired_days", "is_kept"),
    [(31, None, False), (29, None, True), (None, 31, False), (None, 29, True)],
)
def test_what_is_long_over_is_forgotten_by_a_job(
    revoked_days: int | None, expired_days: int | None, is_kept: bool
) -> None:
    def ago(days: int | None) -> Any:
        return timezone.now() - timedelta(days=days) if days else None

    make_token(user=make_user(), name="good")
    token = make_token(user=make_user(username="Ada"), name="old", days=None).token
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=ago(revoked_days), expires_at=ago(expired_days))

    result = run(None)

    assert result.facts == {"forgotten": 0 if is_kept else 1}
    assert ApiToken.objects.count() == 1 + is_kept
    assert AuditEvent.objects.filter(kind="token_purged").count() == (0 if is_kept else 1)
    assert get_stage("forget-tokens").queue == "maintenance"


def test_a_purge_of_nothing_is_no_event() -> None:
    assert purge_tokens() == 0
    assert not AuditEvent.objects.filter(kind="token_purged").exists()


# ---- the command ----------------------------------------------------------------------------------------------------
def test_the_command_prints_a_token_that_counts() -> None:
    make_user(username="Ada")
    said = StringIO()

    call_command("api_token", "ada", name="Backup", days=0, read_only=True, stdout=said)

    token = ApiToken.objects.get()
    assert (token.name, token.expires_at, token.scope) == ("Backup", None, "read")
    assert with_token(said.getvalue().strip()).get(ME).json()["username"] == "Ada"


def test_the_command_refuses_what_is_no_account() -> None:
    make_user(username="Bo", is_active=False)

    for name in ("Nobody", "Bo"):
        with pytest.raises(CommandError, match=name):
            call_command("api_token", name, name="x", stdout=StringIO())


# ---- the pages ------------------------------------------------------------------------------------------------------
def test_the_page_shows_a_new_token_once(client: Client) -> None:
    client.force_login(make_user())

    made = client.post("/account/tokens/", {"name": "Script", "days": "90", "scope": "full"})
    later = client.get("/account/tokens/").content.decode()

    secret = made.context["made"].secret
    assert made.status_code == 201
    assert secret in made.content.decode()
    assert secret not in later
    assert "Script" in later
    assert "no-store" in made["Cache-Control"]


def test_the_page_says_what_is_wrong(client: Client) -> None:
    client.force_login(make_user())

    nameless = client.post("/account/tokens/", {"name": " "})
    other = make_token(user=make_user(), name="x").token
    client.post("/account/tokens/revoke/", {"token": other.public_id, "reason": "Mine"})

    assert nameless.status_code == 422
    assert "Say what uses the token" in nameless.content.decode()
    assert ApiToken.objects.get().revoked_at is None


def test_whoever_may_ends_other_peoples_tokens_with_a_reason(client: Client) -> None:
    token = make_token(user=make_user(username="Ada"), name="Script").token
    staff = make_user(is_staff=True)
    address, place = reverse("admin:library_apitoken_revoke", args=(token.pk,)), "/admin/library/apitoken/"

    client.force_login(staff)
    before = client.post(address, {"reason": "x"}).status_code
    staff.user_permissions.add(find_permission("library.change_apitoken"))
    seen = client.get(place).content.decode() + client.get(f"{place}{token.pk}/change/").content.decode()
    client.post(address, {"reason": " "})
    unreasoned = ApiToken.objects.get().revoked_at
    client.post(address, {"reason": "Left the house"})

    token.refresh_from_db()
    assert (before, unreasoned) == (403, None)
    assert (token.revoked_by, token.revoked_reason) == (staff, "Left the house")
    assert "Script" in seen
    assert token.digest not in seen
