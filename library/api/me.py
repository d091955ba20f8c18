"""The account that asks."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView


class AccountSerializer(serializers.Serializer[Any]):
    """Who is logged in, and what they may do ("app.codename")."""

    username = serializers.CharField()
    is_staff = serializers.BooleanField()
    permissions = serializers.ListField(child=serializers.CharField())


class Me(ApiView):
    """`/api/v1/me/`: the account and its permissions."""

    required_permissions = ()

    @extend_schema(responses=AccountSerializer)
    def get(self, request: Request) -> Response:
        account = self.account
        body = {
            "username": account.username,
            "is_staff": account.is_staff,
            "permissions": sorted(account.get_all_permissions()),
        }
        return Response(AccountSerializer(body).data)
