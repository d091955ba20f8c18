"""Plugins: found, loaded apart from one another, listed, set and asked."""

import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent

import pytest
from django.core.management import call_command

from config.paths import PROJECT_ROOT
from library.models import AuditEvent
from processing.exceptions import PluginError
from processing.media.encode.proving import prove_added
from processing.models import Conversion, Job, Plugin
from processing.plugins import enabled
from processing.plugins.api import API_VERSION
from processing.plugins.loading import Found, found_plugins
from processing.plugins.schema import SettingsError, check_schema, clean_settings, with_defaults
from processing.services import plugins as services
from processing.services.claim import claim_next
from processing.services.conversions import proofs
from processing.services.plugins import check_plugins, sync_plugins, update_plugin
from processing.services.run import run_job
from processing.services.submit import submit_jobs
from processing.stages import all_stages
from tests.config.stacks import environment_for
from tests.library.factories import make_folder, make_user
from tests.processing.converting import ask, fast_preset, library_film, run_next
from tests.processing.plugin_packages import install, install_example, loaded, made

SCHEMA = {
    "type": "object",
    "properties": {
        "address": {"type": "string", "title": "Address", "maxLength": 20},
        "limit": {"type": "integer", "default": 5, "minimum": 1, "maximum": 10},
        "ratio": {"type": "number"},
        "is_loud": {"type": "boolean", "default": False},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "words": {"type": "array", "items": {"type": "string"}},
        "key": {"type": "string", "format": "password"},
    },
    "required": ["address"],
}
WITH_SCHEMA = f"settings_schema = {SCHEMA!r}"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def errors() -> dict[str, str]:
    return {found.name: found.error for found in found_plugins()}


# ---- loading --------------------------------------------------------------------------------------------------------
def test_a_plugin_that_is_installed_is_loaded_with_what_it_adds(site):
    install(site, "trial", made(register="additions.encoders.append(Encoder('libx', 'X', 'h264'))"))

    with loaded(site):
        found = found_plugins()

    assert [(one.name, one.package, one.error) for one in found] == [("trial", "trial_package", "")]
    assert found[0].additions.capabilities() == ["encoder: X"]


BROKEN = {
    "raises-at-import": ("1 / 0", "could not be loaded (ZeroDivisionError: division by zero)"),
    "ends-the-process": ("raise SystemExit(3)", "could not be loaded (SystemExit: 3)"),
    "is-no-python": ("def (:", "could not be loaded (SyntaxError"),
    "misses-a-package": ("import no_such_package_anywhere", "No module named 'no_such_package_anywhere'"),
    "is-no-plugin": ("Made = 7", "leads to no Plugin"),
    "other-interface": (made(name="other-interface", api=API_VERSION + 1), f"this release has {API_VERSION}"),
    "other-name": (made(name="another"), "calls itself 'another'"),
    "fails-to-register": (made(name="fails-to-register", register="raise OSError('no disk')"), "OSError: no disk"),
    "odd-schema": (made("settings_schema = {'type': 'object', 'properties': {'a': {'type': 'date'}}}",
                        name="odd-schema"), "'a' has no type that is known"),
    "takes-a-name": (made(name="takes-a-name", register="additions.stages.append(Stage('probe', 'P', 'media', 'file',"
                          " 'x.y', dict))"), "needs a name of its own that begins with takes-a-name-"),
    "odd-queue": (made(name="odd-queue", register="additions.stages.append(Stage('odd-queue-a', 'P', 'x', 'file',"
                       " 'x.y', dict))"), "queue or a kind of target that isn't known"),
    "odd-ending": (made(name="odd-ending", register="additions.scanners.append(Scanner('a', 'A', {'xyz': 'v/x'}))"),
                   "no ending like .xyz"),
    "odd-codec": (made(name="odd-codec", register="additions.encoders.append(Encoder('a', 'A', 'vp9'))"),
                  "of no codec that is known"),
}  # fmt: skip


def test_each_way_to_fail_is_told_and_keeps_nobody_else_from_loading(site):
    for name, (source, _) in BROKEN.items():
        install(site, name, source)
    install(site, "well", made(name="well"))
    before = [stage.name for stage in all_stages()]

    with loaded(site):
        told = errors()
        after = [stage.name for stage in all_stages()]

    assert told["well"] == ""
    assert {name: sentence in told[name] for name, (_, sentence) in BROKEN.items()} == dict.fromkeys(BROKEN, True)
    assert after == before, "what a failed one had added counts for nothing"


