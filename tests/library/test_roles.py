"""Who may do what: the seeded roles, every address of the project, and nobody giving what they don't have."""

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from library.access import declared, requires
from library.exceptions import LastOwnerError
from library.migration_operations import GrantRights
from library.models import Folder, User
from library.roles import ADMIN, MODERATOR, ROLES, USER
from library.services.access import check_owner_remains
from processing.models.images import derived_storage
from tests.library.factories import find_permission, make_file, make_folder, make_role, make_user

pytestmark = pytest.mark.django_db

# Patterns of third parties whose views declare nothing; the admin's are guarded by its own site.
OUTSIDE = ("admin/",)
# Open to whoever asks: the login, what monitoring looks at, and what shared links give out by a check of their own.
PUBLIC = {"login", "new_password", "healthz", "readyz", "metrics", "api_shared"} | {
    f"shared{part}"
    for part in (
        "", "_item", "_password", "_stream", "_playback", "_hls", "_hls_part", "_subtitle", "_poster", "_storyboard",
        "_sprite", "_chapters",
    )
}  # fmt: skip


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the project with its pattern."""
    for one in (resolver or get_resolver()).url_patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            if not route.startswith(OUTSIDE):
                yield from patterns(one, route)
        elif route != "admin/login/":
            yield route, one


OWN = list(patterns())


def names(role: Group) -> set[str]:
    return {f"{p.content_type.app_label}.{p.codename}" for p in role.permissions.select_related("content_type")}


def address_of(route: str) -> str:
    """An address that the route matches, whether or not there is something to show."""
    values = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000", "path": "x/y.webp", "str": "x", "slug": "x"}
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: values[found[1] or "str"], route)


# ---- the table ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", [USER, MODERATOR])
def test_a_seeded_role_has_exactly_its_permissions(name: str) -> None:
    assert names(Group.objects.get(name=name)) == set(ROLES[name])


def test_the_admin_role_has_every_permission() -> None:
    assert Group.objects.get(name=ADMIN).permissions.count() == Permission.objects.count()


def test_a_permission_of_a_new_release_goes_to_the_admin_role_with_the_next_migration() -> None:
    new = Permission.objects.create(
        codename="fly", name="Can fly", content_type=find_permission("library.view_video").content_type
    )

    call_command("migrate", verbosity=0)

    assert new in Group.objects.get(name=ADMIN).permissions.all()
    assert new not in Group.objects.get(name=MODERATOR).permissions.all()


def test_the_migration_seeds_what_the_table_says_and_takes_it_back() -> None:
    """Within this test's transaction: the functions of both migrations, backwards and forwards."""
    library = import_module("library.migrations.0004_after_content_roles")
    grants = [
        operation
        for name in (
            "playback.migrations.0003_after_content_roles", "playback.migrations.0008_opinions_roles",
            "playback.migrations.0010_sharing_roles", "faces.migrations.0004_faces_roles",
            "faces.migrations.0006_photo_search_roles", "faces.migrations.0009_reference_roles",
            "stats.migrations.0002_roles", "library.migrations.0012_organising",
        )
        for operation in import_module(name).Migration.operations
        if isinstance(operation, GrantRights)
    ]  # fmt: skip
    apps = MigrationExecutor(connection).loader.project_state().apps
    old = make_user(role="", is_staff=True)
    User.objects.filter(groups=None).exclude(pk=old.pk).delete()

    for grant in reversed(grants):
        grant.withdraw()
    library.remove(apps, None)
    gone = Group.objects.filter(name__in=ROLES).count()
    library.seed(apps, None)
    for grant in grants:
        grant.grant()

    assert gone == 0
    assert {name: names(Group.objects.get(name=name)) for name in (USER, MODERATOR)} == {
        name: set(ROLES[name]) for name in (USER, MODERATOR)
    }
    assert old.role_names == [MODERATOR], "an account from before keeps being let in"


# ---- every address --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("route", [route for route, _ in OWN])
def test_every_address_declares_who_may_open_it(route: str, client: Client) -> None:
    pattern = dict(OWN)[route]
    wanted = declared(pattern.callback)
    address = address_of(route)
    user = make_user(role="")

    if pattern.name in PUBLIC:
        assert not getattr(pattern.callback, "login_required", True)
        return
    assert wanted is not None, f"{route} declares no permission: use library.access.requires"
    anonymous = client.get(address)
    client.force_login(user)
    methods = wanted if isinstance(wanted, Mapping) else {"GET": wanted, "POST": wanted}
    without = [client.generic(method, address).status_code for method, asked in methods.items() if asked]

    if route.startswith("api/"):
        assert anonymous.status_code in (401, 403, 405)
    else:
        assert anonymous.status_code == 302
        assert anonymous["Location"].startswith("/login/?next=")
    assert set(without) <= ({403, 405} if route.startswith("api/") else {403})


