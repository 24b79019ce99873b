"""Industries and regions that customers belong to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.db import BilingualModel, CodeField
from common.tracking import tracked


@tracked()
class Industry(BilingualModel):
    """An entry of the industry dictionary."""

    code = CodeField(_("code"), max_length=16)

    class Meta:
        verbose_name = _("industry")
        verbose_name_plural = _("industries")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                name="industry_code_unique",
                violation_error_code="unique",
                violation_error_message=_("This code is taken."),
            )
        ]


@tracked()
class Region(BilingualModel):
    """A province, a city or a county; each names the one above it as parent."""

    code = CodeField(_("code"), max_length=16)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent"))

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"], name="region_code_unique", violation_error_code="unique", violation_error_message=_("This code is taken.")
            )
        ]
