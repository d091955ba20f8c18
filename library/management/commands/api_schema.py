"""manage.py api_schema"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

PLACE = Path(settings.BASE_DIR) / "docs" / "api" / "schema.yaml"


class Command(BaseCommand):
    help = "Writes docs/api/schema.yaml anew; fails on an endpoint that doesn't describe itself."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, default=PLACE, help="another file")

    def handle(self, *args: Any, to: Path, **options: Any) -> None:
        call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(to))
        self.stdout.write(f"{to.name} describes the API as it is now.")
