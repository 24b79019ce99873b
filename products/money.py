"""How money and discounts are written for people."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from products.models import Discount, DiscountKind


def yuan(amount: Decimal | int | None) -> str:
    """An amount in CNY as `¥1,200` or `¥9.90`; an em dash for None."""
    if amount is None:
        return "—"
    amount = Decimal(amount)
    places = 0 if amount == amount.to_integral_value() else 2
    return f"¥{number_format(amount, decimal_pos=places, use_l10n=True, force_grouping=True)}"


def discount_text(discount: Discount) -> str:
    """What a discount does, in a few words."""
    match discount.kind:
        case DiscountKind.PERCENT:
            return _("%(percent)s%% off") % {"percent": plain(discount.value)}
        case DiscountKind.AMOUNT:
            return _("%(amount)s off") % {"amount": yuan(discount.value)}
        case DiscountKind.FIXED:
            return _("fixed at %(amount)s") % {"amount": yuan(discount.value)}
    months = int(discount.value)
    return ngettext("%(count)d month free", "%(count)d months free", months) % {"count": months}


def approval_limit_text(discount: Discount) -> str:
    """The value above which an offer with this discount is approved by somebody else, in the discount's own unit; empty for none."""
    limit = discount.approval_limit
    if limit is None:
        return ""
    if discount.kind == DiscountKind.PERCENT:
        return f"{plain(limit)}%"
    if discount.kind == DiscountKind.FREE_MONTHS:
        months = int(limit)
        return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
    return yuan(limit)


def plain(value: Decimal) -> str:
    """A figure without trailing zeros."""
    return number_format(value.normalize() if value % 1 else value.to_integral_value(), use_l10n=True)
