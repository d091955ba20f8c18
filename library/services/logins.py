"""Tries to log in: counted by account and by address, so that passwords can't be guessed; tokens by address."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone

from library.addresses import client_address, throttle_key
from library.exceptions import LoginThrottledError
from library.models import LoginCounter, User
from library.models.access import LoginScope
from library.models.audit import AuditKind
from library.services.audit import record
from library.sessions import ADDRESS, DEVICE

_LONGEST_NAME = 150
_LONGEST_DEVICE = 300

# One statement and the row's own lock: of tries sent at once each gets another number. A try while the counter is
# locked is counted apart, and doesn't prolong the lock. Counting begins again after a lock, and after as long without
# a try.
_COUNT = """
INSERT INTO library_logincounter AS counter (scope, key, failure_count, last_try_at, locked_until, refused_count)
VALUES (%(scope)s, lower(%(key)s), 1, clock_timestamp(),
        CASE WHEN %(limit)s <= 1 THEN clock_timestamp() + %(pause)s END, 0)
ON CONFLICT (scope, key) DO UPDATE SET (failure_count, last_try_at, locked_until, refused_count) = (
    SELECT CASE WHEN is_locked THEN counter.failure_count ELSE number END,
           CASE WHEN is_locked THEN counter.last_try_at ELSE clock_timestamp() END,
           CASE WHEN is_locked THEN counter.locked_until
                WHEN number >= %(limit)s THEN clock_timestamp() + %(pause)s END,
           CASE WHEN is_locked THEN counter.refused_count + 1 ELSE 0 END
    FROM (SELECT COALESCE(counter.locked_until > clock_timestamp(), FALSE) AS is_locked,
                 CASE WHEN counter.locked_until IS NOT NULL
                        OR counter.last_try_at < clock_timestamp() - %(pause)s
                      THEN 1 ELSE counter.failure_count + 1 END AS number) AS state)
RETURNING failure_count, locked_until, refused_count
"""


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A try that was let through: its password may be looked at. `left` is how many more there are before a lock."""

    name: str
    address: str | None
    left: int


def begin_attempt(*, name: str, address: str | None) -> LoginAttempt:
    """Counts a try before its password is looked at. Raises LoginThrottledError when there were too many.

    The account's name need not exist, so nobody learns which do. Call outside transactions: the count must stand at
    once, and for every web process. Without an address only the account counts.
    """
    left = settings.LOGIN_TRIES
    if address is not None:
        left = min(left, _count(LoginScope.ADDRESS, throttle_key(address), name=name, address=address))
    try:
        left = min(left, _count(LoginScope.ACCOUNT, name[:_LONGEST_NAME], name=name, address=address))
    except LoginThrottledError:
        # Nothing was tried, so it doesn't count against the address.
        _take_back(address)
        raise
    return LoginAttempt(name, address, left)


def attempt_succeeded(attempt: LoginAttempt) -> None:
    """The account counts from zero again, and the address as if this try had not been."""
    LoginCounter.objects.filter(scope=LoginScope.ACCOUNT).filter(_key_is(attempt.name[:_LONGEST_NAME])).delete()
    _take_back(attempt.address)


def attempt_failed(attempt: LoginAttempt) -> None:
    """The try stays counted, and is recorded. Raises LoginThrottledError when it was the last one."""
    record(
        kind=AuditKind.LOGIN_FAILED,
        actor_name=attempt.name,
        subject=attempt.name,
        account=_account(attempt.name),
        address=attempt.address,
    )
    if attempt.left <= 0:
        raise LoginThrottledError(settings.LOGIN_LOCK_MINUTES * 60)


def token_failed(*, address: str | None) -> int | None:
    """Counts a token that was none, by where it came from; the seconds until the next such is looked at, or None.

    Tokens that count go on counting from a locked address: a secret of 256 bits isn't found by trying, so the lock
    only spares the database those who try.
    """
    if address is None:
        return None
    try:
        _count(LoginScope.TOKEN, throttle_key(address), name="", address=address)
    except LoginThrottledError as error:
        return error.seconds_left
    return None


def unlock(*, name: str = "", address: str = "") -> int:
    """Forgets the failed tries of an account or from an address; without either, all. Returns how many were locked."""
    counters = LoginCounter.objects.all()
    if name:
        counters = counters.filter(_key_is(name[:_LONGEST_NAME]), scope=LoginScope.ACCOUNT)
    if address:
        counters = counters.filter(scope__in=(LoginScope.ADDRESS, LoginScope.TOKEN), key=throttle_key(address))
    count = counters.filter(locked_until__gt=timezone.now()).count()
    counters.delete()
    return count


def locked_until(user: User) -> datetime | None:
    """Until when nobody can log in as that user; None when they can."""
    counters = LoginCounter.objects.filter(_key_is(user.username), scope=LoginScope.ACCOUNT)
    return counters.filter(locked_until__gt=timezone.now()).values_list("locked_until", flat=True).first()


def purge_counters() -> int:
    """Removes counters that count no more; returns how many."""
    now = timezone.now()
    idle = now - timedelta(minutes=settings.LOGIN_LOCK_MINUTES)
    is_free = Q(locked_until=None) | Q(locked_until__lt=now)
    return LoginCounter.objects.filter(is_free, last_try_at__lt=idle).delete()[0]


def remember_login(sender: Any, request: HttpRequest, user: User, **signal: Any) -> None:
    """On every login, whichever way: the session learns where it is from, and the login is recorded."""
    request.session[ADDRESS] = client_address(request)
    request.session[DEVICE] = request.headers.get("User-Agent", "")[:_LONGEST_DEVICE]
    record(kind=AuditKind.LOGIN, user=user, subject=user.username, account=user, address=client_address(request))


def remember_logout(sender: Any, request: HttpRequest, user: User | None, **signal: Any) -> None:
    """On every logout; None is somebody whose session had ended already."""
    if user is not None:
        record(kind=AuditKind.LOGOUT, user=user, subject=user.username, account=user, address=client_address(request))


def _count(scope: LoginScope, key: str, *, name: str, address: str | None) -> int:
    """Counts one try; returns how many are left. The first refusal of a lock is recorded."""
    limit: int = settings.LOGIN_TRIES
    pause = timedelta(minutes=settings.LOGIN_LOCK_MINUTES)
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"scope": scope.value, "key": key, "limit": limit, "pause": pause}
        cursor.execute(_COUNT, given)
        count, until, refused = cursor.fetchone()
    if refused == 1:
        detail = {"locked": scope.value, "key": key}
        account = _account(name)
        record(
            kind=AuditKind.LOGIN_THROTTLED,
            actor_name=name,
            subject=name,
            account=account,
            address=address,
            detail=detail,
        )
    if refused:
        raise LoginThrottledError(max(1, math.ceil((until - timezone.now()).total_seconds())))
    return limit - int(count)


def _take_back(address: str | None) -> None:
    if address is None:
        return
    counters = LoginCounter.objects.filter(scope=LoginScope.ADDRESS, key=throttle_key(address), failure_count__gt=0)
    counters.update(failure_count=F("failure_count") - 1, locked_until=None)


def _account(name: str) -> User | None:
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return None


def _key_is(name: str) -> Q:
    """By the database's lower(), as counters are written."""
    return Q(key=Lower(Value(name)))
