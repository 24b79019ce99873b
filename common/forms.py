"""How forms are rendered: Django's form renderer with this project's templates."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Renders `{{ form }}` and `{{ field.as_field_group }}` in the look of the pages."""

    form_template_name = "components/_form_fields.html"
    field_template_name = "components/_field.html"
