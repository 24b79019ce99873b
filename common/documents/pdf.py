"""Documents as PDF, by ReportLab with Noto Sans SC, of which each file carries the characters it uses.

Neither needs anything of the system: docs/adr/0019-pdf-by-reportlab.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any, BinaryIO, Final

from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, LongTable, PageTemplate, Paragraph, Spacer

from common.documents.parts import Document, Facts, Part, Section, Table

_REGULAR: Final = "NotoSansSC"
_BOLD: Final = "NotoSansSC-Bold"
_MARGIN: Final = 18 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_INK, _SOFT, _LINE, _GROUND = (HexColor(colour) for colour in ("#1f2733", "#5c677a", "#c3c9d3", "#f2f4f7"))
_MISSING: Final = "\N{GETA MARK}"
"""What printers set for a character that they have no type for."""
_WIDE: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_ROOM: Final = 30 * mm
"""A heading with less below it begins a page: a table kept together with its heading would leave the page before half empty."""
_NARROWEST: Final = 4
_WIDEST: Final = 40


def write_pdf(document: Document, file: BinaryIO) -> None:
    """Write `document` into `file`, with page numbers, an outline, its title and its language."""
    writer = _Writer(document)
    story: list[Flowable] = [writer.paragraph(document.title, "title"), writer.paragraph(document.subtitle, "subtitle")]
    for section in document.sections:
        story += writer.section(section)
    if writer.has_missing:
        note = _("%(mark)s stands for a character that this document has no type for.") % {"mark": _MISSING}
        story += [Spacer(0, 6), writer.paragraph(note, "note")]
    template = _Template(file, document, writer)
    template.build(story, canvasmaker=_NumberedCanvas)


@cache
def _characters() -> frozenset[int]:
    """Load the fonts, once a process, and say which characters they have."""
    folder = settings.BASE_DIR / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
    for name, path in ((_REGULAR, "400Regular/NotoSansSC_400Regular.ttf"), (_BOLD, "700Bold/NotoSansSC_700Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / path)))
    pdfmetrics.registerFontFamily(_REGULAR, normal=_REGULAR, bold=_BOLD, italic=_REGULAR, boldItalic=_BOLD)
    return frozenset(pdfmetrics.getFont(_REGULAR).face.charToGlyph)


class _Writer:
    """Makes what ReportLab sets from the parts of a document."""

    def __init__(self, document: Document) -> None:
        self._known = _characters()
        self._document = document
        self.has_missing = False
        plain = ParagraphStyle("plain", fontName=_REGULAR, fontSize=8.5, leading=12, textColor=_INK, splitLongWords=1)
        self._styles = {
            "plain": plain,
            "number": ParagraphStyle("number", plain, alignment=TA_RIGHT),
            "label": ParagraphStyle("label", plain, textColor=_SOFT),
            "heading": ParagraphStyle("heading", plain, fontName=_BOLD, fontSize=8),
            "heading-number": ParagraphStyle("heading-number", plain, fontName=_BOLD, fontSize=8, alignment=TA_RIGHT),
            "title": ParagraphStyle("title", plain, fontName=_BOLD, fontSize=17, leading=24),
            "subtitle": ParagraphStyle("subtitle", plain, textColor=_SOFT, spaceAfter=4),
            "section": ParagraphStyle("section", plain, fontName=_BOLD, fontSize=12, leading=16, spaceBefore=12, spaceAfter=4),
            "table": ParagraphStyle("table", plain, fontName=_BOLD, fontSize=9, spaceBefore=6, spaceAfter=2),
            "note": ParagraphStyle("note", plain, fontSize=7.5, leading=10, textColor=_SOFT, spaceBefore=2),
        }

    def text(self, value: object) -> str:
        """`value` as it can be set: what the fonts lack is marked, and control characters go."""
        found = []
        for character in str(value):
            if character in "\n\t" or ord(character) in self._known:
                found.append(character)
            elif character.isprintable():
                self.has_missing = True
                found.append(_MISSING)
        return "".join(found)

    def paragraph(self, value: object, style: str) -> Paragraph:
        """`value` as a paragraph; where it holds Chinese its lines may break between any two characters that allow it."""
        text = self.text(value)
        chosen = self._styles[style]
        if _WIDE.search(text):
            chosen = ParagraphStyle(f"{style}-wide", chosen, wordWrap="CJK")
        found = Paragraph(escape(text, quote=False).replace("\n", "<br/>"), chosen)
        found.outlined = text if style == "section" else ""
        return found

    def section(self, section: Section) -> list[Flowable]:
        """A chapter."""
        found: list[Flowable] = [CondPageBreak(_ROOM), self.paragraph(section.title, "section")]
        for part in section.parts:
            found += self._part(part)
        return found

    def _part(self, part: Part) -> list[Flowable]:
        if isinstance(part, Facts):
            rows = [[self.paragraph(label, "label"), self.paragraph(value or "—", "plain")] for label, value in part.rows]
            return [_table(rows, [_WIDTH * 0.26, _WIDTH * 0.74], headed=False)] if rows else []
        found: list[Flowable] = [CondPageBreak(_ROOM), self.paragraph(part.title, "table")] if part.title else []
        if part.rows:
            found.append(self._rows(part))
        else:
            found.append(self.paragraph(_("Nothing is entered."), "note"))
        return [*found, self.paragraph(part.note, "note")] if part.note else found

    def _rows(self, part: Table) -> LongTable:
        def styled(row: Sequence[object], plain: str, number: str) -> list[Paragraph]:
            return [self.paragraph(cell or "—", number if place in part.numeric else plain) for place, cell in enumerate(row)]

        lines = [styled(part.headings, "heading", "heading-number"), *(styled(row, "plain", "number") for row in part.rows)]
        return _table(lines, _widths([part.headings, *part.rows]), headed=True)


def _widths(rows: Sequence[Sequence[object]]) -> list[float]:
    """How wide the columns are, by the longest text of each within limits; Chinese takes two places a character."""
    columns = zip(*rows, strict=True)
    wanted = [min(max(max(map(_places, column)), _NARROWEST), _WIDEST) + 2 for column in columns]
    return [_WIDTH * one / sum(wanted) for one in wanted]


def _places(value: object) -> int:
    text = str(value)
    return len(text) + len(_WIDE.findall(text))


def _table(rows: Sequence[Sequence[Paragraph]], widths: Sequence[float], *, headed: bool) -> LongTable:
    """Headings are set again on every page; a row that is higher than a page goes on on the next."""
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
    if headed:
        style.append(("BACKGROUND", (0, 0), (-1, 0), _GROUND))
    return LongTable(rows, colWidths=widths, repeatRows=1 if headed else 0, style=style, splitInRow=1, hAlign="LEFT")


class _Template(BaseDocTemplate):  # type: ignore[misc]  # the package has no types
    """A4 pages with the document's foot; chapters are entered in the outline."""

    def __init__(self, file: BinaryIO, document: Document, writer: _Writer) -> None:
        super().__init__(file, pagesize=A4, title=document.title, subject=document.subtitle, author=document.foot, lang=document.language)
        self._foot = writer.text(document.foot)
        frame = Frame(_MARGIN, _MARGIN, _WIDTH, A4[1] - 2 * _MARGIN, 0, 0, 0, 0)
        self.addPageTemplates([PageTemplate("page", [frame], onPage=self._draw_foot)])

    def _draw_foot(self, canvas: Any, _document: Any) -> None:
        canvas.setFont(_REGULAR, 7.5)
        canvas.setFillColor(_SOFT)
        canvas.drawString(_MARGIN, 10 * mm, self._foot)

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  (the name is ReportLab's)
        """Enter a chapter in the outline."""
        if title := getattr(flowable, "outlined", ""):
            key = f"chapter-{self.page}-{title}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(title, key)


class _NumberedCanvas(Canvas):  # type: ignore[misc]  # the package has no types
    """Knows how many pages there are when it writes their numbers: pages are kept until the last is done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  (the name is ReportLab's)
        """Keep the page."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages with their numbers."""
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont(_REGULAR, 7.5)
            self.setFillColor(_SOFT)
            self.drawRightString(A4[0] - _MARGIN, 10 * mm, f"{number} / {len(self._pages)}")
            super().showPage()
        super().save()
