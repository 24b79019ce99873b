"""`manage.py api_token`: a token by which another system acts for a user."""

from __future__ import annotations

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from access.models import ApiToken, User
from access.services.api_tokens import DEFAULT_DAYS, LONGEST_DAYS, create_token, revoke_token

USAGE_ERROR: Final = 2


class Command(BaseCommand):
    """Makes an API token of a user and prints it, and nothing else."""

    help = "Make an API token of LOGIN and print it; it is not kept. Whoever holds it may do what LOGIN may do."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("login", metavar="LOGIN")
        parser.add_argument("--name", default="api_token", help="what the token is for, as lists show it")
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help=f"days after which it ends, at most {LONGEST_DAYS}")
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--rotate", action="store_true", help="end all other tokens of the user at once")
        group.add_argument("--revoke", action="store_true", help="end all tokens of the user and print none")

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print a new token, or end the old ones. Raises CommandError for an unknown or disabled user and a wrong number of days."""
        user = User.objects.select_for_update().filter(username=options["login"]).first()
        if user is None:
            raise CommandError(_("There is no user with the login %(login)s.") % {"login": options["login"]}, returncode=USAGE_ERROR)
        if not 1 <= options["days"] <= LONGEST_DAYS:
            raise CommandError(_("A token lasts from 1 to %(days)s days.") % {"days": LONGEST_DAYS}, returncode=USAGE_ERROR)
        if options["revoke"] or options["rotate"]:
            for token in ApiToken.objects.filter(owner=user, revoked_at=None):
                revoke_token(token=token, actor=None)
        if options["revoke"]:
            return
        if not user.is_active:
            raise CommandError(_("%(login)s is disabled, and so would be the token.") % {"login": user.username}, returncode=USAGE_ERROR)
        self.stdout.write(create_token(owner=user, name=options["name"][:64], days=options["days"], actor=None)[1])
