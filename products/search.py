"""What the search over everything finds of products and of customers' offers."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, QuerySet
from django.urls import reverse

from common.search import Found, Likelihood, Query, Result
from common.search.registry import COUNTED, NOTHING
from customers.search import found_customers
from products.models import Offer, Product
from products.templatetags.products import stage_label

_FEWEST: Final = 2
_FEWEST_FOR_LIKENESS: Final = 4
_ALIKE: Final = 0.5
_OF_CUSTOMERS: Final = 5
_SHOWN: Final = ("code", "status", "effective_on", "expires_on", "customer__name", "product__name_en", "product__name_zh")


def could_be_product(query: Query) -> Likelihood:
    """A name or a code."""
    return Likelihood.NO if query.digits or query.ending or len(query.text) < _FEWEST else Likelihood.MAYBE


def find_products(user: Any, query: Query, limit: int) -> Found:
    """Products by a part of the code or of either name; else by an English name written alike. The catalogue is short."""
    visible = Product.objects.visible_to(user).order_by("retired_on", "code")
    text = query.text
    rows = list(visible.filter(Q(code__icontains=text) | Q(name_zh__icontains=text) | Q(name_en__icontains=text))[: COUNTED + 1])
    similar = not rows and query.is_latin and len(query.plain) >= _FEWEST_FOR_LIKENESS
    if similar:
        alike = visible.annotate(likeness=TrigramWordSimilarity(query.plain, "name_en")).filter(likeness__gt=_ALIKE)
        rows = list(alike.order_by("-likeness", "code")[:COUNTED])
    return _found(rows, [_product_result(row) for row in rows[:limit]], "" if similar else "products:product_list", query)


def _product_result(row: Product) -> Result:
    url, details = reverse("products:product_detail", args=[row.pk]), (row.code, str(row.get_kind_display()))
    return Result(label=row.label, url=url, details=details, resource=("api:product", row.pk))


def could_be_offer(query: Query) -> Likelihood:
    """A code, or the name of the customer."""
    return Likelihood.NO if query.digits or query.ending or len(query.text) < _FEWEST else Likelihood.MAYBE


def find_offers(user: Any, query: Query, limit: int) -> Found:
    """Offers by the beginning of the code, or of the customers that were found best by the same text; those that end last first."""
    visible = Offer.objects.visible_to(user).select_related("customer", "product").only(*_SHOWN)
    by_code = list(visible.filter(code__startswith=query.plain.upper()).order_by("code")[: COUNTED + 1])
    rows = by_code or list(_of_customers(visible, found_customers(user, query)[:_OF_CUSTOMERS])[: COUNTED + 1])
    certain = bool(by_code) and by_code[0].code == query.plain.upper()
    return _found(rows, [_offer_result(row) for row in rows[:limit]], "products:offer_list", query, certain=certain)


def _of_customers(visible: QuerySet[Offer], customers: list[int]) -> QuerySet[Offer]:
    return visible.filter(customer__in=customers).order_by("-effective_on", "-pk") if customers else visible.none()


def _offer_result(row: Offer) -> Result:
    details = (row.product.label, row.customer.name, str(stage_label(row.stage())))
    return Result(label=row.code, url=reverse("products:offer_detail", args=[row.pk]), details=details, resource=("api:offer", row.pk))


def _found(rows: list[Any], results: list[Result], list_name: str, query: Query, *, certain: bool = False) -> Found:
    if not rows:
        return NOTHING
    return Found(
        results=results,
        count=min(len(rows), COUNTED),
        more=len(rows) > COUNTED,
        all_url=f"{reverse(list_name)}?{urlencode({'q': query.text})}" if list_name else "",
        certain=certain,
        similar=not list_name,
    )
