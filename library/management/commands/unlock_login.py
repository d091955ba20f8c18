"""manage.py unlock_login"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.models import AuditKind
from library.services.audit import record
from library.services.logins import unlock


class Command(BaseCommand):
    help = "Lets people try to log in again at once, after too many wrong passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="the account's name")
        parser.add_argument("--address", default="", help="the IP address that was locked")
        parser.add_argument("--all", action="store_true", help="every account and address")

    def handle(self, *args: Any, name: str, address: str, **options: Any) -> None:
        if bool(name or address) == options["all"]:
            raise CommandError("Give a name, an --address, or --all.")
        try:
            count = sum(unlock(**given) for given in ({"name": name}, {"address": address}) if any(given.values()))
            count += unlock() if options["all"] else 0
        except ValueError:
            raise CommandError(f"{address!r} is no IP address.") from None
        subject = " ".join(filter(None, (name, address))) or "everybody"
        record(kind=AuditKind.LOGIN_UNLOCKED, subject=subject)
        self.stdout.write(f"{subject}: {count} lock{'' if count == 1 else 's'} removed.")
