"""Sessions and accounts: what users and owners do with them."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from library.addresses import client_address
from library.exceptions import LastOwnerError
from library.models import User, UserSession
from library.models.audit import AuditKind
from library.services.audit import record
from library.services.logins import purge_counters

# How exactly `last_seen_at` is kept: one write per session in that time, whatever number of requests it makes.
SEEN_EVERY = timedelta(minutes=1)
SESSIONS_SHOWN = 100


def live_sessions(user: User) -> QuerySet[UserSession]:
    """Where the user is logged in, last seen first."""
    return user.sessions.filter(expire_date__gt=timezone.now()).order_by("-last_seen_at", "pk")


def note_seen(request: HttpRequest) -> None:
    """Keeps when and from where the request's session was last used. At most one statement a minute and session."""
    now = timezone.now()
    before = getattr(request.session, "last_seen_at", None)
    if before is None or now - before < SEEN_EVERY or not request.user.is_authenticated:
        return
    stale = UserSession.objects.filter(pk=request.session.session_key, last_seen_at__lte=now - SEEN_EVERY)
    stale.update(last_seen_at=now, address=client_address(request))


def end_sessions(*, sessions: QuerySet[UserSession], owner: User, request: HttpRequest) -> int:
    """Logs the user `owner` out of these sessions of theirs; returns how many there were. Recorded."""
    ended = list(sessions.filter(user=owner).values_list("pk", "device", "address"))
    count, _ = UserSession.objects.filter(pk__in=[key for key, _, _ in ended]).delete()
    if count:
        places = [{"device": device, "address": address} for _, device, address in ended[:SESSIONS_SHOWN]]
        record(
            kind=AuditKind.SESSION_ENDED,
            request=request,
            subject=owner.username,
            account=owner,
            detail={"count": count, "sessions": places},
        )
    return count


def end_session(*, public_id: UUID, owner: User, request: HttpRequest) -> int:
    """Ends one session of `owner`; 0 when it is gone already or somebody else's."""
    return end_sessions(sessions=UserSession.objects.filter(public_id=public_id), owner=owner, request=request)


def end_other_sessions(*, owner: User, request: HttpRequest) -> int:
    """Ends every session of `owner` but that of the request."""
    others = UserSession.objects.exclude(pk=request.session.session_key or "")
    return end_sessions(sessions=others, owner=owner, request=request)


def purge_expired() -> int:
    """Removes sessions that have run out and failed logins that no longer count; returns how many rows."""
    count, _ = UserSession.objects.filter(expire_date__lt=timezone.now()).delete()
    return count + purge_counters()


def assign_role(*, user: User, role: Group | None) -> None:
    """Gives the user this role and no other; None takes every role away."""
    user.groups.set([role] if role else [])


def may_grant(granter: User, permissions: Iterable[str]) -> bool:
    """Whether the granter holds all of these permissions: nobody gives what they don't have."""
    return granter.has_perms(list(permissions))


def permissions_of(user: User) -> set[str]:
    """What an account holds by its roles and of its own, also while it is switched off and may use none of it."""
    held = Permission.objects.filter(Q(group__user=user) | Q(user=user)).order_by()
    return {f"{app}.{name}" for app, name in held.values_list("content_type__app_label", "codename")}


@transaction.atomic
def check_owner_remains(*, without: User) -> None:
    """Raises LastOwnerError when `without` is the only owner who may log in.

    Holds the owners' rows until the caller's transaction ends, so that two owners can't remove each other at once.
    """
    owners = set(User.owners().select_for_update().values_list("pk", flat=True))
    if owners == {without.pk}:
        raise LastOwnerError(f"{without.username} is the only owner. Make somebody else an owner first.")
