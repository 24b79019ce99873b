"""Attributes of customers that administrators define. Their values stand in `Customer.attributes`, by key."""

from __future__ import annotations

from typing import ClassVar, Final

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from common.db import BilingualModel, CodeField
from common.tracking import tracked

KEY_LENGTH: Final = 40


class AttributeKind(models.TextChoices):
    """What an attribute holds."""

    TEXT = "text", _("text")
    NUMBER = "number", _("number")
    DATE = "date", _("date")
    YES_NO = "yes_no", _("yes or no")
    CHOICE = "choice", _("one of a list")
    CHOICES = "choices", _("several of a list")


@tracked()
class AttributeDefinition(BilingualModel):
    """An attribute beyond those that every customer has.

    Key and kind stay for good: values are kept under the key. Values outlive their definition; one that is entered again shows them again.
    """

    key = CodeField(
        _("key"),
        max_length=KEY_LENGTH,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", _("Begin with a small letter; then small letters, digits and _."))],
        help_text=_("The name in imports and in the API; it stays for good."),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=AttributeKind, help_text=_("It stays for good."))
    help_en = models.CharField(_("English help"), max_length=200, blank=True)
    help_zh = models.CharField(_("Chinese help"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    is_required = models.BooleanField(_("required"), default=False)
    is_active = models.BooleanField(_("in use"), default=True, help_text=_("Out of use, it is shown nowhere; its values are kept."))
    is_filter = models.BooleanField(_("filter"), default=True, help_text=_("The list of customers can be filtered by it."))
    is_column = models.BooleanField(
        _("column"), default=False, help_text=_("The list of customers shows it from the start; any other can be chosen there.")
    )

    class Meta:
        verbose_name = _("attribute of customers")
        verbose_name_plural = _("attributes of customers")
        ordering = ("position", "key")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"],
                name="attribute_definition_key_unique",
                violation_error_code="unique",
                violation_error_message=_("This key is taken."),
            )
        ]

    @property
    def help_text(self) -> str:
        """What the form says about it, in the language of the request."""
        return self.help_zh if (get_language() or "").startswith("zh") else self.help_en

    @property
    def has_choices(self) -> bool:
        """Whether its values come from a list."""
        return self.kind in (AttributeKind.CHOICE, AttributeKind.CHOICES)


@tracked()
class AttributeChoice(BilingualModel):
    """One value of an attribute with a list. One that is retired stays where it is and is offered no more."""

    definition = models.ForeignKey(AttributeDefinition, models.CASCADE, related_name="choices", verbose_name=_("attribute"))
    code = CodeField(
        _("code"), max_length=24, validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9_-]*$", _("Use letters, digits, hyphens and _."))]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        ordering = ("position", "code")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["definition", "code"],
                name="attribute_choice_code_unique",
                violation_error_code="unique",
                violation_error_message=_("This code is taken."),
            )
        ]
