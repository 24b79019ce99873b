"""The access app: users, org units, roles and the one access policy."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Registers the app; nothing below it but `common`."""

    name = "access"
    verbose_name = _("access")

    def ready(self) -> None:
        """Let the building blocks below ask the policy what a user may open, and enter the audit search into the navigation."""
        from access import sign_in_events, token_admin  # noqa: F401  # they register themselves
        from access.audit_lists import may_audit
        from access.cards import accounts_card, keeps_accounts
        from access.histories import register_histories
        from access.history.changers import last_changer
        from access.list_memory import remembered
        from access.notices import register_notices
        from access.people_lists import PeopleList, sees_people
        from access.scope import allowed
        from access.second_factor import reencrypt_secrets
        from access.sensitive import register_masked
        from common.encryption import ELSEWHERE
        from common.gate import answer_with
        from common.lists.memory import remember_by
        from common.lists.registry import register_list
        from common.lost_updates import name_changers_by
        from common.navigation import NavigationGroup, NavigationItem, register
        from common.panels import register_card

        answer_with(allowed)
        name_changers_by(last_changer)
        register_notices()
        register_card(
            slot="home",
            key="accounts",
            title=_("Accounts and audit"),
            template="access/partials/_accounts_card.html",
            context=accounts_card,
            module="access",
            order=6,
            opens=keeps_accounts,
        )
        remember_by(remembered)
        register_list(PeopleList)
        register_masked()
        register_histories()
        ELSEWHERE["mfa.authenticator.data"] = reencrypt_secrets
        group = NavigationGroup.ADMINISTRATION
        register(NavigationItem(group, _("People"), "access:people_list", "id-badge-2", order=80, opens=sees_people))
        register(NavigationItem(group, _("Audit"), "access:audit_events", "eye-search", module="access", order=90, opens=may_audit))
