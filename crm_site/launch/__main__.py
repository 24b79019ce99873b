"""`python -m crm_site.launch`: what `make run` becomes once the machine is prepared."""

import sys

from crm_site.launch.run import main

sys.exit(main())
