"""Who reaches a hand-over: those who have to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from access.models import Action, User
from access.policy import PolicyQuerySet
from access.scope import scope_of

if TYPE_CHECKING:
    from customers.models import HandOver, HandOverItem  # noqa: F401  (names of the type parameters)


class HandOverQuerySet(PolicyQuerySet["HandOver"]):
    """Hand-overs. To view: its maker; once it is no draft, its giver, and who may hand over what the giver's unit has; once somebody has
    approved it, its receiver (one that is withdrawn or refused before is never shown to him); and whoever views every customer. To change,
    which is to take one of the steps: the same people but the last.
    """

    module: ClassVar[str] = "customers"

    def visible_to(self, user: User | AnonymousUser, action: str = Action.VIEW) -> Self:
        """The hand-overs on which `user` may do `action`."""
        scope = scope_of(user)
        if scope.user is None or scope.reach(self.module, action).is_empty:
            return self.none()
        mine = Q(maker=user.pk) | (~Q(state="draft") & Q(giver=user.pk)) | Q(approver__isnull=False, receiver=user.pk)
        found = mine | (~Q(state="draft") & self.led_by(user))
        if action == Action.VIEW and scope.reach(self.module, action).everything:
            found |= ~Q(state="draft")
        return self.filter(found)

    @staticmethod
    def led_by(user: User | AnonymousUser) -> Q:
        """Those of givers for whom `user` answers: by role, somebody above the giver's unit may hand customers over."""
        reach = scope_of(user).role_reach("customers", Action.APPROVE)
        if reach.everything:
            return Q(pk__isnull=False)
        return Q(giver__org_unit__any_of=reach.unit_ids) if reach.unit_ids else Q(pk__isnull=True)


class HandOverItemQuerySet(PolicyQuerySet["HandOverItem"]):
    """The customers of hand-overs: reached with the hand-over."""

    module: ClassVar[str] = "customers"

    def visible_to(self, user: User | AnonymousUser, action: str = Action.VIEW) -> Self:
        """Those of the hand-overs on which `user` may do `action`."""
        above: Any = self.model._meta.get_field("hand_over").related_model
        return self.filter(hand_over__in=above._default_manager.visible_to(user, action).order_by().values("pk"))
