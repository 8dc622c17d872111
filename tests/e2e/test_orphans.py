"""Whatever ends first, nothing is left behind."""
import os
import signal
import time

import processes
import pytest
from servers import PINNED
from fakes.http_fake import Hang

PHASES = ["context", "initialize", "repository", "catalogue",
          "session_create", "ready", "first_turn"]


def start_in(house, tmp_path, phase, **script):
    """A server that has reached a phase of its life and stays there."""
    plane, gateway = house.plane(), house.gateway()
    env, args = dict(PINNED), {}
    script.setdefault("grandchildren", 1)
    if phase == "context":
        plane.always["GET run"] = Hang()
    elif phase == "initialize":
        script["at"] = {"initialize": "hang"}
    elif phase == "repository":
        args["--repoReadyFile"] = str(tmp_path / "never")
    elif phase == "catalogue":
        env = {}
        gateway.always["GET models"] = Hang()
    elif phase == "session_create":
        script["at"] = {"session/new": "hang"}
    elif phase == "first_turn":
        script["turn"] = [{"chunk": "x"}, {"wait_cancel": True}]
    agent = house.agent(**script)
    server = house.start(plane=plane, gateway=gateway, agent=agent, env=env,
                         args=args)
    server.wait_listening()
    agent.wait_for("initialize")
    if phase == "context":
        plane.wait_for_kind("GET run")
    elif phase == "catalogue":
        agent.wait_for("session/new")
        gateway.wait_for_kind("GET models")
    elif phase == "session_create":
        agent.wait_for("session/new")
    elif phase == "ready":
        server.wait_ready()
        plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    elif phase == "first_turn":
        agent.wait_for("session/prompt")
    processes.wait_until(lambda: agent.of("grandchild"), 5, "grandchild")
    return server


def the_agents(server):
    return [e["pid"] for e in server.agent.record
            if e["event"] in ("started", "grandchild")]


def assert_gone(server, within):
    until = time.monotonic() + within
    while any(processes.is_alive(pid) for pid in the_agents(server)):
        assert time.monotonic() < until, [
            processes.command_line(pid) for pid in the_agents(server)
            if processes.is_alive(pid)]
        time.sleep(0.01)


@pytest.mark.parametrize("phase", PHASES)
def test_sigterm_ends_everything_within_2_s(house, tmp_path, phase):
    server = start_in(house, tmp_path, phase)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_exit(3) == 0
    assert time.monotonic() - began < 2
    assert_gone(server, 1)
    house.assert_no_orphans(1)


@pytest.mark.parametrize("phase", PHASES)
def test_kill_9_leaves_no_orphan(house, tmp_path, phase):
    server = start_in(house, tmp_path, phase)
    server.process.kill()
    server.wait_exit()
    assert_gone(server, 4)
    house.assert_no_orphans(1)


@pytest.mark.parametrize("phase", ["initialize", "first_turn"])
def test_kill_9_under_an_agent_that_ignores_sigterm(house, tmp_path, phase):
    server = start_in(house, tmp_path, phase, ignore_term=True)
    server.process.kill()
    server.wait_exit()
    assert_gone(server, 5)
    house.assert_no_orphans(1)


@pytest.mark.parametrize("phase", ["initialize", "first_turn"])
def test_sigterm_with_an_agent_that_ignores_it(house, tmp_path, phase):
    server = start_in(house, tmp_path, phase, ignore_term=True)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_exit(3) == 0
    assert time.monotonic() - began < 2
    assert_gone(server, 1)


@pytest.mark.parametrize("phase", ["initialize", "ready"])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_daemons_with_nothing_of_the_agent_are_gone(house, tmp_path, phase,
                                                    sign):
    server = start_in(house, tmp_path, phase, grandchildren=0, daemons=2)
    server.process.send_signal(sign)
    server.wait_exit(3)
    assert_gone(server, 4)
    house.assert_no_orphans(1)


def test_daemons_of_an_agent_that_dies_are_gone(house, tmp_path):
    server = start_in(house, tmp_path, "ready", grandchildren=0, daemons=1)
    os.kill(server.agent.started[0]["pid"], signal.SIGKILL)
    assert_gone(server, 5)


def test_sigint_ends_it_too(ready):
    ready.process.send_signal(signal.SIGINT)
    assert ready.wait_exit(2) == 0


def test_sigterm_twice_ends_it_at_once(house, tmp_path):
    server = start_in(house, tmp_path, "first_turn", ignore_term=True)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    server.process.send_signal(signal.SIGTERM)
    assert server.wait_exit(2) == 0
    assert_gone(server, 4)


def test_grandchildren_of_an_agent_that_dies_are_gone(house, tmp_path):
    server = start_in(house, tmp_path, "ready")
    os.kill(server.agent.started[0]["pid"], signal.SIGKILL)
    assert_gone(server, 5)


def test_grandchildren_are_gone_after_close(house, tmp_path):
    server = start_in(house, tmp_path, "ready")
    server.command("close")
    assert_gone(server, 4)


def test_callers_that_kill_by_name_hit_the_server_alone(house, tmp_path):
    server = start_in(house, tmp_path, "ready")
    assert "agent-server" in processes.command_line(server.pid)
    children = processes.descendants(server.pid)
    assert children
    for pid in children:
        assert "agent-server" not in processes.command_line(pid)


def test_many_short_lives_leave_nothing(house, tmp_path):
    for step in range(5):
        server = house.start(env=PINNED)
        time.sleep(0.03 * step)
        server.process.kill()
        server.wait_exit()
    house.assert_no_orphans(5)
