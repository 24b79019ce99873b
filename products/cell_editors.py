"""Which cells of the lists of this app are edited where they stand, by the forms and services of their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from common.lists import ListDefinition
from common.lists.cell_editing import CellEditor
from products.forms import DiscountForm, ProductForm
from products.querysets import may_keep_catalogue
from products.services.catalogue import save_entry


class _CatalogueCells(CellEditor):
    """Of entries of the catalogue, for those who keep it."""

    def is_open(self, definition: ListDefinition) -> bool:  # noqa: ARG002
        """Changing offers of the own customers is not enough."""
        return may_keep_catalogue(self.user)

    def save(self, row: Any, given: Mapping[str, Any], seen: str) -> None:
        """By the service of the entry's form."""
        for name, value in given.items():
            setattr(row, name, value)
        save_entry(entry=row, actor=self.user, seen=seen)


class ProductCells(_CatalogueCells):
    """Of products."""

    fields: ClassVar[Mapping[str, str]] = {name: name for name in ("min_members", "available_from", "retired_on", "description")}

    def form(self, row: Any, data: Any = None) -> ProductForm:
        """The form of the product's page."""
        return ProductForm(data, instance=row, actor=self.user)


class DiscountCells(_CatalogueCells):
    """Of discounts."""

    fields: ClassVar[Mapping[str, str]] = {name: name for name in ("stacking_group", "approval_limit", "retired_on")}

    def form(self, row: Any, data: Any = None) -> DiscountForm:
        """The form behind the row."""
        return DiscountForm(data, instance=row, actor=self.user)
