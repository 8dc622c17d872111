import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import npm_packages  # noqa: E402
from servers import (  # noqa: E402, F401
    house, keys, pytest_runtest_makereport)


@pytest.fixture(scope="session")
def packages():
    try:
        return npm_packages.install()
    except npm_packages.Unreachable:
        pytest.skip("npm cannot be reached: no real agent was booted")


@pytest.fixture(params=npm_packages.CLAUDE_VERSIONS)
def claude(request, packages):
    """A claude CLI's executable, each test with each."""
    return npm_packages.claude_executable(packages, request.param)
