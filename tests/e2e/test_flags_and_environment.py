"""The command line and the environment: accepted, refused, and how."""
import json
import re
import subprocess

import pytest
from servers import API_KEY, BINARY, PINNED

REQUIRED = {
    "JWT_PUBLIC_KEY": "-----BEGIN PUBLIC KEY-----",
    "POSTHOG_API_URL": "http://127.0.0.1:9",
    "POSTHOG_PERSONAL_API_KEY": API_KEY,
    "POSTHOG_PROJECT_ID": "42",
    "PATH": "/usr/bin:/bin",
}
IDS = ["--taskId", "t", "--runId", "r"]


def run(*args, env=None, without=(), timeout=10):
    env = {**REQUIRED, **(env or {})}
    for name in without:
        del env[name]
    return subprocess.run([str(BINARY), *args], env=env, timeout=timeout,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)


def assert_refused(result, text):
    assert result.returncode == 1
    assert result.stderr.strip() == text
    assert result.stdout == ""


@pytest.mark.parametrize("args, text", [
    (["--bogus", *IDS], "error: unknown option '--bogus'"),
    (["--runId", "r"],
     "error: required option '--taskId <id>' not specified"),
    (["--taskId", "t"],
     "error: required option '--runId <id>' not specified"),
    (["--taskId", "t", "--runId"],
     "error: option '--runId <id>' argument missing"),
    ([*IDS, "extra"],
     "error: too many arguments. Expected 0 arguments but got 1."),
    ([*IDS, "local"],
     "error: too many arguments. Expected 0 arguments but got 1."),
    ([*IDS, "--task", "t"], "error: unknown option '--task'"),
    ([*IDS, "--createPr", "maybe"],
     '--createPr must be either "true" or "false"'),
    ([*IDS, "--createPr="], '--createPr must be either "true" or "false"'),
    ([*IDS, "--mcpServers", "{not"], "--mcpServers must be valid JSON"),
    ([*IDS, "--claudeCodeConfig", "{not"],
     "--claudeCodeConfig must be valid JSON"),
])
def test_a_bad_flag_is_refused_with_the_contracts_words(args, text):
    assert_refused(run(*args), text)


@pytest.mark.parametrize("flag", [
    "--autoPublish", "--posthogExecPermissionRegex", "--relayMcpServers",
    "--claudeSubscription", "--prDraft"])
def test_a_flag_of_newer_servers_is_unknown(flag):
    assert_refused(run(*IDS, flag, "true"),
                   f"error: unknown option '{flag}'")


@pytest.mark.parametrize("servers, issue", [
    ([{"name": "x", "url": "http://h/"}], r"  - 0\.type: "),
    ([{"type": "stdio", "name": "x", "url": "http://h/"}], r"  - 0\.type: "),
    ([{"type": "http", "name": "", "url": "http://h/"}],
     r"  - 0\.name: MCP server name is required$"),
    ([{"type": "sse", "name": "x", "url": "nowhere"}],
     r"  - 0\.url: MCP server url must be a valid URL$"),
])
def test_a_bad_mcp_server_is_named_by_its_path(servers, issue):
    result = run(*IDS, "--mcpServers", json.dumps(servers))
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[0] == "--mcpServers validation failed:"
    assert any(re.search(issue, line) for line in lines[1:]), lines


@pytest.mark.parametrize("name, text", [
    ("JWT_PUBLIC_KEY",
     "JWT_PUBLIC_KEY is required for authenticating client connections"),
    ("POSTHOG_API_URL",
     "POSTHOG_API_URL is required for LLM gateway communication"),
    ("POSTHOG_PERSONAL_API_KEY", "POSTHOG_PERSONAL_API_KEY is required for "
     "authenticating with PostHog services"),
    ("POSTHOG_PROJECT_ID", "POSTHOG_PROJECT_ID is required for routing "
     "requests to the correct project"),
])
def test_a_missing_variable_is_named(name, text):
    assert_refused(run(*IDS, without=[name]),
                   f"Environment validation failed:\n  - {text}")


@pytest.mark.parametrize("env, text", [
    ({"JWT_PUBLIC_KEY": ""}, "JWT_PUBLIC_KEY cannot be empty"),
    ({"POSTHOG_API_URL": "not a url"},
     "POSTHOG_API_URL is required for LLM gateway communication"),
    ({"POSTHOG_PERSONAL_API_KEY": ""},
     "POSTHOG_PERSONAL_API_KEY cannot be empty"),
    ({"POSTHOG_PROJECT_ID": "4two"},
     "POSTHOG_PROJECT_ID must be a numeric string"),
])
def test_a_bad_variable_is_named(env, text):
    assert_refused(run(*IDS, env=env),
                   f"Environment validation failed:\n  - {text}")


