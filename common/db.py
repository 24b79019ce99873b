"""Field and model helpers that every app's models share. No concrete model lives here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
else:
    _CharField = models.CharField  # not subscriptable at run time


class CodeField(_CharField):
    """A short identifier compared byte by byte.

    The "C" collation makes ordinary b-tree indexes serve prefix searches and range scans; uniqueness is declared as a
    `UniqueConstraint`, because `unique=True` would add a second, `varchar_pattern_ops` index that doubles the cost of a bulk load.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)


class TimestampedModel(models.Model):
    """Creation and last-change moments. `updated_at` is also the row's version: every write sets it."""

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


class BilingualModel(models.Model):
    """A catalogue entry that carries its English and its Chinese name."""

    name_en = models.CharField(_("English name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the language of the current request."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en
