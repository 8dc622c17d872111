# Fixtures, and the hook that lets them show a failed test's logs.
from servers import (  # noqa: F401
    ca, house, keys, pytest_runtest_makereport, ready)
