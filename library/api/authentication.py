"""Who asks: by a token, else by the session of a browser."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from library.models import ApiToken, User


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer vdt_...`. The middleware has looked the token up and refused what is none.

    A browser never sends the header by itself, so no CSRF token is asked for; with a session one is.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        token: ApiToken | None = getattr(request._request, "api_token", None)
        return None if token is None else (token.user, token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Videothek"'


class _Described(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "library.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "vdt_..."}
