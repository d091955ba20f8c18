"""Tokens of the API: made, found, revoked, forgotten. What happens to them is recorded by the database."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from library.addresses import client_address
from library.exceptions import TokenError, TokenRefusedError
from library.models import ApiToken, AuditKind, User
from library.models.names import clean_name
from library.models.token import TokenScope
from library.services.audit import record
from library.services.logins import token_failed

# What tells a token from other secrets: to people, and to programs that look for leaked ones.
PREFIX = "vdt_"
DEFAULT_DAYS = 90
MOST_DAYS = 3650
# Of one account that count at the same time.
MOST_TOKENS = 50
KEPT_DAYS = 30
USED_EVERY = timedelta(minutes=1)
_RANDOM_BYTES = 32
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; `secret` is shown once and never again."""

    token: ApiToken
    secret: str


def make_token(
    *, user: User, name: str, days: int | None = DEFAULT_DAYS, scope: TokenScope = TokenScope.FULL
) -> NewToken:
    """A new token of the account; `days` until it expires, None for never. Raises TokenError."""
    name = clean_name(name)[:100]
    if not name:
        raise TokenError("Say what uses the token, so that you know it again.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise TokenError(f"A token is good for 1 to {MOST_DAYS:,} days, or for ever.")
    if counting_tokens().filter(user=user).count() >= MOST_TOKENS:
        raise TokenError(f"{MOST_TOKENS} tokens are enough for one account: revoke one that isn't needed.")
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=digest_of(secret),
        last_four=secret[-4:],
        scope=scope,
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
    )
    token.refresh_from_db(fields=["public_id", "created_at"])
    return NewToken(token, secret)


def digest_of(secret: str) -> str:
    """What is kept of a token: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def counting_tokens() -> QuerySet[ApiToken]:
    """Tokens that open something now."""
    is_good = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiToken.objects.filter(is_good, revoked_at=None, user__is_active=True)


def use_token(secret: str, request: HttpRequest) -> ApiToken:
    """The token that was sent, with its `user`; notes that it was used. One query, and one more a minute.

    Raises TokenRefusedError for any other secret, whatever is wrong with it; such are counted by where they come from.
    """
    address = client_address(request)
    token = _find(secret)
    if token is None:
        seconds = token_failed(address=address)
        if seconds is not None:
            raise TokenRefusedError("Too many tokens that don't count came from your address; wait a while.", seconds)
        raise TokenRefusedError("That token doesn't count: it is unknown, revoked or expired. Make a new one.")
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        ApiToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now, last_used_address=address)
    return token


def _find(secret: str) -> ApiToken | None:
    if not secret.startswith(PREFIX) or len(secret) > _LONGEST:
        return None
    digest = digest_of(secret)
    token = counting_tokens().select_related("user").filter(digest=digest).first()
    # The index has found it by its digest, of which whoever guesses learns nothing; compared once more all the same.
    return token if token is not None and hmac.compare_digest(token.digest, digest) else None


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """All of an account's, also those that are over, the latest first."""
    return ApiToken.objects.filter(user=user).select_related("revoked_by").order_by("-pk")


def revoke_token(*, public_id: UUID, by: User | None, reason: str, owner: User | None = None) -> bool:
    """Ends a token, of `owner` only where one is given; False when there is none or it was revoked already.

    Raises TokenError without a reason: the log is to say why.
    """
    reason = clean_name(reason)[:300]
    if not reason:
        raise TokenError("Say why: lost, not needed any more, seen by somebody.")
    tokens = ApiToken.objects.filter(public_id=public_id, revoked_at=None)
    if owner is not None:
        tokens = tokens.filter(user=owner)
    return tokens.update(revoked_at=timezone.now(), revoked_by=by, revoked_reason=reason) == 1


def purge_tokens(*, kept_days: int = KEPT_DAYS) -> int:
    """Forgets tokens that were revoked or ran out long ago; returns how many. One event says which."""
    before = timezone.now() - timedelta(days=kept_days)
    over = ApiToken.objects.filter(Q(revoked_at__lt=before) | Q(expires_at__lt=before)).select_related("user")
    going = list(over.order_by("pk"))
    if not going:
        return 0
    count, _ = ApiToken.objects.filter(pk__in=[token.pk for token in going]).delete()
    told = [f"{token.user.username}: {token}" for token in going[:100]]
    record(kind=AuditKind.TOKEN_PURGED, subject=f"{count:,} API tokens", detail={"tokens": told})
    return count
