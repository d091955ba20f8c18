"""The people who log in."""

from typing import ClassVar, Self

import pgtrigger
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower

from library.models.audit import HASHED_ANEW, AuditEvent, AuditKind
from library.models.base import TimeStamped


class Users(UserManager["User"]):
    """Finds a user whatever the case of the name typed at the login."""

    def get_by_natural_key(self, username: str | None) -> "User":
        # LOWER as in the constraint: UPPER, which iexact compares, makes one of names that the constraint tells apart.
        return self.alias(lower=Lower("username")).get(lower=Lower(Value(username or "")))


class User(TimeStamped, AbstractUser):
    """Someone who logs in, with one role (a group); an owner is a superuser and may do everything.

    The first owner is made by `manage.py up`. `is_staff`, who may open the admin, is kept by the database: owners, and
    accounts with the permission `open_admin` by their role or of their own. Never write it.
    """

    email = models.EmailField("e-mail address", blank=True, default="")

    objects: ClassVar[Users] = Users()

    class Meta(TimeStamped.Meta):
        verbose_name = "user"
        permissions = [("open_admin", "Can open the admin")]
        triggers = [
            *TimeStamped.Meta.triggers,
            # Whichever way a password is changed or an account switched off. Who changes their own keeps the session
            # they do it in: Django gives it a new row right after.
            pgtrigger.Trigger(
                name="end_sessions",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("password", "is_active"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Condition("OLD.password <> NEW.password OR (OLD.is_active AND NOT NEW.is_active)"),
                func="DELETE FROM library_usersession WHERE user_id = NEW.id; RETURN NULL;",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="%(app_label)s_%(class)s_username_ci",
                violation_error_message="A user with that name exists already; upper and lower case count as the same.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="%(app_label)s_%(class)s_email_ci",
                violation_error_message="Another user has that e-mail address.",
            ),
        ]

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip()

    def check_password(self, raw_password: str) -> bool:
        """Also hashes it anew where that was done in an older way, which the audit log tells from another password."""
        before = self.password
        is_right = super().check_password(raw_password)
        if self.password != before:
            AuditEvent.objects.create(
                kind=AuditKind.USER_CHANGED, account=self, subject=self.username, detail=HASHED_ANEW
            )
        return is_right

    @property
    def role_names(self) -> list[str]:
        """The names of the account's roles, sorted: one, or none. One query unless `groups` are prefetched."""
        return sorted(group.name for group in self.groups.all())

    @classmethod
    def owners(cls) -> models.QuerySet[Self]:
        """Superusers who may log in."""
        return cls._default_manager.filter(is_superuser=True, is_active=True)  # type: ignore[return-value]
