"""Accounts, the audit log, and one's own tokens."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import DoneSerializer, done
from library.api.base import ApiView
from library.api.pages import paged
from library.api.rows import find_row, write
from library.api.versions import check_version, version_of
from library.models import ApiToken, AuditEvent, AuditKind, User
from library.models.token import TokenScope
from library.roles import DEFAULT_ROLE
from library.services.access import assign_role, check_owner_remains, may_grant, permissions_of
from library.services.tokens import DEFAULT_DAYS, MOST_DAYS, make_token, revoke_token, tokens_of

_VERSIONED = ("username", "first_name", "last_name", "email", "is_active", "is_superuser")


class UserSerializer(serializers.Serializer[Any]):
    """Somebody who logs in. An owner may do everything; others what their role allows."""

    id = serializers.IntegerField(read_only=True)
    version = serializers.SerializerMethodField(help_text="The ETag: send it as If-Match with a change.")
    username = serializers.CharField(max_length=150)
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    is_active = serializers.BooleanField(required=False)
    is_owner = serializers.BooleanField(source="is_superuser", read_only=True)
    is_staff = serializers.BooleanField(read_only=True)
    role = serializers.CharField(required=False, allow_null=True, help_text="A role's name; null: may open nothing.")
    password = serializers.CharField(write_only=True, required=False, max_length=1000, trim_whitespace=False)
    last_login = serializers.DateTimeField(read_only=True, allow_null=True)
    date_joined = serializers.DateTimeField(read_only=True)

    def get_version(self, user: User) -> str:
        return version_of(user, _VERSIONED)

    def to_representation(self, instance: User) -> dict[str, Any]:
        instance.role = next(iter(instance.role_names), None)  # type: ignore[attr-defined]
        return dict(super().to_representation(instance))


def users() -> QuerySet[User]:
    """Accounts with their roles."""
    return User.objects.prefetch_related("groups")


class Users(ApiView):
    """Nobody gives what they don't have."""

    required_permissions = {"GET": ("library.view_user",), "POST": ("library.add_user",)}
    ordering = ("username", "pk")

    @extend_schema(responses=paged(UserSerializer))
    def get(self, request: Request) -> Response:
        """Accounts, by name."""
        return self.page(users(), UserSerializer)

    @extend_schema(request=UserSerializer, responses={201: UserSerializer})
    def post(self, request: Request) -> Response:
        """A new account, with the role "user" unless another one is named."""
        values = self.body(UserSerializer)
        role, password = values.pop("role", DEFAULT_ROLE), values.pop("password", None)
        if not password:
            raise serializers.ValidationError({"password": ["Give the account a password."]})
        user = User(**values)
        _set_password(user, password)
        with transaction.atomic():
            user.full_clean(exclude=["password"])
            user.save()
            assign_role(user=user, role=_grantable(self.account, role))
        return _show(user.pk, status=HTTPStatus.CREATED)


class UserDetail(ApiView):
    required_permissions = {
        "GET": ("library.view_user",),
        "PATCH": ("library.view_user", "library.change_user"),
        "DELETE": ("library.view_user", "library.delete_user"),
    }
    has_version = True

    @extend_schema(responses=UserSerializer)
    def get(self, request: Request, user_id: int) -> Response:
        """One account."""
        return _show(find_row(users(), user_id, noun="account").pk)

    @extend_schema(request=UserSerializer, responses=UserSerializer)
    @transaction.atomic
    def patch(self, request: Request, user_id: int) -> Response:
        """Changes an account, its role or its password; a new password ends its sessions. One's own rights stay."""
        user = self._find(user_id)
        check_version(request, user, _VERSIONED)
        values = self.body(UserSerializer, partial=True)
        if user.pk == self.account.pk and {"role", "is_active", "password"} & values.keys():
            raise PermissionDenied("Your own rights are somebody else's to change, and your password is on your page.")
        if values.get("is_active") is False:
            check_owner_remains(without=user)
        if "role" in values:
            assign_role(user=user, role=_grantable(self.account, values.pop("role")))
        if "password" in values:
            _set_password(user, values.pop("password"))
            user.save(update_fields=["password"])
        write(user, values)
        return _show(user.pk)

    @extend_schema(responses={204: None})
    @transaction.atomic
    def delete(self, request: Request, user_id: int) -> Response:
        """Deletes an account with what is its own: its places in videos, playlists, ratings, tokens."""
        user = self._find(user_id)
        check_version(request, user, _VERSIONED, is_needed=False)
        if user.pk == self.account.pk:
            raise PermissionDenied("Nobody deletes themselves.")
        check_owner_remains(without=user)
        user.delete()
        return Response(status=HTTPStatus.NO_CONTENT)

    def _find(self, user_id: int) -> User:
        user: User = find_row(User.objects.all(), user_id, noun="account", is_locking=True)
        # By what it holds, not by what it may now: switched off it may nothing, and comes back with its rights.
        if not self.account.is_superuser and (user.is_superuser or not may_grant(self.account, permissions_of(user))):
            raise PermissionDenied("That account may do more than you.")
        return user


