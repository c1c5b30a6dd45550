"""`python -m venues.paper`: the embedded paper exchange as a process."""

import sys

from venues.paper.process import main

sys.exit(main())
