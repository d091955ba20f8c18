"""`python -m tests.bench [AREA ...] [--full]`: every area in a process of its own; status 1 when one falls short."""

import argparse
import contextlib
import subprocess
import sys

from tests.bench.place import fresh_home

# Area -> whether it needs a database.
AREAS = {
    "media": False, "scan": True, "duplicates": True, "pages": True, "load": True, "playback": True,
    "jobs": True, "stats": True, "faces": True, "suggest": True, "triage": True,
    "imports": True,
    "chaos": True,
}  # fmt: skip
# No measurement: only when it is asked for.
_ALONE = {"chaos"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measures Videothek beside what others do.")
    parser.add_argument("areas", nargs="*", choices=[*AREAS, []], metavar="AREA", help=f"of {', '.join(AREAS)}")
    parser.add_argument("--full", action="store_true", help="the long volumes")
    options = parser.parse_args()
    status = 0
    for area in options.areas or [name for name in AREAS if name not in _ALONE]:
        command = [sys.executable, "-m", f"tests.bench.{area}", *(["--full"] if options.full else [])]
        with fresh_home() if AREAS[area] else contextlib.nullcontext():
            status |= subprocess.run(command, check=False).returncode
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