def test_all_bad_variables_are_named_at_once():
    result = run(*IDS, without=["JWT_PUBLIC_KEY", "POSTHOG_PROJECT_ID"])
    assert len(re.findall("^  - ", result.stderr, re.M)) == 2


@pytest.mark.parametrize("name, value", [
    ("POSTHOG_CODE_RUNTIME_ADAPTER", "gemini"),
    ("POSTHOG_CODE_REASONING_EFFORT", "extreme"),
    ("AGENT_SERVER_ACP_INITIALIZE_DEADLINE_MS", "soon"),
    ("AGENT_SERVER_AGENT_CMD", "agent 'unfinished"),
    ("POSTHOG_AGENT_STATE_DIR", "relative/path"),
])
def test_a_bad_optional_variable_is_named(name, value):
    result = run(*IDS, env={name: value})
    assert result.returncode == 1
    assert name in result.stderr


@pytest.mark.parametrize("adapter, model, effort", [
    ("claude", "claude-haiku-4-5", "low"),
    ("claude", "claude-sonnet-4-6", "max"),
    ("codex", "gpt-5.4", "max"),
])
def test_an_effort_that_the_model_does_not_take_is_refused(
        adapter, model, effort):
    assert_refused(
        run(*IDS, env={"POSTHOG_CODE_RUNTIME_ADAPTER": adapter,
                       "POSTHOG_CODE_MODEL": model,
                       "POSTHOG_CODE_REASONING_EFFORT": effort}),
        f"POSTHOG_CODE_REASONING_EFFORT '{effort}' is not supported for "
        f"{adapter} model '{model}'.")


def test_a_model_outside_the_table_takes_any_effort(house):
    server = house.start(env={
        "POSTHOG_CODE_RUNTIME_ADAPTER": "claude",
        "POSTHOG_CODE_MODEL": "claude-of-next-year",
        "POSTHOG_CODE_REASONING_EFFORT": "max"})
    server.wait_ready()


def test_version_is_told():
    result = run("--version")
    assert result.returncode == 0
    assert re.search(r"\d+\.\d+\.\d+", result.stdout)


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_flag(flag):
    result = run(flag)
    assert result.returncode == 0
    for name in ("port", "host", "mode", "repositoryPath", "repoReadyFile",
                 "taskId", "runId", "agentCmd", "mcpServers", "createPr",
                 "baseBranch", "claudeCodeConfig", "allowedDomains"):
        assert "--" + name in result.stdout


def test_the_last_of_a_repeated_flag_wins(house):
    # The fixture's --port stands before these.
    server = house.start(env=PINNED, args={
        "--mode=interactive": "--mode", "background": "--baseBranch",
        "first": "--baseBranch", "-second": "--createPr", "true":
        "--createPr=false"})
    server.wait_ready()


def test_a_value_may_begin_with_a_dash(house):
    server = house.start(env=PINNED, args={"--baseBranch": "--odd-name"})
    server.wait_ready()


def test_the_agent_command_is_split_like_a_shell_would_without_one(house):
    agent = house.agent()
    command = agent.command + r''' "two words" 'a $HOME' c\ d "" '''
    server = house.start(agent=command, env=PINNED)
    server.wait_ready()
    assert agent.started[0]["argv"][2:] == \
        ["two words", "a $HOME", "c d", ""]


def test_the_agent_command_flag_wins_over_its_variable(house):
    flag, variable = house.agent(), house.agent()
    server = house.start(agent=flag, env={
        **PINNED, "AGENT_SERVER_AGENT_CMD": variable.command})
    server.wait_ready()
    assert flag.started and not variable.started


def test_the_agent_command_can_be_a_variable(house):
    agent = house.agent()
    server = house.start(agent=None, env={
        **PINNED, "AGENT_SERVER_AGENT_CMD": agent.command})
    server.wait_ready()


