"""The timeline of a customer: what happened to it, the newest first, told by every app that knows something.

An app registers kinds, by which people filter, and sources of them in `AppConfig.ready`; `read_page` merges the sources.
"""

from customers.timeline.reading import Page, TimelineEntry, read_page
from customers.timeline.registry import Detail, Entry, TimelineKind, TimelineSource, register_kind, register_source

__all__ = [
    "Detail",
    "Entry",
    "Page",
    "TimelineEntry",
    "TimelineKind",
    "TimelineSource",
    "read_page",
    "register_kind",
    "register_source",
]
