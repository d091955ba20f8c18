"""Packages with plugins, as `pip` would leave them: a module and its dist-info on the path."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent, indent

from config.paths import PROJECT_ROOT
from library.media_types import use_more_types
from library.services.exclusions import use_more_exclusions
from processing.plugins import loading
from processing.plugins.api import GROUP
from processing.stages import registry

EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "videothek-nfo"
_HEAD = "from processing.plugins.api import *\n"


def install(site: Path, name: str, source: str, *, target: str = "Made", version: str = "1.0") -> None:
    """A package `<name>_package` with one module; its entry point `name` leads to `target` in it."""
    module = f"{name.replace('-', '_')}_package"
    (site / f"{module}.py").write_text(_HEAD + dedent(source))
    _dist_info(site, module, version, f"[{GROUP}]\n{name} = {module}:{target}\n")


def install_example(site: Path) -> None:
    """The example of the documentation."""
    (site / "videothek_nfo").symlink_to(EXAMPLE / "videothek_nfo")
    _dist_info(site, "videothek_nfo", "1.0", f"[{GROUP}]\nnfo = videothek_nfo:NfoPlugin\n")


def _dist_info(site: Path, package: str, version: str, entries: str) -> None:
    info = site / f"{package}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(entries)


@contextmanager
def loaded(site: Path) -> Iterator[None]:
    """What is installed there is loaded as at the start of Django, and forgotten afterwards."""
    stages, modules = dict(registry._stages), set(sys.modules)
    sys.path.insert(0, str(site))
    try:
        loading.load_plugins(list(entry_points(group=GROUP)))
        yield
    finally:
        sys.path.remove(str(site))
        loading._found.clear()
        registry._stages.clear()
        registry._stages.update(stages)
        use_more_types({})
        use_more_exclusions([])
        for name in set(sys.modules) - modules:
            if name.endswith("_package") or name.startswith("videothek_nfo"):
                del sys.modules[name]


def made(body: str = "", *, name: str = "trial", api: object = "API_VERSION", register: str = "pass") -> str:
    """The source of a plugin."""
    return dedent(f"""
    class Made(Plugin):
        name = {name!r}
        title = "A trial"
        version = "1.2"
        api_version = {api}

        def register(self, additions):
            {register}
    """) + indent(dedent(body), "    ")
