"""Links inside the documents lead somewhere."""

from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import PAGES, ROOT, anchors_of, links_of


@pytest.mark.parametrize("document", PAGES)
def test_links_resolve(document):
    for link in links_of(document):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https", f"{document}: {link}"
            continue
        target = (ROOT / document).parent / unquote(parts.path) if parts.path else ROOT / document
        assert target.exists(), f"{document}: {link} leads nowhere"
        if parts.fragment:
            name = target.resolve().relative_to(ROOT).as_posix()
            assert unquote(parts.fragment) in anchors_of(name), f"{document}: {link} has no such heading"


def test_every_page_is_linked_from_another():
    found = {
        ((ROOT / page).parent / urlsplit(link).path).resolve()
        for page in PAGES
        for link in links_of(page)
        if not urlsplit(link).scheme and urlsplit(link).path
    }
    assert {page for page in PAGES if (ROOT / page).resolve() not in found} <= {"README.md"}
