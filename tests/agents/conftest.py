import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from npm_packages import claude, packages  # noqa: E402, F401
from servers import (  # noqa: E402, F401
    house, keys, pytest_runtest_makereport)
