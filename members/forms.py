"""Forms of members. They validate as the batch check does; the service writes."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.models import User
from common.lost_updates import TECHNICAL, TellsOfChanges
from common.versions import version_of
from customers.forms import ServiceForm
from members.models import Member
from members.reading.normalise import CONTROL, clean_text, normalise_short_number
from members.services.members import change_member


class MemberForm(TellsOfChanges, ServiceForm, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What is kept of one member beside the number itself."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Member
        fields: ClassVar = ("holder_name", "department", "employee_no", "short_number", "pay_mode", "state")
        help_texts: ClassVar = {"short_number": gettext_lazy("3 to 6 digits that begin with 61 to 69; unique in the group.")}

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.initial["version"] = version_of(self.instance)

    def clean_holder_name(self) -> str:
        """Without control characters."""
        return self._text("holder_name", 64)

    def clean_department(self) -> str:
        """Without control characters."""
        return self._text("department", 64)

    def clean_employee_no(self) -> str:
        """Without control characters."""
        return self._text("employee_no", 32)

    def _text(self, name: str, limit: int) -> str:
        text, fault = clean_text(self.cleaned_data[name], limit)
        if fault == CONTROL:
            raise ValidationError(_("This holds characters that cannot be shown. Type it again."))
        return text or ""

    def clean_short_number(self) -> str:
        """Of the number plan's shape; full-width digits are taken for what they mean."""
        short, fault = normalise_short_number(self.cleaned_data["short_number"])
        if fault:
            raise ValidationError(_("A short number has 3 to 6 digits and begins with 61 to 69."))
        return short or ""

    def _post_clean(self) -> None:
        # The instance stays as read: the service takes the values and locks the row itself.
        return

    def written(self) -> bool:
        """Whether the form is valid and was written; if not, its errors say why."""
        if not self.is_valid():
            return False
        try:
            self.write()
        except ValidationError as error:
            self.refuse(error)
            return False
        return True

    def write(self) -> Member:
        """Hand the valid form to the service. Raises ValidationError where that refuses."""
        values = {name: value for name, value in self.cleaned_data.items() if name not in TECHNICAL}
        return change_member(member_id=self.instance.pk, values=values, seen=self.cleaned_data["version"], actor=self.actor)

    def opened_on(self, row: Any) -> MemberForm:
        """For the same person."""
        return MemberForm(instance=row, actor=self.actor)
