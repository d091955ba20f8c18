"""What is remembered for good: who logged in, who changed whose rights, what was purged."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from library.addresses import client_address
from library.models import User
from library.models.audit import AuditEvent, AuditKind


def record(
    *,
    kind: AuditKind,
    user: User | AnonymousUser | None = None,
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
    account: User | None = None,
    address: str | None = None,
    actor_name: str = "",
    request: HttpRequest | None = None,
) -> None:
    """Writes one event; it can't be changed or taken back afterwards. One statement, in the caller's transaction.

    `user` is who did it and `address` from where, both by default those of `request`; without either it was a command.
    `account` is the account that it happened to, `subject` whom or what it happened to in words, at most 300
    characters of which are kept. `detail` is JSON. Never pass a password, a token or a link's secret. Users, roles and
    settings are recorded by the database itself.
    """
    if request is not None:
        user = user or request.user
        address = address or client_address(request)
    person = user if isinstance(user, User) else None
    AuditEvent.objects.create(
        kind=kind,
        user=person,
        actor_name=(actor_name or (person.username if person else ""))[:150],
        account=account,
        address=address,
        subject=subject[:300],
        detail=dict(detail or {}),
    )