@pytest.mark.slow
def test_django_starts_whatever_is_installed(site, tmp_path):
    for name, (source, _) in BROKEN.items():
        install(site, name, source)
    install_example(site)
    script = (
        "import django; django.setup(); from processing.plugins.loading import Found, found_plugins\n"
        "print(sorted(found.name for found in found_plugins() if found.plugin))"
    )
    environment = environment_for(
        tmp_path / "home", DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=f"{PROJECT_ROOT}:{site}"
    )
    results = [
        subprocess.run(
            [sys.executable, "-c", script], env=environment | more, capture_output=True, text=True, check=False
        )
        for more in ({}, {"VIDEOTHEK_PLUGINS": "off"})
    ]

    assert [ran.stdout for ran in results] == ["['nfo']\n", "[]\n"], results[0].stderr
    assert "The plugin is-no-plugin is left out." in results[0].stderr
    assert results[1].stderr == ""


def test_of_two_packages_with_one_name_the_first_counts(site, caplog):
    install(site, "trial", made())
    (site / "second").mkdir()
    install(site / "second", "trial", made(), version="2.0")
    sys.path.insert(0, str(site / "second"))
    try:
        with loaded(site):
            count = len(found_plugins())
    finally:
        sys.path.remove(str(site / "second"))

    assert count == 1


# ---- settings -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "array"}, "must be of type object"),
        ({"type": "object", "properties": {"a": {"type": "string", "pattern": "x"}}}, "'pattern', which is not"),
        ({"type": "object", "properties": {"a": {"type": "array"}}}, "something else than strings"),
        ({"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}}, "default of its setting 'a'"),
        ({"type": "object", "properties": {}, "required": ["b"]}, "requires 'b'"),
    ],
)
def test_a_schema_that_is_not_understood_is_refused(schema, told):
    with pytest.raises(PluginError, match=told):
        check_schema(schema)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        ({"address": "x", "limit": 11}, {"limit": "At most 10."}),
        ({"address": "x", "limit": 0}, {"limit": "At least 1."}),
        ({"address": "x", "limit": True}, {"limit": "Give a value of type integer."}),
        ({"address": "x" * 21}, {"address": "At most 20 characters."}),
        ({"address": "x", "kind": "c"}, {"kind": "Choose one of a, b."}),
        ({"address": "x", "words": [1]}, {"words": "Give words only."}),
        ({"address": "x", "other": 1}, {"other": "There is no such setting."}),
        ({}, {"address": "This has to be set."}),
    ],
)
def test_values_that_do_not_fit_are_told_one_by_one(values, problems):
    with pytest.raises(SettingsError) as caught:
        clean_settings(SCHEMA, values)

    assert caught.value.problems == problems


def test_what_is_not_set_is_as_by_default_and_what_no_longer_fits_too():
    assert with_defaults(SCHEMA, {"limit": 99, "kind": "a", "gone": 1}) == {"limit": 5, "is_loud": False, "kind": "a"}


# ---- rows -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def trial(site, db):
    """A loaded plugin with settings, whose health its settings decide."""
    health = """
    def health(self, settings):
        if settings.get("address") == "raise": raise OSError("no line")
        if settings.get("address") == "odd": return "fine"
        return Health(HealthStatus.DEGRADED, "Slow today.")
    """
    install(site, "trial", made(f"{WITH_SCHEMA}\n{dedent(health)}"))
    with loaded(site):
        sync_plugins()
        yield Plugin.objects.get()


def test_rows_follow_what_is_installed_and_settings_outlive_a_removal(site, db):
    install(site, "trial", made(WITH_SCHEMA))
    install(site, "broken", "1 / 0")
    with loaded(site):
        counts = [sync_plugins(), sync_plugins()]
    Plugin.objects.filter(name="trial").update(settings={"address": "kept"}, is_enabled=False)
    there = {row.name: (row.state, row.version, row.package) for row in Plugin.objects.all()}
    gone = sync_plugins()

    assert counts == [2, 0]
    assert there == {"trial": ("loaded", "1.2", "trial_package"), "broken": ("failed", "", "broken_package")}
    assert gone == 2
    row = Plugin.objects.get(name="trial")
    assert (row.state, row.settings, row.is_enabled, row.title) == ("gone", {"address": "kept"}, False, "A trial")


def test_one_that_fails_after_an_update_keeps_its_name_and_settings(trial, monkeypatch):
    monkeypatch.setattr(services, "found_plugins", lambda: [Found("trial", "trial_package", error="It broke.")])

    sync_plugins()

    row = Plugin.objects.get()
    assert (row.title, row.state, row.error) == ("A trial", "failed", "It broke.")


def test_settings_are_stored_checked_and_recorded_without_passwords(trial):
    user = make_user()

    update_plugin(plugin=trial, is_enabled=False, settings={"address": "here", "key": "secret-key"}, user=user)
    update_plugin(plugin=trial, is_enabled=False, settings={"address": "here", "key": "secret-key"}, user=user)

    trial.refresh_from_db()
    event = AuditEvent.objects.filter(kind="settings_changed", subject="Plugin A trial").get()
    assert (trial.settings["address"], trial.is_enabled) == ("here", False)
    assert event.detail == {"is_enabled": False, "settings": {"address": "here", "key": "changed"}}


