"""People who log in."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.hashers import is_password_usable, make_password
from django.contrib.auth.models import Group
from django.db.models.functions import Lower

from importers.kinds.base import Kind, Match, Policy, Prepared
from importers.models import ImportRun
from library.hashers import MediaOSHasher, as_stored
from library.models import AuditEvent, AuditKind, User
from library.models.audit import HASHED_ANEW
from library.roles import DEFAULT_ROLE

_NAME_CHARACTERS = User._meta.get_field("username").max_length


class UserKind(Kind):
    """An account. The user map comes first, then who is the owner, then the name, then the e-mail address.

    Extras: `is_owner` makes it the run's owner, `role` names its role, "user" where there is none of that name. One
    that is here keeps everything. A password that no hasher reads lets nobody in (`password_unreadable`).
    """

    name: ClassVar[str] = "library.user"
    model = User
    default_policy = Policy.OURS
    extras = ("is_owner", "role")
    required = ("username",)

    def prepare(self, run: ImportRun, records: Sequence[Prepared]) -> Mapping[int, str]:
        for record in records:
            values = record.values
            values["email"] = str(values.get("email") or "").strip()
            values["username"] = str(values.get("username") or values["email"]).strip()[:_NAME_CHARACTERS]
            given = str(values.get("password") or "")
            stored = given if given.startswith(f"{MediaOSHasher.algorithm}$") else as_stored(given)
            if given and not stored:
                record.notes.append("password_unreadable")
            # An empty one would be asked of the hasher.
            values["password"] = stored or make_password(None)
        return {}

    def identity(self, record: Prepared) -> Hashable | None:
        email = record.values["email"].lower()
        return ("email", email) if email else ("name", record.values["username"].lower())

    def find(self, run: ImportRun, records: Sequence[Prepared]) -> dict[int, Match]:
        mapped = {theirs.lower(): ours.lower() for theirs, ours in run.options.get("user_map", {}).items()}
        names = {record.values["username"].lower() for record in records}
        by_name = _keys("username", names | set(mapped.values()))
        by_email = _keys("email", {record.values["email"].lower() for record in records} - {""})
        found = {}
        for index, record in enumerate(records):
            name, email = record.values["username"].lower(), record.values["email"].lower()
            ours = mapped.get(name) or mapped.get(email)
            if ours in by_name:
                found[index] = Match(by_name[ours], "you said so")
            elif record.values.get("is_owner") and run.owner_id is not None:
                found[index] = Match(run.owner_id, "the owner")
            elif name in by_name:
                found[index] = Match(by_name[name], "same name")
                self._note_other(record, by_name[name], by_email.get(email))
            elif email in by_email:
                found[index] = Match(by_email[email], "same e-mail address")
        return found

    def create(self, run: ImportRun, records: Sequence[Prepared]) -> list[int]:
        pks = super().create(run, records)
        roles = [str(record.values.get("role") or DEFAULT_ROLE) for record in records]
        groups = dict(Group.objects.filter(name__in={*roles, DEFAULT_ROLE}).values_list("name", "pk"))
        through = User.groups.through
        through._default_manager.bulk_create(
            through(user_id=pk, group_id=groups.get(role, groups.get(DEFAULT_ROLE)))
            for pk, role in zip(pks, roles, strict=True)
            if role in groups or DEFAULT_ROLE in groups
        )
        return pks

    def is_same(self, record: Prepared, name: str, ours: Any) -> bool:
        # Each password by which nobody logs in is another one.
        if name == "password" and not is_password_usable(record.values[name]):
            return not is_password_usable(ours)
        return super().is_same(record, name, ours)

    def is_kept_up(self, pk: int, name: str, since: datetime) -> bool:
        """A password that was only hashed anew, by a login: each of its changes is one of these. One statement."""
        if name != "password":
            return False
        told = AuditEvent.objects.filter(account_id=pk, kind=AuditKind.USER_CHANGED, created_at__gte=since)
        details = list(told.filter(detail__has_key="password").values_list("detail__password", flat=True))
        anew = details.count(HASHED_ANEW["password"])
        return anew > 0 and 2 * anew == len(details)

    @staticmethod
    def _note_other(record: Prepared, chosen: int, by_email: int | None) -> None:
        if by_email is not None and by_email != chosen:
            record.conflicts.append({"what": "name", "field": "username", "candidates": [chosen, by_email]})


def _keys(field: str, values: set[Any]) -> dict[Any, int]:
    rows = User.objects.alias(lower=Lower(field)).filter(lower__in=values).values_list(Lower(field), "pk")
    return dict(rows)
