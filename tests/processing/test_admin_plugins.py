"""Plugins, their settings and what they found, in the admin."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from library.models import AuditEvent, ChangeBatch, Video
from processing.models import Job, Plugin, PluginMetadata
from processing.services.enriching import enrich_video
from processing.services.plugins import sync_plugins
from tests.library.factories import make_file, make_folder, make_user, make_video
from tests.processing.plugin_packages import install, install_example, loaded, made

pytestmark = pytest.mark.django_db
SCHEMA = {
    "type": "object",
    "properties": {
        "address": {"type": "string", "title": "Where it asks"},
        "limit": {"type": "integer", "default": 5, "maximum": 10},
        "ratio": {"type": "number"},
        "is_loud": {"type": "boolean", "default": True},
        "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "words": {"type": "array", "items": {"type": "string"}},
        "key": {"type": "string", "format": "password"},
    },
    "required": ["address"],
}
LIST = "/admin/processing/plugin/"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


@pytest.fixture
def plugin(site):
    install(site, "trial", made(f"settings_schema = {SCHEMA!r}"))
    install(site, "broken", "1 / 0")
    with loaded(site):
        sync_plugins()
        yield Plugin.objects.get(name="trial")


def page_of(plugin: Plugin) -> str:
    return f"{LIST}{plugin.pk}/change/"


def save(client, plugin: Plugin, **values: str):
    names = ("address", "limit", "ratio", "kind", "words", "key")
    fields = {f"setting_{name}": {"address": "here", "limit": "5"}.get(name, "") for name in names}
    return client.post(page_of(plugin), {"is_enabled": "on", **fields, **values}, follow=True)


def test_the_list_shows_each_with_its_state_and_finds_new_ones_by_itself(site, admin_client):
    install(site, "trial", made())
    install(site, "broken", "1 / 0")
    with loaded(site):
        page = admin_client.get(LIST).content.decode()

    assert "A trial" in page and "trial 1.2" in page
    assert "Failed to load" in page


def test_an_empty_list_says_where_to_begin(admin_client):
    assert "docs/plugins.md" in admin_client.get(LIST).content.decode()


def test_the_page_of_one_that_failed_says_why(plugin, admin_client):
    page = admin_client.get(page_of(Plugin.objects.get(name="broken"))).content.decode()

    assert "ZeroDivisionError: division by zero" in page
    assert "Everything else works without it." in page


def test_the_form_has_a_field_for_each_setting(plugin, admin_client):
    page = admin_client.get(page_of(plugin)).content.decode()

    assert "Where it asks" in page
    assert all(f'name="setting_{name}"' in page for name in SCHEMA["properties"])
    assert "Default: 5." in page and "Default: yes." in page


def test_settings_are_saved_as_the_schema_wants_them(plugin, admin_client):
    save(admin_client, plugin, setting_limit="7", setting_ratio="0.5", setting_kind="b", setting_words="x\n\n y ",
         setting_key="secret")  # fmt: skip

    plugin.refresh_from_db()
    assert plugin.settings == {
        "address": "here",
        "limit": 7,
        "ratio": 0.5,
        "is_loud": False,
        "kind": "b",
        "words": ["x", "y"],
        "key": "secret",
    }
    assert AuditEvent.objects.filter(subject="Plugin A trial").count() == 1


def test_a_password_is_never_shown_and_stays_when_nothing_is_typed(plugin, admin_client):
    save(admin_client, plugin, setting_key="secret-word")

    page = admin_client.get(page_of(plugin)).content.decode()
    save(admin_client, plugin, setting_limit="6")

    plugin.refresh_from_db()
    assert "secret-word" not in page and "It is set; empty keeps it." in page
    assert (plugin.settings["key"], plugin.settings["limit"]) == ("secret-word", 6)


@pytest.mark.parametrize(
    ("values", "told"),
    [({"setting_limit": "11"}, "less than or equal to 10"), ({"setting_address": ""}, "This field is required")],
)
def test_what_does_not_fit_is_said_at_its_field_and_not_saved(plugin, admin_client, values, told):
    page = save(admin_client, plugin, **values).content.decode()

    plugin.refresh_from_db()
    assert told in page
    assert plugin.settings == {}


def test_it_is_switched_off(plugin, admin_client):
    values = {"setting_address": "here", "setting_limit": "5", "setting_kind": "", "setting_words": ""}
    admin_client.post(page_of(plugin), values)

    assert not Plugin.objects.get(name="trial").is_enabled


def test_it_is_asked_how_it_is_from_its_page_and_from_the_list(plugin, admin_client):
    admin_client.post(f"{LIST}{plugin.pk}/check/")
    first = Plugin.objects.get(name="trial").health
    Plugin.objects.update(health="unknown")
    admin_client.post(LIST, {"action": "ask", "_selected_action": [plugin.pk]})

    assert (first, Plugin.objects.get(name="trial").health) == ("ok", "ok")


def test_one_that_is_off_is_not_asked_and_that_is_said(plugin, admin_client):
    Plugin.objects.update(is_enabled=False)

    page = admin_client.post(f"{LIST}{plugin.pk}/check/", follow=True).content.decode()

    assert "it was not asked" in page


def test_only_who_may_change_plugins_gets_a_form(plugin, client):
    client.force_login(make_user(role="moderator", is_staff=True))

    assert client.get(page_of(plugin)).status_code == 403
    assert client.post(f"{LIST}{plugin.pk}/check/").status_code == 403


# ---- facts ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def video(site, tmp_path):
    install_example(site)
    (tmp_path / "walk.mp4").write_bytes(b"x")
    (tmp_path / "walk.nfo").write_text("<movie><title>A day out</title><director>Kim &lt;b&gt;</director></movie>")
    file = make_file(folder=make_folder(path=tmp_path), path=tmp_path / "walk.mp4", video=make_video(title="walk"))
    with loaded(site):
        sync_plugins()
        enrich_video(video_id=file.video_id)
        yield Video.objects.get(files=file)


def test_a_videos_page_shows_what_plugins_found_with_source_and_confidence(video, admin_client):
    page = admin_client.get(f"/admin/library/video/{video.pk}/change/").content.decode()

    assert "What plugins found" in page and "A day out" in page and "80 % sure" in page and "walk.nfo" in page
    assert page.count("Take over") == 1, "a director can't be"
    assert "Kim &lt;b&gt;" in page


def test_a_video_without_facts_says_nothing_about_plugins(admin_client):
    video = make_video()

    assert "What plugins found" not in admin_client.get(f"/admin/library/video/{video.pk}/change/").content.decode()


def test_a_fact_is_taken_over_by_one_press_and_undone_from_the_message(video, admin_client):
    fact = PluginMetadata.objects.get(field="title")
    page = admin_client.post(f"/admin/processing/pluginmetadata/{fact.pk}/take/", follow=True).content.decode()

    video.refresh_from_db()
    assert video.title == "A day out"
    assert "Took the title of “A day out” over from Facts from .nfo files." in page
    assert "Taken over" in admin_client.get(f"/admin/library/video/{video.pk}/change/").content.decode()
    assert ChangeBatch.objects.get().can_undo


def test_plugins_are_asked_to_look_again_from_the_videos_page(video, admin_client):
    page = admin_client.get(f"/admin/library/video/{video.pk}/change/").content.decode()
    first = admin_client.post(f"/admin/processing/pluginmetadata/ask/{video.pk}/", follow=True).content.decode()
    second = admin_client.post(f"/admin/processing/pluginmetadata/ask/{video.pk}/", follow=True).content.decode()

    assert "Look again" in page
    assert "Plugins look for facts now" in first and "They are looking already." in second
    assert Job.objects.filter(stage="enrich", target_id=video.pk, priority=1).count() == 1


def test_all_videos_are_looked_up_by_the_command(video, capsys):
    make_video()
    make_video(trashed_at=timezone.now())

    call_command("plugins", look=True)

    assert capsys.readouterr().out == "2 videos wait to be looked up.\n"


def test_a_fact_that_went_meanwhile_is_a_sentence(video, admin_client):
    page = admin_client.post("/admin/processing/pluginmetadata/999999/take/", follow=True).content.decode()

    assert "doesn&#x27;t say that any more" in page


def test_who_may_not_edit_videos_takes_nothing_over(video, client):
    fact = PluginMetadata.objects.get(field="title")
    client.force_login(make_user(role="moderator", is_staff=True))

    assert client.post(f"/admin/processing/pluginmetadata/{fact.pk}/take/").status_code == 403


def test_the_list_of_facts_asks_as_often_for_many_as_for_few(video, admin_client, django_assert_max_num_queries):
    plugin = Plugin.objects.get(name="nfo")
    rows = [
        PluginMetadata(
            video=video, plugin=plugin, field="tag", value=f"t{n}", confidence=1, fetched_at="2026-01-01T00:00Z"
        )
        for n in range(30)
    ]
    PluginMetadata.objects.bulk_create(rows)

    with django_assert_max_num_queries(16):
        page = admin_client.get("/admin/processing/pluginmetadata/").content.decode()

    assert "t29" in page


def test_settings_stand_in_the_order_of_their_author(plugin, admin_client):
    page = admin_client.get(page_of(plugin)).content.decode()

    places = [page.index(f'name="setting_{name}"') for name in SCHEMA["properties"]]
    assert places == sorted(places)
