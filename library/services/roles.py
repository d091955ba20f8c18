"""Making roles and saying what they allow. The database writes each change into the audit log."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

from library.exceptions import RoleError, RoleRightsError
from library.models import User
from library.roles import is_everything, is_seeded
from library.services.access import may_grant

_LONGEST_NAME = 150


@transaction.atomic
def make_role(*, name: str, permissions: Iterable[str] = (), by: User) -> Group:
    """A new role with these permissions ("app.codename"). Raises RoleError, RoleRightsError."""
    wanted = list(permissions)
    rows = _rows(wanted)
    _check_held(by, wanted)
    role = Group(name=_checked_name(name))
    role.save()
    role.permissions.set(rows)
    return role


@transaction.atomic
def change_role(
    *,
    role: Group,
    by: User,
    name: str | None = None,
    permissions: Iterable[str] | None = None,
    grant: Iterable[str] = (),
    withdraw: Iterable[str] = (),
) -> None:
    """Renames a role, and gives and takes permissions; `permissions` are all that it is to have. The caller has locked
    the row. Nobody gives or takes what they don't hold, and the role "admin" keeps everything.

    Raises RoleError, RoleRightsError.
    """
    if is_everything(role):
        raise RoleRightsError("The role admin always holds every permission.")
    _check_may_edit(role, by)
    held = names_of(role)
    kept = (held | set(grant)) - set(withdraw) if permissions is None else set(permissions)
    named = {*grant, *withdraw} if permissions is None else held ^ kept
    rows = _rows(named)
    # A role that may more than who asks is none of theirs.
    _check_held(by, held | named)
    if name is not None and name != role.name:
        if is_seeded(role):
            raise RoleRightsError(f"{role.name} is one of the roles that every installation has: it keeps its name.")
        role.name = _checked_name(name, besides=role)
        role.save(update_fields=["name"])
    role.permissions.remove(*(one for one in rows if _name(one) not in kept))
    role.permissions.add(*(one for one in rows if _name(one) in kept))


@transaction.atomic
def delete_role(*, role: Group, by: User) -> None:
    """Removes a role; accounts that have it may open nothing until they get another one. Raises RoleRightsError."""
    if is_seeded(role):
        raise RoleRightsError(f"{role.name} is one of the roles that every installation has: it stays.")
    _check_may_edit(role, by)
    _check_held(by, names_of(role))
    role.delete()


def names_of(role: Group) -> set[str]:
    """What the role allows, as "app.codename"."""
    return {_name(one) for one in role.permissions.select_related("content_type")}


def _name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def _check_may_edit(role: Group, by: User) -> None:
    if not by.is_superuser and role.user_set.filter(pk=by.pk).exists():
        raise RoleRightsError("Your own role is somebody else's to change.")


def _check_held(by: User, names: Iterable[str]) -> None:
    if not may_grant(by, names):
        raise RoleRightsError("You can only give and take what you hold yourself.")


def _checked_name(name: str, *, besides: Group | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise RoleError("Give the role a name.")
    same = Group.objects.filter(name__iexact=name)
    if (same if besides is None else same.exclude(pk=besides.pk)).exists():
        raise RoleError("There is a role of that name already.")
    return name


def _rows(names: Iterable[str]) -> list[Permission]:
    """Raises RoleError when there is no such permission."""
    wanted = Q(pk__in=[])
    distinct = set(names)
    for name in distinct:
        app, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(wanted).select_related("content_type"))
    if len(found) != len(distinct):
        raise RoleError("One of these permissions doesn't exist.")
    return found
