"""`python -m contract_tests` is `contract-tests`."""

import sys

from contract_tests.cli import main

sys.exit(main())
