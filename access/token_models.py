"""The tokens by which other systems act for a person over the API."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.db import CodeField
from common.tracking import untracked


@untracked("That it was made and revoked are audit events; the day of its last use is nothing that anybody changed.")
class ApiToken(models.Model):
    """A token of a person. Of the token itself only `digest` is kept, the SHA-256 of its secret in hexadecimal; `prefix` finds it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=64)
    prefix = CodeField(_("begins with"), max_length=8)
    digest = CodeField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_on = models.DateField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ("-id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=["prefix"], name="api_token_prefix_unique")]

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}_…)"

    @property
    def beginning(self) -> str:
        """How the token itself begins: what a person can tell it by."""
        return f"crm_{self.prefix}"

    @property
    def is_open(self) -> bool:
        """Whether it still lets anybody in, as far as the token itself goes."""
        return self.revoked_at is None and self.expires_at > timezone.now()
