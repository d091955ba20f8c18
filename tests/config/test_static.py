import re
import shutil
from pathlib import Path

from config.services.static import collect_static
from config.static_files import HashedModulesStorage

STATIC = Path(__file__).parents[2] / "config" / "static"


def test_static_files_are_collected_once(own_home, settings):
    settings.STATIC_ROOT = str(own_home / "static")

    assert collect_static() is True
    assert collect_static() is False
    assert any((own_home / "static").rglob("*.css"))


def test_modules_import_each_other_by_the_names_that_carry_their_digest(tmp_path):
    shutil.copytree(STATIC / "videothek" / "js", tmp_path / "videothek" / "js")
    storage = HashedModulesStorage(location=tmp_path, base_url="/static/")
    paths = {
        str(path.relative_to(tmp_path)): (storage, str(path.relative_to(tmp_path))) for path in tmp_path.rglob("*.js")
    }

    for _, _, outcome in storage.post_process(paths):
        assert not isinstance(outcome, Exception)

    entry = tmp_path / storage.stored_name("videothek/js/watch.js")
    names = re.findall(r'from "([^"]+)"', entry.read_text())
    assert names
    assert all(re.fullmatch(r"\./player/\w+\.[0-9a-f]{12}\.js", name) for name in names)
    assert all((entry.parent / name).exists() for name in names)
