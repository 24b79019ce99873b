"""`make bench`: prints one JSON object a line. `ONLY=name,name` picks figures, `SIZE=full` takes the large size."""

from __future__ import annotations

import json
import os
import sys


def main() -> int:
    """Prepare a database of its own, measure, and drop it. Returns 1 when a goal was missed."""
    from crm_site.embedded import provide_servers

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    with provide_servers():
        import django

        django.setup()
        from bench.database import own_database
        from common.memory import set_start_aside

        set_start_aside()  # as a web process does
        from bench.figures import FIGURES

        wanted = [name for name in os.environ.get("ONLY", "").split(",") if name]
        unknown = sorted(set(wanted) - {name for names, _ in FIGURES for name in names})
        if unknown:
            print(f"There is no figure named {', '.join(unknown)}.", file=sys.stderr)
            return 2
        missed = False
        for names, measure in FIGURES:
            chosen = [name for name in names if not wanted or name in wanted]
            if not chosen:
                continue
            with own_database():
                for figure in measure(full=os.environ.get("SIZE") == "full"):
                    if figure["figure"] in chosen:
                        print(json.dumps(figure), flush=True)
                        missed = missed or figure.get("met") is False
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
