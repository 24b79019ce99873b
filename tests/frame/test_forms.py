"""How forms are rendered: labels, help, errors at the field and in a summary."""

from django import forms

from common.templatetags.frame import tone


class Example(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the licence")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")])
    sure = forms.BooleanField(label="Sure", required=False)
    ways = forms.MultipleChoiceField(label="Ways", choices=[("x", "X")], widget=forms.CheckboxSelectMultiple, required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self):
        raise forms.ValidationError("Does not fit together")


def test_blank_form():
    page = str(Example())
    assert '<label class="form-label required" for="id_name">Name</label>' in page
    assert 'class="form-select"' in page
    assert 'aria-describedby="id_name_helptext"' in page
    assert 'id="id_name_helptext"' in page
    assert "error-summary" not in page
    assert "<legend" in page


def test_errors_stand_at_the_field_and_in_the_summary():
    page = str(Example({"kind": "b", "token": "1"}))
    assert 'role="alert"' in page
    assert '<a href="#id_name">Name</a>' in page
    assert 'id="id_name_error"' in page
    assert "is-invalid" in page
    assert 'aria-invalid="true"' in page
    assert "Does not fit together" in page


def test_tone_of_states():
    assert [tone(value) for value in ("done", "failed", "running", "warned", "anything")] == ["ok", "bad", "run", "warn", "idle"]
