"""The web process sets aside what its start made."""

import subprocess
import sys


def test_the_start_of_the_web_process_is_out_of_garbage_collection() -> None:
    """Nearly all that stands after the start is frozen, the views included: a full collection has nothing of it to look at."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import crm_site.wsgi, gc, sys; print(gc.get_freeze_count(), len(gc.get_objects()), 'customers.views.lists' in sys.modules)",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert int(told[0]) > 100_000 > 20 * int(told[1]), told
    assert told[2] == "True"
