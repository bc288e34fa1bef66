"""`python -m artifix`."""

import sys

from artifix.cli.app import main

sys.exit(main())
