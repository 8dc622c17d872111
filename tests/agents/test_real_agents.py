"""Real coding agents from npm: a session opens in each."""
import shutil
import time

from npm_packages import native


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
