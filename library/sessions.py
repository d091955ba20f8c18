"""Where sessions are kept (SESSION_ENGINE): one row each, which says whose it is and when it was last used."""

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction

from library.models.access import UserSession

# Of the session's data: where and with what its user logged in.
ADDRESS, DEVICE = "login_address", "login_device"
_WRITTEN_LATER = ["session_data", "expire_date", "user_id", "device"]


class SessionStore(DatabaseStore):
    """Django's database sessions in `UserSession`. `last_seen_at` is as loaded, None before and for a new session."""

    last_seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    def _get_session_from_db(self) -> UserSession | None:
        row: UserSession | None = super()._get_session_from_db()  # type: ignore[misc]
        self.last_seen_at = row.last_seen_at if row else None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> UserSession:
        row: UserSession = super().create_model_instance(data)  # type: ignore[assignment]
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.address, row.device = data.get(ADDRESS), data.get(DEVICE, "")
        return row

    def save(self, must_create: bool = False) -> None:
        """A new row whole; of an old one only what the session itself changed, or `last_seen_at` would go back.

        Raises UpdateError when the row is gone, because somebody ended the session meanwhile.
        """
        if self.session_key is None or must_create:
            super().save(must_create)
            return
        row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        with transaction.atomic():
            # Of a session that began in this request the row is there already, without what the login brought.
            names = _WRITTEN_LATER if self.last_seen_at else [*_WRITTEN_LATER, "address"]
            values = {name: getattr(row, name) for name in names}
            if not UserSession.objects.filter(pk=row.pk).update(**values):
                raise UpdateError
