"""`manage.py api_token`: the token by which another system acts for a user."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from access.models import User

USAGE_ERROR: Final = 2


class Command(BaseCommand):
    """Prints the API token of a user, made the first time it is asked for, and nothing else."""

    help = "Print the API token of LOGIN; made at the first call. Whoever holds it may do what LOGIN may do."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("login", metavar="LOGIN")
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--rotate", action="store_true", help="make a new token; the old one ends at once")
        group.add_argument("--revoke", action="store_true", help="end the token and print none")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print, replace or end the token. Raises CommandError when there is no such user, or the user is disabled."""
        user = User.objects.select_for_update().filter(username=options["login"]).first()
        if user is None:
            raise CommandError(_("There is no user with the login %(login)s.") % {"login": options["login"]}, returncode=USAGE_ERROR)
        if options["revoke"]:
            Token.objects.filter(user=user).delete()
            return
        if not user.is_active:
            raise CommandError(_("%(login)s is disabled, and so would be the token.") % {"login": user.username}, returncode=USAGE_ERROR)
        if options["rotate"]:
            Token.objects.filter(user=user).delete()
        self.stdout.write(Token.objects.get_or_create(user=user)[0].key)
