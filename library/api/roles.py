"""Roles: which there are, and what each allows."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row
from library.exceptions import RoleRightsError
from library.roles import is_seeded
from library.services.roles import change_role, delete_role, make_role

_MOST = 500


def _names() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=200), max_length=_MOST, required=False)


class RoleSerializer(serializers.Serializer[Any]):
    """A role and what it allows, as "app.codename". The built-in ones keep their names and stay."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    is_built_in = serializers.SerializerMethodField()
    permissions = serializers.SerializerMethodField()

    def get_is_built_in(self, role: Group) -> bool:
        return is_seeded(role)

    def get_permissions(self, role: Group) -> list[str]:
        return sorted(f"{one.content_type.app_label}.{one.codename}" for one in role.permissions.all())


class NewRoleSerializer(serializers.Serializer[Any]):
    """A name, and what the role allows."""

    name = serializers.CharField(max_length=150)
    permissions = _names()


class RoleEditSerializer(serializers.Serializer[Any]):
    """Another name; permissions to give and to take, or in `permissions` all that the role is to have."""

    name = serializers.CharField(max_length=150, required=False)
    permissions = _names()
    grant = _names()
    withdraw = _names()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "permissions" in attrs and {"grant", "withdraw"} & set(attrs):
            raise serializers.ValidationError("Send either all permissions, or those to give and to take.")
        return attrs


class Roles(ApiView):
    required_permissions = {"GET": ("auth.view_group",), "POST": ("auth.view_group", "auth.add_group")}
    ordering = ("name", "pk")

    @extend_schema(responses=paged(RoleSerializer))
    def get(self, request: Request) -> Response:
        """Roles, by name."""
        return self.page(_roles(), RoleSerializer)

    @extend_schema(request=NewRoleSerializer, responses={201: RoleSerializer})
    def post(self, request: Request) -> Response:
        """A new role; nobody gives it what they don't have."""
        values = self.body(NewRoleSerializer)
        try:
            role = make_role(**values, by=self.account)
        except RoleRightsError as error:
            raise PermissionDenied(str(error)) from None
        return _show(role.pk, status=HTTPStatus.CREATED)


class RoleDetail(ApiView):
    required_permissions = {
        "GET": ("auth.view_group",),
        "PATCH": ("auth.view_group", "auth.change_group"),
        "DELETE": ("auth.view_group", "auth.delete_group"),
    }

    @extend_schema(responses=RoleSerializer)
    def get(self, request: Request, role_id: int) -> Response:
        """One role."""
        return _show(find_row(Group.objects.all(), role_id, noun="role").pk)

    @extend_schema(request=RoleEditSerializer, responses=RoleSerializer)
    @transaction.atomic
    def patch(self, request: Request, role_id: int) -> Response:
        """Renames a role, gives and takes permissions. Nobody gives what they don't have; "admin" keeps everything."""
        role = find_row(Group.objects.all(), role_id, noun="role", is_locking=True)
        try:
            change_role(role=role, by=self.account, **self.body(RoleEditSerializer))
        except RoleRightsError as error:
            raise PermissionDenied(str(error)) from None
        return _show(role.pk)

    @extend_schema(responses={204: None})
    @transaction.atomic
    def delete(self, request: Request, role_id: int) -> Response:
        """Removes a role. Accounts that have it may open nothing then."""
        role = find_row(Group.objects.all(), role_id, noun="role", is_locking=True)
        try:
            delete_role(role=role, by=self.account)
        except RoleRightsError as error:
            raise PermissionDenied(str(error)) from None
        return Response(status=HTTPStatus.NO_CONTENT)


def _roles() -> Any:
    return Group.objects.prefetch_related("permissions__content_type")


def _show(role_id: int, *, status: int = HTTPStatus.OK) -> Response:
    return Response(RoleSerializer(_roles().get(pk=role_id)).data, status=status)
