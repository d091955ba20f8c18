"""What every endpoint under /api/v1/ stands on."""

from collections.abc import Mapping

from rest_framework.views import APIView

from library.api.permissions import Permissions
from library.models import User


class ApiView(APIView):
    """An endpoint. Set `required_permissions`: ("app.codename", ...), or one such tuple by method."""

    required_permissions: Permissions | Mapping[str, Permissions]

    @property
    def account(self) -> User:
        """Who asks; behind HasPermissions there is always somebody."""
        assert isinstance(self.request.user, User)
        return self.request.user
