"""The kinds of jobs that this app carries out itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jobs.kinds import JobKind, register
from jobs.pages import url_of
from jobs.services import bulk_changes, exports


def register_kinds() -> None:
    """Called once, when Django is ready."""
    register(JobKind(code=exports.KIND, label=_("export"), page_url=url_of, single={exports.WORK: exports.run_export}))
    register(
        JobKind(
            code=bulk_changes.KIND,
            label=_("change of many rows"),
            page_url=url_of,
            run_chunk=bulk_changes.run_chunk,
            finish=bulk_changes.finish,
        )
    )
