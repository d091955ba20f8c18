"""The people who log in."""

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Value
from django.db.models.functions import Lower

from library.models.base import TimeStamped


class Users(UserManager["User"]):
    """Finds a user whatever the case of the name typed at the login."""

    def get_by_natural_key(self, username: str | None) -> "User":
        # LOWER as in the constraint: UPPER, which iexact compares, makes one of names that the constraint tells apart.
        return self.alias(lower=Lower("username")).get(lower=Lower(Value(username or "")))


class User(TimeStamped, AbstractUser):
    """Someone who logs in: owner, curator or viewer. The first one is made by `manage.py up`."""

    email = models.EmailField("e-mail address", blank=True, default="")

    objects: ClassVar[Users] = Users()

    class Meta(TimeStamped.Meta):
        verbose_name = "user"
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

    @classmethod
    def owners(cls) -> models.QuerySet[Self]:
        """Superusers who may log in."""
        return cls._default_manager.filter(is_superuser=True, is_active=True)  # type: ignore[return-value]
