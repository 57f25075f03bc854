"""`python -m kudos`."""

import sys

from kudos.command_line import main

if __name__ == "__main__":
    sys.exit(main())
