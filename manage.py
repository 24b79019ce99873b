#!/usr/bin/env python
"""Django's command line; with no database configured it uses the embedded servers under `var/`."""

import os
import sys


def main() -> None:
    """Attach to or start the embedded servers where none are configured, then run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    from crm_site.embedded import provide_servers

    with provide_servers():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
