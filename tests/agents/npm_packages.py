"""The agents of package.json, installed once into the user's cache."""
import os
import pathlib
import platform
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or
                     pathlib.Path.home() / ".cache") / "agent-server-tests"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|"
                         r"ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|"
                         r"ERR_SOCKET_TIMEOUT|network request")
CLAUDE_VERSIONS = ("newest", "2.1.112")


class Unreachable(Exception):
    """npm's registry does not answer."""


def install():
    """node_modules with the agents, installed when they are not there."""
    wanted = (HERE / "package.json").read_text()
    installed = CACHE / "installed.json"
    if not (installed.exists() and installed.read_text() == wanted):
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", CACHE / "package.json")
        # Their install scripts are not needed: what they would link to is
        # called directly.
        npm = subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
             "--no-package-lock", "--loglevel=error"],
            cwd=CACHE, capture_output=True, text=True, timeout=900)
        if npm.returncode and UNREACHABLE.search(npm.stderr):
            raise Unreachable
        assert npm.returncode == 0, npm.stderr
        installed.write_text(wanted)
    return CACHE / "node_modules"


def architecture():
    return {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]


def native(packages, name, program):
    """The program of a platform's package, the one for older processors
    where that is needed."""
    path = packages / f"{name}-linux-{architecture()}"
    if architecture() == "x64" and \
            "avx2" not in pathlib.Path("/proc/cpuinfo").read_text():
        baseline = path.with_name(path.name + "-baseline")
        path = baseline if baseline.exists() else path
    return path / "bin" / program


def claude_executable(packages, version):
    """The native program of the newest CLI, or an older one's script."""
    if version == "newest":
        return packages / f"claude-newest-{architecture()}" / "claude"
    return packages / f"claude-{version}" / "cli.js"
