"""The people at the customers."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.placing import INHERITED, PlacedAsCustomer, scope_indexes
from common.db import CodeField, TimestampedModel
from common.encrypted_fields import EncryptedField, KeyedHashField
from common.tracking import tracked
from common.version_triggers import versioned
from customers.latin import latin_index
from customers.models.customer import Customer
from customers.people_names import grams_of_people
from customers.querysets import ContactPersonQuerySet


class ContactRole(models.TextChoices):
    """The part a contact person plays in a decision."""

    DECISION = "decision", _("decision maker")
    INFLUENCER = "influencer", _("influencer")
    USER = "user", pgettext_lazy("contact role", "user")
    FINANCE = "finance", pgettext_lazy("contact role", "finance")
    TECHNICAL = "technical", _("technical")


class Attitude(models.TextChoices):
    """How a contact person stands to us."""

    CHAMPION = "champion", _("speaks for us")
    FRIENDLY = "friendly", _("friendly")
    NEUTRAL = "neutral", _("neutral")
    SCEPTICAL = "sceptical", _("sceptical")
    OPPOSED = "opposed", _("opposed")


class Influence(models.IntegerChoices):
    """How much a contact person's word weighs at the customer; the most first."""

    HIGH = 1, pgettext_lazy("influence", "high")
    MEDIUM = 2, pgettext_lazy("influence", "medium")
    LOW = 3, pgettext_lazy("influence", "low")


class CertificateType(models.TextChoices):
    """The papers by which a person is known."""

    ID_CARD = "id_card", _("identity card")
    PASSPORT = "passport", _("passport")
    MAINLAND_PERMIT = "mainland_permit", _("mainland travel permit")
    RESIDENCE_PERMIT = "residence_permit", _("residence permit")
    OTHER = "other", _("other certificate")


@versioned(exclude=INHERITED)
@tracked(exclude=("id_number", *INHERITED), compared=True, told_of=("customer",))
class ContactPerson(PlacedAsCustomer, TimestampedModel):
    """A person at a customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_people", verbose_name=_("customer"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=64)
    title = models.CharField(pgettext_lazy("person", "title"), max_length=64, blank=True)
    role = models.CharField(_("role"), max_length=12, choices=ContactRole, default=ContactRole.USER)
    phone = CodeField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    id_type = models.CharField(_("certificate type"), max_length=20, choices=CertificateType, blank=True, db_default="")
    id_number = EncryptedField(_("ID number"), context="customers.contactperson.id_number", max_length=40)
    id_number_hash = KeyedHashField(_("ID number (fingerprint)"), of="id_number")
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    preferences = models.CharField(_("preferences"), max_length=200, blank=True)
    reports_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports", verbose_name=_("reports to"))
    attitude = models.CharField(_("attitude"), max_length=10, choices=Attitude, blank=True, db_default="")
    influence = models.PositiveSmallIntegerField(_("influence"), choices=Influence, null=True, blank=True)
    is_key_person = models.BooleanField(_("key person"), default=False)
    do_not_contact = models.BooleanField(_("do not contact"), default=False)

    objects = ContactPersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact person")
        verbose_name_plural = _("contact persons")
        ordering = ("-is_key_person", "name", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(reports_to=F("id")),
                name="contact_person_not_own_superior",
                violation_error_message=_("Nobody reports to the own person."),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "name"], name="contact_person_customer"),
            models.Index(fields=["name", "id"], name="contact_person_name"),
            *scope_indexes("contact_person", INHERITED, "name", "id"),
            models.Index(fields=["id_number_hash"], name="contact_person_id_number", condition=~Q(id_number_hash="")),
            GinIndex(grams_of_people(), name="contact_person_names"),
            latin_index("contact_person_latin_names", "name", "title"),
            models.Index(fields=["phone"], name="contact_person_phone", condition=~Q(phone="")),
        ]

    def __str__(self) -> str:
        return self.name