def _show(user_id: int, *, status: int = HTTPStatus.OK) -> Response:
    data = UserSerializer(users().get(pk=user_id)).data
    return Response(data, status=status, headers={"ETag": data["version"]})


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise serializers.ValidationError({"password": error.messages}) from None
    user.set_password(password)


def _grantable(granter: User, name: str | None) -> Group | None:
    """The role of that name. Raises ValidationError, and PermissionDenied for one that may more than who gives it."""
    if name is None:
        return None
    role = Group.objects.filter(name=name).first()
    if role is None:
        raise serializers.ValidationError({"role": ["There is no such role."]})
    held = role.permissions.select_related("content_type")
    if not may_grant(granter, [f"{one.content_type.app_label}.{one.codename}" for one in held]):
        raise PermissionDenied("That role may do more than you.")
    return role


class AuditSerializer(serializers.Serializer[Any]):
    """Something that happened to accounts, access or the library as a whole."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(AuditKind.choices)
    at = serializers.DateTimeField(source="created_at")
    who = serializers.CharField(source="actor_name")
    address = serializers.CharField(allow_null=True)
    subject = serializers.CharField()
    detail = serializers.DictField()


class Audit(ApiView):
    required_permissions = ("library.view_auditevent",)

    @extend_schema(parameters=[OpenApiParameter("kind", str, enum=AuditKind.values)], responses=paged(AuditSerializer))
    def get(self, request: Request) -> Response:
        """The audit log, the latest first."""
        rows = AuditEvent.objects.all()
        if kind := request.query_params.get("kind", ""):
            rows = rows.filter(kind=kind)
        return self.page(rows, AuditSerializer)


class TokenSerializer(serializers.Serializer[Any]):
    """A token without its secret, which nobody can read again."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    ends_in = serializers.CharField(source="last_four")
    scope = serializers.ChoiceField(TokenScope.choices)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_address = serializers.CharField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_reason = serializers.CharField()


class TokenMakeSerializer(serializers.Serializer[Any]):
    """What a token is for, how long it is good for (null: for ever), and how far it reaches."""

    name = serializers.CharField(max_length=100)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=DEFAULT_DAYS, allow_null=True)
    scope = serializers.ChoiceField(TokenScope.choices, default=TokenScope.FULL)


class MadeTokenSerializer(TokenSerializer):
    """A token that was just made; `secret` is told this once."""

    secret = serializers.CharField()


class RevokeSerializer(serializers.Serializer[Any]):
    """Why, for the log."""

    reason = serializers.CharField(max_length=300)


class Tokens(ApiView):
    required_permissions = ()

    @extend_schema(responses=paged(TokenSerializer))
    def get(self, request: Request) -> Response:
        """One's own tokens, the latest first, also those that are over."""
        return self.page(tokens_of(self.account), TokenSerializer)

    @extend_schema(request=TokenMakeSerializer, responses={201: MadeTokenSerializer})
    def post(self, request: Request) -> Response:
        """A new token of one's own. By a session only: a token that somebody found must not make itself others."""
        if isinstance(request.auth, ApiToken):
            raise PermissionDenied("A token can't make another one: log in, and make it on your account's page.")
        values = self.body(TokenMakeSerializer)
        made = make_token(
            user=self.account, name=values["name"], days=values["days"], scope=TokenScope(values["scope"])
        )
        made.token.secret = made.secret  # type: ignore[attr-defined]
        return Response(MadeTokenSerializer(made.token).data, status=HTTPStatus.CREATED)


class TokenRevoke(ApiView):
    required_permissions = ()

    @extend_schema(request=RevokeSerializer, responses=DoneSerializer)
    def post(self, request: Request, public_id: UUID) -> Response:
        """Ends one of one's own tokens at once; also the one that asks."""
        reason = self.body(RevokeSerializer)["reason"]
        if not revoke_token(public_id=public_id, by=self.account, reason=reason, owner=self.account):
            raise NotFound("There is no such token of yours, or it is revoked already.")
        return Response(done(1, "The token is revoked."))
