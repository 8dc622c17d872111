"""Real coding agents from npm: a session opens in each."""
import os
import pathlib
import platform
import re
import shutil
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or
                     pathlib.Path.home() / ".cache") / "agent-server-tests"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|"
                         r"ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|"
                         r"ERR_SOCKET_TIMEOUT|network request")


@pytest.fixture(scope="session")
def packages():
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
            pytest.skip("npm cannot be reached: no real agent was booted")
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


def boot(house, agent, **env):
    plane = house.plane()
    plane.task["description"] = ""  # no model could answer
    server = house.start(plane=plane, agent=agent, env={
        "IS_SANDBOX": "1", "POSTHOG_CODE_MODEL": "claude-sonnet-4-6", **env})
    server.wait_listening()
    until = time.monotonic() + 150
    while not server.health("?wait=hasSession&timeout=30",
                            timeout=45)["hasSession"]:
        assert server.process.poll() is None, server.log
        assert time.monotonic() < until, server.log
    plane.wait_for(lambda p: p.statuses == ["in_progress"])
    plane.wait_for(lambda p: p.entries_of("_posthog/run_started"))
    assert server.terminate(3) == 0
    house.assert_no_orphans()


def test_claude_agent_acp(house, packages):
    script = packages / \
        "@agentclientprotocol/claude-agent-acp/dist/index.js"
    boot(house, f"{shutil.which('node')} {script}")


def test_codex_acp(house, packages):
    program = native(packages, "@zed-industries/codex-acp", "codex-acp")
    boot(house, None, POSTHOG_CODE_RUNTIME_ADAPTER="codex",
         POSTHOG_CODE_MODEL="gpt-5.4",
         PATH=f"{program.parent}:/usr/bin:/bin")


def test_opencode(house, packages):
    program = native(packages, "opencode", "opencode")
    boot(house, f"{program} acp")
