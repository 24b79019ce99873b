"""The catalogues hold every string, translated."""

from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from common import catalogues

UNITS = catalogues.units_of(settings.BASE_DIR)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_catalogue_is_complete(unit):
    assert catalogues.problems_of(unit, settings.BASE_DIR) == []


def test_one_text_has_one_translation():
    assert catalogues.contradictions(settings.BASE_DIR) == []


def test_our_words_win_over_those_of_packages():
    with translation.override("zh-hans"):
        assert gettext("Home") == "工作台"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "apps.py").write_text("")
    (tmp_path / "shop" / "views.py").write_text('a = _("Hello %(name)s")\nb = pgettext("time", "May")\nc = ngettext("one", "many", 2)\n')
    (tmp_path / "templates" / "shop").mkdir(parents=True)
    template = (
        '{% load i18n %}\n  <p>\n{% translate "Bye" %}</p>\n'
        "    {% blocktranslate trimmed with n=a.b %}\n      Much   {{ n }}\n    {% endblocktranslate %}"
    )
    (tmp_path / "templates" / "shop" / "page.html").write_text(template)
    return tmp_path


def shop(project: Path) -> catalogues.Unit:
    return next(unit for unit in catalogues.units_of(project) if unit.name == "shop")


def update(project: Path, **options) -> None:
    unit = shop(project)
    catalog = catalogues.updated(catalogues.read_catalogue(unit.path), catalogues.extract_from(unit, project), {}, **options)
    catalogues.write_catalogue(catalog, unit.path)


def test_strings_of_python_and_templates_are_found(project):
    found = {(message.context, message.id) for message in catalogues.extract_from(shop(project), project) if message.id}
    assert found == {(None, "Hello %(name)s"), ("time", "May"), (None, ("one", "many")), (None, "Bye"), (None, "Much   %(n)s")}


def test_update_keeps_translations_and_check_tells_the_rest(project):
    update(project)
    path = shop(project).path
    path.write_text(path.read_text().replace('msgid "Bye"\nmsgstr ""', 'msgid "Bye"\nmsgstr "再见"'))
    update(project)
    assert '"再见"' in path.read_text()
    problems = catalogues.problems_of(shop(project), project)
    assert len(problems) == 4
    assert all("untranslated" in problem for problem in problems)


def test_string_that_is_gone_stays_obsolete_until_pruned(project):
    update(project)
    path = shop(project).path
    path.write_text(path.read_text().replace('msgid "Bye"\nmsgstr ""', 'msgid "Bye"\nmsgstr "再见"'))
    (project / "templates" / "shop" / "page.html").write_text("")
    assert any("obsolete" in problem for problem in catalogues.problems_of(shop(project), project))
    update(project)
    assert '#~ msgid "Bye"' in path.read_text()
    update(project, prune=True)
    assert "Bye" not in path.read_text()


def test_wrong_placeholder_is_found(project):
    update(project)
    path = shop(project).path
    path.write_text(path.read_text().replace('msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "您好 %(nmae)s"'))
    assert any("placeholders" in problem for problem in catalogues.problems_of(shop(project), project))


def test_compiled_catalogue_speaks(project):
    update(project)
    unit = shop(project)
    unit.path.write_text(unit.path.read_text().replace('msgid "Bye"\nmsgstr ""', 'msgid "Bye"\nmsgstr "再见"'))
    compiled = catalogues.compile_catalogue(unit)
    assert compiled is not None
    with compiled.open("rb") as file:
        assert GNUTranslations(file).gettext("Bye") == "再见"
    assert [path.name for path in compiled.parent.iterdir() if path.suffix not in {".po", ".mo"}] == []
