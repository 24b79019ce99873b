"""The figures, each with its names and its measurement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench.access import ACCESS_FIGURES, measure_access
from bench.audit import measure_audit, measure_sealing
from bench.customer_import import CUSTOMER_IMPORT_FIGURES, measure_customer_import
from bench.export import EXPORT_FIGURES, measure_export
from bench.provisioning import measure_provisioning
from bench.reading import measure_reading
from bench.search import SEARCH_FIGURES, measure_search

Measurement = Callable[..., Iterator[dict[str, Any]]]

FIGURES: list[tuple[tuple[str, ...], Measurement]] = [
    (("xlsx_rows_per_second", "xlsx_peak_mb"), measure_reading),
    (("provision_vs_copy", "provision_vs_bare_copy", "undo_vs_apply", "save_loop_vs_pipeline"), measure_provisioning),
    (ACCESS_FIGURES, measure_access),
    (SEARCH_FIGURES, measure_search),
    (("audit_copy_ratio", "audit_update_ratio", "audit_save_ratio"), measure_audit),
    (("audit_seal_rows_per_second",), measure_sealing),
    (CUSTOMER_IMPORT_FIGURES, measure_customer_import),
    (EXPORT_FIGURES, measure_export),
]
