"""Where secrets go, and where they must not."""
import json

import processes
import pytest
from servers import API_KEY, PINNED
from fakes.http_fake import Answer

MCP_SECRET = "mcp-header-secret-31ab"
OTHER_SECRET = "git-token-secret-77fe"
SERVERS = json.dumps([{
    "type": "http", "name": "tools", "url": "https://mcp.example.com/",
    "headers": [{"name": "Authorization", "value": MCP_SECRET}]}])


@pytest.fixture
def server(house):
    it = house.start(env={**PINNED, "GITHUB_TOKEN": OTHER_SECRET,
                          "POSTHOG_CODE_INTERACTION_ORIGIN": "slack"},
                     args={"--mcpServers": SERVERS}, script={
        "turn": [{"chunk": "Hello."}]})
    it.wait_ready()
    it.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    return it


def proc(server, name):
    with open(f"/proc/{server.pid}/{name}", "rb") as file:
        return file.read()


def test_the_agent_gets_the_header_values(server):
    new = server.agent.received("session/new")[0]
    assert new["params"]["mcpServers"][0]["headers"] == [
        {"name": "Authorization", "value": MCP_SECRET}]


def test_nothing_secret_is_streamed(server):
    stream = server.events()
    stream.wait_for(lambda s: any(e["type"] == "connected"
                                  for e in s.events))
    assert "session/new" in stream.methods()
    for secret in (MCP_SECRET, API_KEY, server.token()):
        assert secret.encode() not in stream.bytes
    stream.close()


def test_nothing_secret_is_logged(server):
    """Known weakness 32: header values went to the session's log."""
    token = server.token()
    server.command("cancel", token=token)
    server.request("GET", "/events", token="wrong-" + token)
    server.terminate()
    logged = b"".join(r.body for r in server.plane.requests).decode()
    assert "session/new" in logged
    for secret in (MCP_SECRET, API_KEY, token, OTHER_SECRET):
        assert secret not in logged
        assert secret not in server.log
        assert secret not in server.errors


def test_the_trace_tells_no_secret(server):
    report = json.dumps(server.boot_report())
    for secret in (MCP_SECRET, API_KEY, OTHER_SECRET):
        assert secret not in report


def test_the_initial_environment_is_overwritten(server):
    environ = proc(server, "environ")
    for secret in (API_KEY, OTHER_SECRET):
        assert secret.encode() not in environ


def test_a_password_in_a_url_is_overwritten_too(house):
    server = house.start(env={
        **PINNED, "DATABASE_URL": "postgres://u:hush-hush@db.invalid/x"})
    server.wait_ready()
    environ = proc(server, "environ")
    assert b"hush-hush" not in environ
    assert b"hush-hush" not in proc(server, "cmdline")
    env = server.agent.started[0]["env"]
    assert env["DATABASE_URL"] == "postgres://u:hush-hush@db.invalid/x"


def test_no_secret_is_in_the_command_line_of_anybody(server):
    for pid in processes.descendants(server.pid):
        line = processes.command_line(pid)
        for secret in (API_KEY, MCP_SECRET, OTHER_SECRET):
            assert secret not in line
    assert API_KEY.encode() not in proc(server, "cmdline")


def test_the_agents_environment_is_what_the_contract_lists(server):
    env = server.agent.started[0]["env"]
    gateway = server.gateway.product_url
    expected = {
        "POSTHOG_API_KEY": API_KEY, "POSTHOG_API_URL": server.plane.url,
        "POSTHOG_API_HOST": server.plane.url,
        "POSTHOG_AUTH_HEADER": f"Bearer {API_KEY}",
        "POSTHOG_PROJECT_ID": "42", "ANTHROPIC_API_KEY": API_KEY,
        "ANTHROPIC_AUTH_TOKEN": API_KEY, "ANTHROPIC_BASE_URL": gateway,
        "OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": gateway + "/v1",
        "LLM_GATEWAY_URL": gateway, "GITHUB_TOKEN": OTHER_SECRET,
        "HOME": server.env["HOME"], "PATH": server.env["PATH"]}
    assert {name: env.get(name) for name in expected} == expected


def test_the_agent_does_not_learn_what_is_the_servers_alone(server):
    env = server.agent.started[0]["env"]
    assert "JWT_PUBLIC_KEY" not in env
    assert "POSTHOG_AGENT_STATE_DIR" not in env
    assert not [name for name in env if name.startswith("AGENT_SERVER_")]


def test_files_of_the_state_directory_are_private(server):
    for path in [server.state, *server.state.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_an_error_text_of_the_control_plane_is_told_without_the_key(house):
    plane = house.plane()
    plane.always["GET run"] = Answer(
        400, {"detail": f"bad key {API_KEY}"})
    server = house.start(plane=plane, env=PINNED)
    server.wait_failed()
    server.wait_exit()
    told = server.log + json.dumps(server.plane.patches)
    assert "bad key" in told
    assert API_KEY not in told
