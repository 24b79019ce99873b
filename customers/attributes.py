"""Values of the attributes that administrators define: checked, read from text, written as text.

`Customer.attributes` holds by key what JSON can say: a text, a number, a day as 2026-03-01, true or false, the code of a choice, or a list
of such codes. What is empty has no key.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils.dateparse import parse_date
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from customers.models import AttributeChoice, AttributeDefinition, AttributeKind

PREFIX: Final = "attribute_"
"""What stands before the key where an attribute is a field among others: in forms, columns, filters and addresses."""
LONGEST_TEXT: Final = 500
_LARGEST: Final = Decimal(10) ** 12
_PLACES: Final = 4
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2999
_BETWEEN: Final = re.compile(r"[;；,，、|\n]")
_YES: Final = frozenset({"yes", "y", "true", "1", "是"})
_NO: Final = frozenset({"no", "n", "false", "0", "否"})


def definitions_in_use() -> list[AttributeDefinition]:
    """The attributes that are in use, in order, with their choices. Two queries, one where there are none."""
    choices = Prefetch("choices", AttributeChoice.objects.order_by("position", "code"))
    return list(AttributeDefinition.objects.filter(is_active=True).prefetch_related(choices).order_by("position", "key"))


# --- checking --------------------------------------------------------------------------------------------------------------------------


def clean_attributes(
    values: Mapping[str, Any],
    definitions: Sequence[AttributeDefinition],
    *,
    present: Mapping[str, Any] | None = None,
    whole: bool = False,
) -> dict[str, Any]:
    """Check `values` by key and bring them into the form in which they are kept; None for one that is empty.

    Arguments:
        values: what is to be written: Python's own types, or those of JSON.
        definitions: of the attributes that may be written, with their choices (`definitions_in_use`).
        present: what is kept already; a choice that was retired meanwhile may stay.
        whole: nothing else is kept, so that each required attribute must be among `values`.

    Raises ValidationError with the errors by key.
    """
    known = {definition.key: definition for definition in definitions}
    errors: dict[str, list[str]] = {key: [_("There is no such attribute.")] for key in values if key not in known}
    cleaned: dict[str, Any] = {}
    for key, definition in known.items():
        if key not in values and not (whole and definition.is_required):
            continue
        try:
            cleaned[key] = _clean(definition, values.get(key), (present or {}).get(key))
            if cleaned[key] is None and definition.is_required:
                raise ValidationError(_("This field is required."))
        except ValidationError as error:
            errors[key] = error.messages
    if errors:
        raise ValidationError(errors)
    return cleaned


def merged(present: Mapping[str, Any], cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept after writing `cleaned` over `present`; attributes that nobody mentions stay."""
    return {key: value for key, value in {**present, **cleaned}.items() if value is not None}


def _clean(definition: AttributeDefinition, value: Any, present: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "" or value == []:
        return None
    match definition.kind:
        case AttributeKind.TEXT:
            return _clean_text(value)
        case AttributeKind.NUMBER:
            return _clean_number(value)
        case AttributeKind.DATE:
            return _clean_date(value)
        case AttributeKind.YES_NO:
            if not isinstance(value, bool):
                raise ValidationError(_("Say yes or no."))
            return value
        case AttributeKind.CHOICE:
            return _clean_codes(definition, [value], [present])[0]
    return _clean_codes(definition, value, present if isinstance(present, list) else [])


def _clean_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("This is no text."))
    if len(value) > LONGEST_TEXT or "\x00" in value:
        raise ValidationError(_("Use at most %(most)d characters.") % {"most": LONGEST_TEXT})
    return value


def _clean_number(value: Any) -> int | float:
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValidationError(_("This is no number.")) from error
    if not number.is_finite() or abs(number) >= _LARGEST or round(number, _PLACES) != number:
        raise ValidationError(_("Use a number of at most 12 digits before the point and 4 behind it."))
    return int(number) if number == number.to_integral_value() else float(number)


def _clean_date(value: Any) -> str:
    try:
        day = value if isinstance(value, datetime.date) else parse_date(str(value))
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValidationError(_("This is no day. Write it as 2026-03-01."))
    return f"{day:%Y-%m-%d}"


def offered_choices(definition: AttributeDefinition, present: Iterable[Any]) -> list[tuple[str, str]]:
    """Code and label of the choices that can be made where `present` is kept: those on offer, and those kept."""
    kept = {code for code in present if isinstance(code, str)}
    choices = list(definition.choices.all())
    offered = [(choice.code, choice.label) for choice in choices if choice.is_active or choice.code in kept]
    return offered + [(code, code) for code in sorted(kept - {choice.code for choice in choices})]


def _clean_codes(definition: AttributeDefinition, value: Any, present: Iterable[Any]) -> list[str]:
    """The codes in the order of the choices. What is kept may stay, though it was retired or deleted meanwhile."""
    if not isinstance(value, list | tuple | set) or not all(isinstance(code, str) for code in value):
        raise ValidationError(_("Choose from the list."))
    offered = [code for code, _label in offered_choices(definition, present)]
    if unknown := sorted(set(value) - set(offered)):
        raise ValidationError(_("“%(value)s” is not in the list.") % {"value": unknown[0]})
    return [code for code in offered if code in value]


# --- text ------------------------------------------------------------------------------------------------------------------------------


def value_from_text(definition: AttributeDefinition, text: str) -> Any:
    """The value that `text`, a cell of a file, means, for `clean_attributes`; what it cannot read stays text and is refused there.

    Choices go by their code or by either of their names, several of them apart by commas, semicolons or bars.
    """
    text = text.strip()
    match definition.kind:
        case AttributeKind.YES_NO:
            word = text.casefold()
            return True if word in _YES else False if word in _NO else text or None
        case AttributeKind.NUMBER:
            return text.replace(",", "").replace("，", "")
        case AttributeKind.DATE:
            return re.sub(r"^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?$", r"\1-\2-\3", text.partition(" ")[0])
        case AttributeKind.CHOICE:
            return _codes_by_word(definition).get(text.casefold(), text)
        case AttributeKind.CHOICES:
            words = [word.strip() for word in _BETWEEN.split(text) if word.strip()]
            return [_codes_by_word(definition).get(word.casefold(), word) for word in words]
    return text


def _codes_by_word(definition: AttributeDefinition) -> dict[str, str]:
    choices = list(definition.choices.all())
    names = {name.casefold(): choice.code for choice in choices for name in (choice.name_en, choice.name_zh)}
    return names | {choice.code.casefold(): choice.code for choice in choices}


def value_as_text(definition: AttributeDefinition, value: Any) -> str:
    """`value` as people read it, in the language of the request; empty for nothing. What does not fit the kind is written as it is."""
    if value is None or value == "":
        return ""
    if definition.has_choices:
        labels = {choice.code: choice.label for choice in definition.choices.all()}
        codes = value if isinstance(value, list) else [value]
        return _(", ").join(labels.get(str(code), str(code)) for code in codes)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return str(number_format(value, use_l10n=True, force_grouping=True))
    return str(value)


def value_for_file(definition: AttributeDefinition, value: Any) -> Any:
    """`value` for a cell of a file: a number stays one, a day becomes a date."""
    if definition.kind == AttributeKind.NUMBER and isinstance(value, int | float):
        return value
    if definition.kind == AttributeKind.DATE and isinstance(value, str):
        return parse_date(value) or value
    return value_as_text(definition, value)
