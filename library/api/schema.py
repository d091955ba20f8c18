"""The OpenAPI description and the page that shows it, for everybody who is logged in."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from library.api.base import Throttled
from library.api.permissions import HasPermissions


class Schema(Throttled, SpectacularAPIView):
    """`/api/v1/schema/`: YAML, or JSON with Accept."""

    permission_classes = [HasPermissions]
    required_permissions = ()


class Reader(Throttled, SpectacularSwaggerView):
    """`/api/v1/docs/`: the description to read and try."""

    permission_classes = [HasPermissions]
    required_permissions = ()
