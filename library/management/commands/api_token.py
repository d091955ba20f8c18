"""manage.py api_token"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.exceptions import TokenError
from library.models import User
from library.models.token import TokenScope
from library.services.tokens import DEFAULT_DAYS, make_token


class Command(BaseCommand):
    help = "Makes a token for the API and prints it, once: only its digest is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the account that it stands for")
        parser.add_argument("--name", required=True, help="what uses it")
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="how long it is good for; 0 is for ever")
        parser.add_argument("--read-only", action="store_true", help="it may look and change nothing")

    def handle(self, *args: Any, user: str, name: str, days: int, **options: Any) -> None:
        try:
            account = User.objects.get_by_natural_key(user)
        except User.DoesNotExist:
            raise CommandError(f"There is no account {user}.") from None
        if not account.is_active:
            raise CommandError(f"The account {account.username} is switched off.")
        scope = TokenScope.READ if options["read_only"] else TokenScope.FULL
        try:
            made = make_token(user=account, name=name, days=days or None, scope=scope)
        except TokenError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(made.secret)