def test_media_are_for_those_who_may_watch(client: Client, public_path: Path) -> None:
    film = public_path / "film.mp4"
    film.write_bytes(b"x" * 100)
    file = make_file(path=film, folder=make_folder(path=public_path))
    derived_storage().save("t/one.webp", ContentFile(b"picture"))
    default_storage.save("faces/one.png", ContentFile(b"face"))
    addresses = ["/library/", f"/videos/{file.video_id}/", f"/videos/{file.video_id}/stream", "/derived/t/one.webp"]
    addresses.append("/uploads/faces/one.png")
    seen = {}

    for role in ("", USER):
        client.force_login(make_user(role=role))
        answers = [client.get(address) for address in addresses]
        seen[role] = [answer.status_code for answer in answers]
        for answer in answers:
            # Read to its end, a stream closes its file.
            answer.getvalue()

    assert seen == {"": [403] * 5, USER: [200] * 5}


@pytest.mark.parametrize("path", ["x.svg", "x.html", "../secrets/secret-key", "no/such.png"])
def test_uploads_serve_pictures_only(client: Client, path: str) -> None:
    default_storage.save("x.svg", ContentFile(b"<svg/>"))
    default_storage.save("x.html", ContentFile(b"<p>"))
    client.force_login(make_user())

    assert client.get(f"/uploads/{path}").status_code == 404


def test_the_refusal_names_the_account_and_a_way_out(client: Client) -> None:
    client.force_login(make_user(username="Bela", role=""))

    page = client.get("/").content.decode()

    assert "Not yours to open" in page
    assert "Bela" in page
    assert 'href="/account/"' in page
    assert "To the library" not in page


def test_a_permission_without_an_app_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="Name permissions"):
        requires("view_video")


def test_all_permissions_of_an_account_cost_one_query() -> None:
    user = User.objects.get(pk=make_user(role=MODERATOR).pk)
    user.user_permissions.add(find_permission("library.view_folder"))

    with CaptureQueriesContext(connection) as asked:
        answers = [user.has_perm(f"library.{name}") for name in ("trash_video", "view_folder", "add_folder")]

    assert answers == [True, True, False]
    assert len(asked) == 1


def test_who_is_switched_off_may_nothing() -> None:
    assert not make_user(role=ADMIN, is_active=False).has_perm("library.view_video")


# ---- the admin ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("role", "may"), [("", False), (USER, False), (MODERATOR, True), (ADMIN, True)])
def test_the_admin_is_entered_by_role(client: Client, role: str, may: bool) -> None:
    user = make_user(role=role)
    client.force_login(user)

    assert client.get("/admin/", follow=True).status_code == (200 if may else 403)


def test_the_staff_flag_alone_opens_nothing() -> None:
    user = make_user(role=USER)

    User.objects.filter(pk=user.pk).update(is_staff=True)

    user.refresh_from_db()
    assert not user.is_staff


def test_the_staff_flag_follows_roles_and_what_they_allow() -> None:
    user, role = make_user(role=USER), make_role(name="curator", permissions=[])
    seen = []

    def look() -> None:
        user.refresh_from_db()
        seen.append(user.is_staff)

    user.groups.set([role])
    look()
    role.permissions.add(find_permission("library.open_admin"))
    look()
    role.permissions.clear()
    look()
    user.is_superuser = True
    user.save()
    look()

    assert seen == [False, True, False, True]


def test_a_moderator_sees_in_the_admin_what_the_role_allows(client: Client) -> None:
    client.force_login(make_user(role=MODERATOR))

    shown = {
        name: client.get(reverse(f"admin:{name}_changelist")).status_code
        for name in ("library_video", "library_folder", "library_user", "auth_group", "library_auditevent")
    }

    assert shown == {
        "library_video": 200,
        "library_folder": 403,
        "library_user": 403,
        "auth_group": 403,
        "library_auditevent": 403,
    }


def form_of(user: User, **changes: str) -> dict[str, str]:
    return {"username": user.username, "first_name": "", "last_name": "", "email": "", "is_active": "on", **changes}