def test_codex_is_taken_from_the_path(house, tmp_path):
    agent = house.agent()
    directory = tmp_path / "bin"
    directory.mkdir()
    script = directory / "codex-acp"
    script.write_text("#!/bin/sh\nexec " + agent.command + ' "$@"\n')
    script.chmod(0o755)
    server = house.start(agent=None, env={
        "PATH": f"{directory}:/usr/bin:/bin", "POSTHOG_CODE_MODEL": "gpt-5.4",
        "POSTHOG_CODE_RUNTIME_ADAPTER": "codex"})
    server.wait_ready()
    arguments = agent.started[0]["argv"][2:]
    assert 'model="gpt-5.4"' in arguments
    assert 'model_provider="posthog"' in arguments
    assert server.env["POSTHOG_PERSONAL_API_KEY"] not in " ".join(arguments)
    assert agent.started[0]["env"]["POSTHOG_GATEWAY_API_KEY"] == API_KEY


@pytest.mark.parametrize("env", [
    {}, {"POSTHOG_CODE_RUNTIME_ADAPTER": "claude"}])
def test_claude_is_taken_from_the_path(house, env):
    cli = house.claude()
    server = house.start(agent=None, env={
        **PINNED, **env, "PATH": f"{cli.directory}:/usr/bin:/bin"})
    server.wait_ready()
    assert cli.started


def test_the_claude_cli_may_be_the_agents_command(house):
    cli = house.claude()
    server = house.start(agent=str(cli.executable), env=PINNED)
    server.wait_ready()
    assert cli.started


@pytest.mark.parametrize("adapter, package", [
    ("claude", "@anthropic-ai/claude-code"),
    ("codex", "@zed-industries/codex-acp")])
def test_a_missing_agent_is_told_with_the_line_that_installs_it(
        house, adapter, package):
    server = house.start(agent=None, env={
        "PATH": "/nowhere", "POSTHOG_CODE_RUNTIME_ADAPTER": adapter})
    health = server.wait_failed()
    assert health["failureClass"] == "agent_not_found"
    assert f"npm install -g {package}" in health["failure"]
    assert server.wait_exit() == 1


def test_a_working_directory_that_cannot_be_made_is_named(house, tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file/repository"
    server = house.start(env=PINNED, args={"--repositoryPath": str(path)})
    assert server.wait_exit() == 1
    text = server.log + server.errors
    assert str(path) in text
    assert "--repositoryPath" in text


def test_a_working_directory_is_made(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    assert server.repository.is_dir()
    assert server.agent.started[0]["cwd"] == str(server.repository)


def test_a_bad_public_key_is_named_in_the_log_at_boot(house):
    server = house.start(env={**PINNED, "JWT_PUBLIC_KEY": "not a key"})
    server.wait_ready()
    server.wait_log("JWT_PUBLIC_KEY")
    assert server.request("GET", "/events",
                          token=server.token())[0] == 401


def test_the_state_directory_is_private(house):
    server = house.start(env=PINNED)
    server.wait_ready()
    assert server.state.stat().st_mode & 0o7777 == 0o700


def test_the_state_directory_follows_xdg(house, tmp_path):
    server = house.start(env={**PINNED, "XDG_STATE_HOME": str(tmp_path)},
                         without_env=["POSTHOG_AGENT_STATE_DIR"])
    server.wait_ready()
    path = tmp_path / "agent-server" / server.run_id
    assert path.stat().st_mode & 0o7777 == 0o700


def test_a_state_directory_inside_the_repository_is_refused(house, tmp_path):
    repository = tmp_path / "checkout"
    state = repository / "state"
    server = house.start(env={"POSTHOG_AGENT_STATE_DIR": str(state)},
                         args={"--repositoryPath": str(repository)})
    assert server.wait_exit() == 1
    assert "POSTHOG_AGENT_STATE_DIR" in server.log + server.errors
    assert not state.exists()


def test_the_limit_of_open_files_is_raised_here_and_restored_for_the_agent(
        house):
    server = house.start(
        env=PINNED, wrapper=["/bin/bash", "-c", 'ulimit -Sn 300; exec "$@"',
                             "sh"])
    server.wait_ready()
    with open(f"/proc/{server.pid}/limits") as file:
        limits = re.search(r"Max open files +(\d+) +(\d+)", file.read())
    assert limits[1] == limits[2]
    assert server.agent.started[0]["nofile"][0] == 300


LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
                      r"\[AgentServer\] \[(debug|info|warn|error)\] ")


def test_log_lines_have_one_format_for_the_whole_life(ready):
    ready.command("close")
    before = len(ready.log)
    assert ready.terminate() == 0
    lines = ready.log.splitlines()
    assert lines
    assert all(LOG_LINE.match(line) for line in lines), lines
    assert len(ready.log) > before


def test_the_exit_code_of_a_signalled_server_is_0(ready):
    assert ready.terminate() == 0
