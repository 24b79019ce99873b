"""Showing which part of a result matches."""

from __future__ import annotations

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.search.query import Query

_SHORTEST_WORD = 2


def marked(text: str, query: Query, part: str = "") -> SafeString:
    """`text` with the part that matches in `<mark>`: `part`, else the query's text or its digits, else each of its words."""
    for wanted in (part, query.text, query.digits, query.ending):
        if wanted and re.search(re.escape(wanted), text, re.IGNORECASE):
            return _with_marks(text, [wanted])
    words = [word for word in query.text.split() if len(word) >= _SHORTEST_WORD]
    return _with_marks(text, words) if len(words) > 1 else format_html("{}", text)


def _with_marks(text: str, parts: list[str]) -> SafeString:
    pieces = re.split(f"({'|'.join(re.escape(part) for part in parts)})", text, flags=re.IGNORECASE)
    # Every second piece is one that was looked for.
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", piece) if place % 2 else piece,) for place, piece in enumerate(pieces))
    )
