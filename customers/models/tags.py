"""Tags: short words that people put on customers to find them again."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import User
from common.db import BilingualModel, CodeField
from common.tracking import tracked
from customers.models.customer import Customer


class TagColour(models.TextChoices):
    """The palette: colours that can be told apart in light and in dark."""

    GREY = "grey", _("grey")
    BLUE = "blue", _("blue")
    TEAL = "teal", _("teal")
    GREEN = "green", _("green")
    YELLOW = "yellow", _("yellow")
    ORANGE = "orange", _("orange")
    RED = "red", _("red")
    PURPLE = "purple", _("purple")


@tracked()
class Tag(BilingualModel):
    """An entry of the dictionary of tags. One that is retired stays where it is and is offered no more."""

    code = CodeField(
        _("code"), max_length=24, validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9_-]*$", _("Use capital letters, digits, hyphens and _."))]
    )
    colour = models.CharField(_("colour"), max_length=8, choices=TagColour, default=TagColour.GREY)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"], name="tag_code_unique", violation_error_code="unique", violation_error_message=_("This code is taken.")
            )
        ]


@tracked(inserts=False, told_of=("customer",))
class CustomerTag(models.Model):
    """A customer that carries a tag, since when and by whom."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="taggings", db_index=False, verbose_name=_("customer"))
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="taggings", db_index=False, verbose_name=_("tag"))
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by"))
    tagged_at = models.DateTimeField(_("when"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tagged customer")
        verbose_name_plural = _("tagged customers")
        ordering = ("customer", "tag")
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "tag"], name="customer_tag_once")]
        indexes: ClassVar = [models.Index(fields=["tag", "customer"], name="customer_tag_by_tag")]

    def __str__(self) -> str:
        return f"{self.customer} · {self.tag}"
