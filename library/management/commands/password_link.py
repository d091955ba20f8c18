"""manage.py password_link"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.models import User
from library.services.password_links import link_days, make_password_link


class Command(BaseCommand):
    help = "Prints an address by which somebody gives their account a new password, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="+", help="the accounts' names")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="how people reach this server")

    def handle(self, *args: Any, name: list[str], url: str, **options: Any) -> None:
        users = [_account(one) for one in name]
        for user in users:
            self.stdout.write(f"{user.username}: {url.rstrip('/')}{make_password_link(user=user)}")
        self.stderr.write(f"Good for {link_days()} days, and until the next login or change of password.")


def _account(name: str) -> User:
    try:
        user = User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        raise CommandError(f"There is no account {name}.") from None
    if not user.is_active:
        raise CommandError(f"The account {user.username} is switched off.")
    return user
