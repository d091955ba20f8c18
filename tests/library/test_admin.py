"""The library's admin pages: what they show, to whom, and at what cost."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from library.admin import LibrarySettingsAdmin
from library.models import Folder, LibrarySettings, ScanLog, User, Video, VideoFile
from library.paths import encode_path
from library.services.availability import check_folder_readable
from processing.models import Job, Thumbnail
from tests.library.factories import make_file, make_folder, make_user, make_video

pytestmark = pytest.mark.django_db

LISTS = ["library_folder", "library_video", "library_videofile", "library_scanlog", "library_user", "auth_group"]
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def owner() -> User:
    return make_user(username="owner", is_staff=True, is_superuser=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def sign_in_with(client: Client, *permissions: str) -> User:
    user = make_user(is_staff=True, role="")
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client.force_login(user)
    return user


def make_scan(*, folder: Folder, **columns) -> ScanLog:
    now = timezone.now()
    values = {"status": "completed", "started_at": now, "finished_at": now, **columns}
    return ScanLog.objects.create(folder=folder, **values)


def make_thumbnail(*, file: VideoFile) -> Thumbnail:
    sizes = {"small_width": 320, "small_height": 180, "large_width": 1280, "large_height": 720}
    return Thumbnail.objects.create(file=file, input_key="k", small="s.webp", large="l.webp", time_seconds=1, **sizes)


def fill(count: int) -> None:
    """Rows of every kind, each with all that the lists show about it."""
    for _ in range(count):
        folder = make_folder()
        make_scan(folder=folder)
        make_thumbnail(file=make_file(folder=folder))
        make_file(folder=folder, state="failed", error="It is broken.")
        make_user()


def queries_of(page: Client, address: str) -> int:
    """How many queries the page takes; asked once before, so that nothing is counted that happens only once."""
    page.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert page.get(address).status_code == 200
    return len(queries)


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# ---- lists ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", LISTS)
def test_a_list_without_rows_is_a_page(page, name):
    assert page.get(reverse(f"admin:{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_no_more_of_the_database_when_rows_are_added(page, name):
    address = reverse(f"admin:{name}_changelist")
    fill(2)
    before = queries_of(page, address)
    fill(10)

    assert queries_of(page, address) == before


def test_a_list_shows_a_title_with_markup_as_text(page):
    make_file(video=make_video(title=NASTY))

    html = page.get(reverse("admin:library_video_changelist")).content.decode()

    assert NASTY not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_list_shows_a_path_with_markup_line_breaks_and_bytes_that_are_not_utf8_readably(page):
    make_file(relative_path=encode_path(f"{NASTY}/caf\udce9\n.mp4"))

    html = page.get(reverse("admin:library_videofile_changelist")).content.decode()

    assert NASTY not in html
    assert r"caf\xe9\n.mp4" in html


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=failed", ["broken.mp4"]),
        ("missing=yes", ["gone.mp4"]),
        ("container=webm", ["small.webm"]),
        ("container=other", ["odd.nut"]),
        ("codec=av1", ["small.webm"]),
        ("state=nonsense", ["broken.mp4", "gone.mp4", "odd.nut", "small.webm"]),
    ],
)
def test_files_are_found_by_what_is_known_of_them(page, query, shown):
    make_file(relative_path="broken.mp4", state="failed", error="It is broken.")
    make_file(relative_path="gone.mp4", missing_since=timezone.now(), container="mp4")
    make_file(relative_path="small.webm", container="webm", video_codec="av1")
    make_file(relative_path="odd.nut", container="nut")

    rows = page.get(f"{reverse('admin:library_videofile_changelist')}?{query}").context["cl"].result_list

    assert sorted(file.relative_path for file in rows) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("size=2160", ["Wide"]),
        ("size=720", ["Tall"]),
        ("size=sd", ["Small"]),
        ("length=short", ["Small"]),
        ("length=film", ["Wide"]),
        ("state=missing", ["Tall"]),
        ("state=ready", ["Small", "Wide"]),
    ],
)
def test_videos_are_found_by_size_length_and_state(page, query, shown):
    make_file(video=make_video(title="Wide", width=3840, height=1600, duration_seconds=7200))
    tall = make_video(title="Tall", width=720, height=1280, duration_seconds=600)
    make_file(video=tall, missing_since=timezone.now())
    make_file(video=make_video(title="Small", width=640, height=480, duration_seconds=60))

    rows = page.get(f"{reverse('admin:library_video_changelist')}?{query}").context["cl"].result_list

    assert sorted(video.title for video in rows) == shown


# ---- folders --------------------------------------------------------------------------------------------------------
def test_adding_a_folder_scans_it(page, owner, tmp_path):
    page.post(reverse("admin:library_folder_add"), {"path": str(tmp_path) + "/", "name": ""})

    folder = Folder.objects.get()
    job = Job.objects.get()
    assert (folder.path, folder.name) == (str(tmp_path), tmp_path.name)
    assert (job.stage, job.target_id, job.requested_by) == ("scan", folder.pk, owner)


def test_adding_a_folder_that_is_not_there_says_so(page):
    response = page.post(reverse("admin:library_folder_add"), {"path": "/no/such/folder", "name": ""})

    assert "There is no folder /no/such/folder" in response.content.decode()
    assert not Folder.objects.exists()


def test_adding_a_folder_inside_a_watched_one_says_so(page, tmp_path):
    make_folder(path=tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()

    response = page.post(reverse("admin:library_folder_add"), {"path": str(inner), "name": ""})

    assert f"This lies in the folder {tmp_path}" in response.content.decode()
    assert Folder.objects.count() == 1


def test_a_folder_that_vanishes_while_it_is_added_gets_a_sentence(page, tmp_path, monkeypatch):
    monkeypatch.setattr("library.admin.folders.register_folder", lambda **_: check_folder_readable("/no/such/folder"))

    response = page.post(reverse("admin:library_folder_add"), {"path": str(tmp_path), "name": ""}, follow=True)

    assert "There is no folder /no/such/folder" in messages_of(response)[0]


def test_adding_a_folder_twice_says_so(page, tmp_path):
    make_folder(path=tmp_path)

    response = page.post(reverse("admin:library_folder_add"), {"path": str(tmp_path), "name": ""})

    assert "That folder is in the library already." in response.content.decode()


def test_renaming_a_folder_writes_only_its_name(page, tmp_path):
    folder = make_folder(path=tmp_path)
    address = reverse("admin:library_folder_change", args=(folder.pk,))

    page.post(address, {"path": str(tmp_path), "name": "Camera", "is_active": "on"})

    folder.refresh_from_db()
    assert (folder.name, folder.is_active) == ("Camera", True)
    assert not Job.objects.exists()


def test_scan_now_in_the_list_submits_a_scan_of_that_folder(page):
    folder, _other = make_folder(name="Camera"), make_folder()

    response = page.post(reverse("admin:library_folder_scan", args=(folder.pk,)), follow=True)

    assert messages_of(response) == ["Camera is being scanned."]
    assert [job.target_id for job in Job.objects.all()] == [folder.pk]


def test_scan_now_can_not_be_asked_for_by_a_link(page):
    folder = make_folder()

    response = page.get(reverse("admin:library_folder_scan", args=(folder.pk,)))

    assert response.status_code == 405
    assert not Job.objects.exists()


def test_scanning_several_folders_leaves_inactive_ones_out_and_says_so(page):
    folders = [make_folder(), make_folder(), make_folder(is_active=False)]

    response = page.post(
        reverse("admin:library_folder_changelist"),
        {"action": "scan_now", "_selected_action": [folder.pk for folder in folders]},
        follow=True,
    )

    assert messages_of(response)[0] == "2 folders are being scanned."
    assert messages_of(response)[1].startswith("1 inactive folder was left out")
    assert Job.objects.count() == 2


def test_accepting_missing_files_asks_first(page):
    folder = make_folder(name="Camera")

    response = page.post(
        reverse("admin:library_folder_changelist"),
        {"action": "scan_now_accepting_missing", "_selected_action": [folder.pk]},
        follow=True,
    )

    assert "Go on only when" in response.content.decode()
    assert not Job.objects.exists()


def test_accepting_missing_files_tells_the_scan(page):
    folder = make_folder()

    page.post(reverse("admin:library_folder_accept_missing"), {"id": [folder.pk]})

    assert Job.objects.get().params["accept_missing"] is True


def test_who_may_only_look_at_folders_is_offered_no_scan(client):
    sign_in_with(client, "library.view_folder")
    make_folder()

    response = client.get(reverse("admin:library_folder_changelist"))

    assert response.context["action_form"] is None
    assert "Scan now" not in response.content.decode()


@pytest.mark.parametrize("address", ["scan", "accept_missing"])
def test_who_may_only_look_at_folders_can_not_scan(client, address):
    sign_in_with(client, "library.view_folder")
    folder = make_folder()
    args = (folder.pk,) if address == "scan" else ()

    response = client.post(reverse(f"admin:library_folder_{address}", args=args), {"id": [folder.pk]})

    assert response.status_code == 403
    assert not Job.objects.exists()


# ---- videos and files -----------------------------------------------------------------------------------------------
def test_saving_a_video_writes_only_what_was_typed(page, monkeypatch):
    video = make_video(title="Old")
    form = page.get(reverse("admin:library_video_change", args=(video.pk,))).context["adminform"].form
    clean = type(form).clean

    def clean_while_a_scan_writes(self):
        Video.objects.filter(pk=video.pk).update(duration_seconds=12)
        return clean(self)

    monkeypatch.setattr("library.admin.video_form.VideoForm.clean", clean_while_a_scan_writes)
    data = {"title": "New", "origin": "unknown", "recorded_at_0": "", "recorded_at_1": ""}
    for prefix in ("credits", "files", "metadata", "external_ids"):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    page.post(reverse("admin:library_video_change", args=(video.pk,)), data)

    video.refresh_from_db()
    assert (video.title, video.duration_seconds) == ("New", 12)


def test_a_video_page_shows_its_files_and_where_to_watch(page):
    file = make_file(relative_path="a/b.mp4")

    html = page.get(reverse("admin:library_video_change", args=(file.video_id,))).content.decode()

    assert "b.mp4" in html
    assert reverse("watch", args=(file.video_id,)) in html


def test_a_file_page_shows_its_error_its_streams_and_its_chapters_as_text(page):
    file = make_file(
        state="failed",
        error="It is <b>broken</b>.",
        streams=[{"index": 0, "kind": "video", "codec": "h264", "title": NASTY, "width": 64, "height": 48}],
        chapters=[{"start_seconds": 0.0, "end_seconds": 62.0, "title": NASTY}],
    )

    html = page.get(reverse("admin:library_videofile_change", args=(file.pk,))).content.decode()

    assert "It is &lt;b&gt;broken&lt;/b&gt;." in html
    assert "64 × 48" in html
    assert "1:02" in html
    assert NASTY not in html


@pytest.mark.parametrize(("action", "stage"), [("probe_again", "probe"), ("make_pictures_again", "frames")])
def test_files_can_be_processed_again(page, owner, action, stage):
    files = [make_file(), make_file(missing_since=timezone.now())]

    response = page.post(
        reverse("admin:library_videofile_changelist"),
        {"action": action, "_selected_action": [file.pk for file in files]},
        follow=True,
    )

    job = Job.objects.get()
    assert (job.stage, job.target_id, job.requested_by) == (stage, files[0].pk, owner)
    assert messages_of(response)[0].endswith("1 file again.")
    assert messages_of(response)[1].startswith("1 file was left out")


def test_one_file_can_be_processed_again_from_its_page(page):
    file = make_file()

    page.post(reverse("admin:library_videofile_rerun", args=(file.pk, "frames")))

    assert Job.objects.get().stage == "frames"


def test_an_unknown_stage_of_a_file_is_not_found(page):
    file = make_file()

    response = page.post(reverse("admin:library_videofile_rerun", args=(file.pk, "nonsense")))

    assert response.status_code == 404


def test_who_may_only_look_at_files_can_not_process_them(client):
    sign_in_with(client, "library.view_videofile")
    file = make_file()

    listed = client.get(reverse("admin:library_videofile_changelist"))
    posted = client.post(reverse("admin:library_videofile_rerun", args=(file.pk, "probe")))

    assert listed.context["action_form"] is None
    assert posted.status_code == 403


def test_who_may_change_files_may_look_at_them_and_process_them(client):
    sign_in_with(client, "library.change_videofile")
    file = make_file()

    response = client.get(reverse("admin:library_videofile_change", args=(file.pk,)))

    assert "Probe again" in response.content.decode()


# ---- users ----------------------------------------------------------------------------------------------------------
def test_a_user_whose_name_differs_only_in_case_gets_a_sentence(page):
    make_user(username="mara")
    password = "correct horse battery"

    response = page.post(
        reverse("admin:library_user_add"),
        {"username": "MARA", "email": "", "password1": password, "password2": password},
    )

    assert response.status_code == 200
    assert "already" in str(response.context["adminform"].form.errors["username"])


def test_an_address_that_differs_only_in_case_gets_a_sentence(page):
    make_user(username="mara", email="mara@example.org")
    password = "correct horse battery"

    response = page.post(
        reverse("admin:library_user_add"),
        {"username": "otto", "email": "Mara@Example.org", "password1": password, "password2": password},
    )

    assert "Another user has that e-mail address." in response.content.decode()


def test_a_new_user_can_log_in(page):
    password = "correct horse battery"

    page.post(
        reverse("admin:library_user_add"),
        {"username": "otto", "email": "", "password1": password, "password2": password},
    )

    assert Client().login(username="otto", password=password)


def test_who_may_change_users_can_not_make_themselves_an_owner(client):
    user = sign_in_with(client, "library.view_user", "library.change_user")

    address = reverse("admin:library_user_change", args=(user.pk,))
    client.post(address, {"username": user.username, "is_superuser": "on", "is_active": "on"})

    user.refresh_from_db()
    assert not user.is_superuser


def test_who_may_change_users_can_not_change_an_owner(client, owner):
    sign_in_with(client, "library.view_user", "library.change_user")

    response = client.post(reverse("admin:library_user_change", args=(owner.pk,)), {"username": "mine"})

    assert response.status_code == 403


def test_an_owner_can_not_delete_themselves(page, owner):
    response = page.post(reverse("admin:library_user_delete", args=(owner.pk,)), {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=owner.pk).exists()


# ---- settings -------------------------------------------------------------------------------------------------------
def settings_address() -> str:
    return reverse("admin:library_librarysettings_change", args=(1,))


def settings_form(**values: str) -> dict[str, str]:
    """The whole form with its defaults, but for `values`."""
    numbers = [field for group in LibrarySettingsAdmin.fieldsets for field in group[1]["fields"]]
    defaults = LibrarySettings()
    return {name: str(getattr(defaults, name)) for name in numbers if getattr(defaults, name) is not False} | values


def test_the_settings_list_is_the_form_itself(page):
    response = page.get(reverse("admin:library_librarysettings_changelist"))

    assert response.url == settings_address()


def test_settings_show_their_defaults_before_the_first_save(page):
    html = page.get(settings_address()).content.decode()

    assert "Default: 60." in html
    assert not LibrarySettings.objects.exists()


def test_the_first_save_makes_the_row(page):
    page.post(settings_address(), settings_form(scan_interval_minutes="15"))

    assert LibrarySettings.load().scan_interval_minutes == 15


def test_a_change_of_settings_is_recorded_with_its_author(page, owner):
    LibrarySettings.objects.create()

    page.post(settings_address(), settings_form(scan_interval_minutes="15"))

    event = apps.get_model("library.LibrarySettingsEvent").objects.order_by("-pgh_id").first()
    assert (event.scan_interval_minutes, event.pgh_context.metadata["user"]) == (15, owner.pk)


def test_settings_tell_who_changed_what(page, owner):
    page.post(settings_address(), settings_form(scan_interval_minutes="15"))
    page.post(settings_address(), settings_form(scan_interval_minutes="30"))

    changes = page.get(settings_address()).context["changes"]

    assert [change.fields for change in changes] == [
        [("Scan interval (minutes)", "15", "30")],
        [("Scan interval (minutes)", "60", "15")],
    ]
    assert {change.who for change in changes} == {owner.username}


def test_saving_settings_unchanged_records_nothing(page):
    LibrarySettings.objects.create()

    page.post(settings_address(), settings_form(scan_interval_minutes="60"))

    assert apps.get_model("library.LibrarySettingsEvent").objects.count() == 1


def test_settings_out_of_range_get_a_sentence(page):
    response = page.post(settings_address(), settings_form(settle_seconds="900"))

    assert "less than or equal to 60" in response.content.decode()


@pytest.mark.parametrize("verb", ["add", "delete"])
def test_settings_are_neither_added_nor_deleted(page, verb):
    LibrarySettings.objects.create()
    args = (1,) if verb == "delete" else ()

    response = page.post(reverse(f"admin:library_librarysettings_{verb}", args=args), {"post": "yes"})

    assert response.status_code == 403


# ---- the first page, the sidebar and the palette --------------------------------------------------------------------
def test_an_empty_library_says_what_to_do_next(page):
    html = page.get(reverse("admin:index")).content.decode()

    assert "Your library is empty" in html
    assert reverse("admin:library_folder_add") in html


def test_the_first_page_counts_files_by_what_became_of_them(page):
    make_file()
    make_file(state="new")
    make_file(state="failed", error="It is broken.")
    make_file(missing_since=timezone.now())

    data = {section.key: data for section, data in page.get(reverse("admin:index")).context["dashboard"]}

    counts = data["counts"]
    assert {name: counts[name] for name in ("ready", "working", "failed", "missing")} == dict.fromkeys(
        ("ready", "working", "failed", "missing"), 1
    )


def test_the_first_page_asks_no_more_of_the_database_when_rows_are_added(page):
    fill(2)
    before = queries_of(page, reverse("admin:index"))
    fill(10)

    assert queries_of(page, reverse("admin:index")) == before


def test_one_card_can_be_asked_for_alone(page):
    make_folder()

    sections = page.get(reverse("admin:index"), {"section": "folders"}).context["dashboard"]

    assert [section.key for section, _data in sections] == ["folders"]


def test_the_first_page_shows_nothing_that_the_user_may_not_see(client):
    sign_in_with(client)
    make_file()

    response = client.get(reverse("admin:index"))

    assert response.context["dashboard"] == []
    assert "nothing to sum up for your role" in response.content.decode()


def test_the_sidebar_offers_only_what_the_user_may_see(client):
    sign_in_with(client, "library.view_video")

    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]

    titles = [item["title"] for group in groups for item in group["items"]]
    assert titles == ["Overview", "Open the library", "Videos", "Missing videos"]


def test_the_sidebar_counts_failed_files_up_to_a_bound(page, monkeypatch):
    monkeypatch.setattr("config.admin_site.MOST_COUNTED", 2)
    for _ in range(4):
        make_file(state="failed", error="It is broken.")

    groups = page.get(reverse("admin:index")).context["sidebar_navigation"]

    badges = {item["title"]: item["badge"] for group in groups for item in group["items"]}
    assert (badges["Failed files"], badges["Missing videos"]) == ("2+", "")


def test_the_sidebar_tells_failed_files_from_all_files(page):
    groups = page.get(f"{reverse('admin:library_videofile_changelist')}?state=failed").context["sidebar_navigation"]

    assert [item["title"] for group in groups for item in group["items"] if item["active"]] == ["Failed files"]


def test_the_palette_finds_videos_files_and_folders(page):
    make_file(folder=make_folder(name="Harbour"), video=make_video(title="Harbour lights"), relative_path="harbour.mp4")

    found = page.get(reverse("admin:search"), {"s": "harbour", "extended": "1"}).context["results"]

    assert {(hit.description, hit.title) for hit in found} == {
        ("Video", "Harbour lights"),
        ("Folder", "Harbour"),
        ("File", "harbour.mp4"),
    }


def test_the_palette_shows_only_what_the_user_may_see(client):
    sign_in_with(client, "library.view_folder")
    make_file(folder=make_folder(name="Quay"), video=make_video(title="Quay"), relative_path="quay.mp4")

    found = client.get(reverse("admin:search"), {"s": "quay", "extended": "1"}).context["results"]

    assert [hit.description for hit in found] == ["Folder"]


def test_the_palette_answers_with_a_few_hits_of_each_kind(page):
    for number in range(20):
        make_video(title=f"Sunrise {number}")

    found = page.get(reverse("admin:search"), {"s": "sunrise", "extended": "1"}).context["results"]

    assert len(list(found)) == 6


def test_nothing_of_the_admin_comes_from_elsewhere(page):
    html = page.get(reverse("admin:index")).content.decode()

    assert "//cdn" not in html
    assert 'src="http' not in html
    assert 'rel="stylesheet" href="http' not in html
