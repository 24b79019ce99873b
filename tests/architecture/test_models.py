"""No model's relation points to an app above its own: a string foreign key would pass the import linter."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

LAYERS = ["common", "access", "jobs", "workflow", "customers", "products", "members"]
PAIRS = [
    (field, field.remote_field.model)
    for label in LAYERS
    for model in apps.get_app_config(label).get_models()
    for field in model._meta.get_fields()
    if field.concrete and field.remote_field is not None
]


@pytest.mark.parametrize(("field", "target"), PAIRS, ids=str)
def test_relations_point_downward(field, target):
    own, other = field.model._meta.app_label, target._meta.app_label
    assert other not in LAYERS or LAYERS.index(other) <= LAYERS.index(own), f"{field} points up to {other}"


def test_there_is_something_to_look_at():
    assert len(PAIRS) > 30


def test_every_app_of_the_project_has_its_layer():
    own = {config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}
    assert own == set(LAYERS)
