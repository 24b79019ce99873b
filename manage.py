#!/usr/bin/env python
"""Django's command line; with no database configured it uses the embedded servers under `var/`."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Attach to or start the embedded servers where none are configured, then run the command, under the database role that it needs.

    What is wrong with the environment or the servers is said in one line.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    from crm_site.embedded import EmbeddedServerError, provide_servers
    from crm_site.embedded.database_roles import part_of_command
    from crm_site.environment import WrongEnvironment, read_environment

    try:
        with provide_servers(part=part_of_command(sys.argv)):
            read_environment(Path(__file__).resolve().parent)

            from django.core.management import execute_from_command_line

            from common.change_context import change_of_process

            change_of_process(command=" ".join(sys.argv[1:2]))

            execute_from_command_line(sys.argv)
    except (EmbeddedServerError, WrongEnvironment) as error:
        sys.exit(f"manage.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
