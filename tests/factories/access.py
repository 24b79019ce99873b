"""Users, org units and role assignments."""

import factory
from factory.django import DjangoModelFactory

from access.models import OrgUnit, RoleAssignment, UnitLevel, User
from access.services.org_units import save_org_unit

PASSWORD = "a long and quiet password"


class OrgUnitFactory(DjangoModelFactory):
    """A unit; `parent` places it in the tree."""

    class Meta:
        model = OrgUnit
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"U{n}")
    level = UnitLevel.TEAM
    name_en = factory.LazyAttribute(lambda unit: f"Unit {unit.code}")
    name_zh = factory.LazyAttribute(lambda unit: f"单位{unit.code}")
    parent = None

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return OrgUnit.objects.filter(code=kwargs["code"]).first() or save_org_unit(OrgUnit(**kwargs))


class UserFactory(DjangoModelFactory):
    """A user with `PASSWORD`."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"员工{n}")
    org_unit = factory.SubFactory(OrgUnitFactory)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        password = kwargs.pop("password", PASSWORD)
        return User.objects.create_user(password=password, **kwargs)


class RoleAssignmentFactory(DjangoModelFactory):
    """A user's role in a unit."""

    class Meta:
        model = RoleAssignment