def test_settings_that_do_not_fit_change_nothing(trial):
    with pytest.raises(SettingsError):
        update_plugin(plugin=trial, is_enabled=False, settings={"address": "x" * 99})

    trial.refresh_from_db()
    assert (trial.settings, trial.is_enabled) == ({}, True)


@pytest.mark.parametrize(
    ("address", "health", "note"),
    [
        ("calm", "degraded", "Slow today."),
        ("raise", "bad", "Asking it failed (OSError: no line)."),
        ("odd", "bad", "It answered something that is no Health."),
    ],
)
def test_how_it_is_is_asked_and_kept(trial, address, health, note):
    update_plugin(plugin=trial, is_enabled=True, settings={"address": address})

    assert check_plugins() == 1

    trial.refresh_from_db()
    assert (trial.health, trial.health_note) == (health, note)
    assert trial.health_checked_at is not None


def test_one_that_hangs_is_not_waited_for(trial, monkeypatch):
    monkeypatch.setattr(services, "_HEALTH_SECONDS", 0.05)
    plugin = found_plugins()[0].plugin
    released = threading.Event()
    monkeypatch.setattr(plugin, "health", lambda settings: released.wait(10), raising=False)

    check_plugins()
    released.set()

    assert "gave no answer" in Plugin.objects.get().health_note


def test_one_that_is_off_is_not_asked(trial):
    Plugin.objects.update(is_enabled=False)

    assert check_plugins() == 0
    assert Plugin.objects.get().health == "unknown"


def test_the_command_lists_them_and_fails_when_one_is_not_well(trial, capsys):
    with pytest.raises(SystemExit):
        call_command("plugins", check=True)
    told = capsys.readouterr().out
    Plugin.objects.update(is_enabled=False)
    call_command("plugins")

    assert told == "trial 1.2: on, works in part. Slow today.\n"


@pytest.mark.django_db
def test_without_plugins_the_command_says_where_to_look(capsys):
    call_command("plugins")

    assert "docs/plugins.md" in capsys.readouterr().out


# ---- stages ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def example(site, db):
    install_example(site)
    with loaded(site):
        sync_plugins()
        yield Plugin.objects.get()


def run_count(tmp_path: Path) -> Job:
    (tmp_path / "films").mkdir()
    for name in ("a.nfo", "b.NFO", "c.mp4"):
        (tmp_path / "films" / name).touch()
    folder = make_folder(path=tmp_path / "films")
    submit_jobs(stage="nfo-count", target_ids=[folder.pk], folder_id=folder.pk)
    run_job(claim_next(queue="maintenance", worker="test"))
    return Job.objects.get()


def test_a_stage_of_a_plugin_runs_as_ours_do(example, tmp_path):
    job = run_count(tmp_path)

    assert (job.status, job.result) == ("completed", {"nfo_files": 2})


def test_a_stage_of_a_plugin_that_is_off_does_not_run_and_says_so(example, tmp_path):
    Plugin.objects.update(is_enabled=False)

    job = run_count(tmp_path)

    assert (job.status, job.error_class) == ("failed", "PluginOffError")
    assert "The plugin nfo is switched off" in job.error


@pytest.mark.django_db(transaction=True)
def test_conversions_use_the_encoder_of_a_plugin_while_it_is_on(example, tmp_path, monkeypatch):
    # Trying all that FFmpeg knows takes seconds; the plugin's own is tried for real.
    monkeypatch.setattr(proofs, "prove_all", lambda program, told, added: prove_added(program, added))
    film = library_film(tmp_path / "films")
    on, off = fast_preset(), fast_preset(key="again", name="Again")

    ask(film, on)
    run_next()
    with_plugin = Conversion.objects.get(preset_key=on.key)
    update_plugin(plugin=example, is_enabled=False, settings={})
    ask(film, off)
    run_next()
    without = Conversion.objects.get(preset_key=off.key)

    assert (with_plugin.encoder, with_plugin.status) == ("libopenh264", "completed"), with_plugin.ffmpeg_output
    assert with_plugin.rung == "An encoder of a plugin (libopenh264)"
    assert (without.encoder, without.status) == ("libx264", "completed")


def test_encoders_count_while_their_plugin_is_on(example):
    on = [encoder.name for encoder in enabled.encoders()]
    Plugin.objects.update(is_enabled=False)

    assert (on, enabled.encoders()) == (["libopenh264"], [])


def test_a_stage_reads_its_plugins_settings(example):
    assert enabled.settings_of("nfo")["confidence"] == 0.8
    Plugin.objects.update(is_enabled=False)
    with pytest.raises(PluginError, match="switched off"):
        enabled.settings_of("nfo")


def test_without_plugins_nothing_is_asked(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        enabled.check_stage_enabled("probe")
        assert not list(enabled.enrichers()) and not list(enabled.scanners()) and not enabled.encoders()