def test_an_owner_gives_a_user_another_role(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    user = make_user(role=USER)
    role = Group.objects.get(name=MODERATOR)

    client.post(reverse("admin:library_user_change", args=(user.pk,)), form_of(user, role=str(role.pk)))

    assert user.role_names == [MODERATOR]


def test_nobody_gives_a_role_that_may_more_than_they_do(client: Client) -> None:
    keeper = make_user(role="", is_staff=True)
    keeper.user_permissions.add(
        *map(find_permission, ["library.view_user", "library.change_user", *(ROLES[USER] or ())])
    )
    client.force_login(keeper)
    user = make_user(role="")
    address = reverse("admin:library_user_change", args=(user.pk,))

    for name in (ADMIN, USER):
        client.post(address, form_of(user, role=str(Group.objects.get(name=name).pk)))

    assert user.role_names == [USER]


@pytest.mark.parametrize("what", ["change", "password_change", "delete", "end_sessions", "unlock"])
def test_nobody_manages_an_account_that_may_more_than_they_do(client: Client, what: str) -> None:
    keeper = make_user(role="", is_staff=True)
    keeper.user_permissions.add(*map(find_permission, ["library.change_user", "library.delete_user"]))
    client.force_login(keeper)
    stronger = make_user(role=MODERATOR)
    name = "admin:auth_user_password_change" if what == "password_change" else f"admin:library_user_{what}"

    response = client.post(reverse(name, args=(stronger.pk,)), form_of(stronger, password1="x", password2="x"))

    assert response.status_code == 403


def test_nobody_changes_their_own_rights_or_deletes_themselves(client: Client) -> None:
    admin = make_user(role=ADMIN)
    client.force_login(admin)
    role = Group.objects.get(name=USER)

    client.post(reverse("admin:library_user_change", args=(admin.pk,)), form_of(admin, role=str(role.pk)))
    deleted = client.post(reverse("admin:library_user_delete", args=(admin.pk,)), {"post": "yes"})

    admin.refresh_from_db()
    assert admin.role_names == [ADMIN]
    assert admin.is_active
    assert deleted.status_code == 403


def test_the_last_owner_can_not_be_made_less() -> None:
    only = make_user(is_superuser=True, username="Only")

    with pytest.raises(LastOwnerError, match="Only is the only owner"):
        check_owner_remains(without=only)

    make_user(is_superuser=True)
    check_owner_remains(without=only)


# ---- editing roles --------------------------------------------------------------------------------------------------
def test_a_role_of_ones_own_is_made_with_readable_permissions(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    page = client.get(reverse("admin:auth_group_add")).content.decode()
    chosen = [find_permission("library.view_video").pk, find_permission("library.trash_video").pk]

    client.post(reverse("admin:auth_group_add"), {"name": "curator", "permissions": chosen})

    assert "Put videos into the trash and take them out" in page
    assert "content type" not in page.lower()
    assert names(Group.objects.get(name="curator")) == {"library.view_video", "library.trash_video"}


def test_permissions_that_the_form_does_not_offer_stay(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    role = make_role(name="curator", permissions=["sessions.view_session", "library.view_video"])

    client.post(reverse("admin:auth_group_change", args=(role.pk,)), {"name": "curator", "permissions": []})

    assert names(role) == {"sessions.view_session"}


def test_the_seeded_roles_keep_their_names_and_stay(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    role = Group.objects.get(name=MODERATOR)
    chosen = [find_permission("library.view_video").pk]

    client.post(reverse("admin:auth_group_change", args=(role.pk,)), {"name": "x", "permissions": chosen})
    deleted = client.post(reverse("admin:auth_group_delete", args=(role.pk,)), {"post": "yes"})

    assert names(Group.objects.get(name=MODERATOR)) == {"library.view_video"}
    assert deleted.status_code == 403


def test_the_admin_role_can_not_be_made_less(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    role = Group.objects.get(name=ADMIN)

    client.post(reverse("admin:auth_group_change", args=(role.pk,)), {"name": ADMIN, "permissions": []})

    assert role.permissions.count() == Permission.objects.count()


def test_the_navigation_offers_what_the_role_allows(client: Client, db: None) -> None:
    Folder.objects.all().delete()
    client.force_login(make_user(role=MODERATOR))

    page = client.get("/").content.decode()

    assert reverse("admin:index") in page
    assert reverse("admin:library_folder_changelist") not in page
