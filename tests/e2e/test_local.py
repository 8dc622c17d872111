"""`agent-server local`: no control plane, no gateway, no key."""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest
from servers import BINARY

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm",
       "COLUMNS": "100"}


@pytest.fixture
def local(house, tmp_path):
    """Runs it to its end, without a terminal."""
    def run(*args, prompt="Say hello.", timeout=30, env=None):
        home = tmp_path / "local-home"
        home.mkdir(exist_ok=True)
        return subprocess.run(
            [str(BINARY), "local", "--prompt", prompt, *args], cwd=home,
            env={**ENV, "HOME": str(home), **(env or {})},
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout)
    return run


def test_once_answers_and_draws_the_boot(local, house):
    result = local("--once")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "scripted demonstration" in result.stdout
    for box in ("initialize", "session/new", "own share"):
        assert box in result.stdout
    assert re.search(r"\d ms", result.stdout)
    house.assert_no_orphans()


def test_it_says_where_it_listens(local):
    result = local("--once")
    assert re.search(r"http://(127\.0\.0\.1|localhost|\[::1\]):\d+",
                     result.stdout)


def test_another_agent_can_be_named(local, house):
    agent = house.agent(turn=[{"chunk": "I am another."}])
    result = local("--once", "--agent", agent.command)
    assert result.returncode == 0
    assert "I am another." in result.stdout
    prompt = agent.received("session/prompt")[0]["params"]["prompt"]
    assert prompt[-1]["text"] == "Say hello."
    house.assert_no_orphans()


def test_task_run_and_log_are_kept_in_the_apis_shapes(local, tmp_path):
    state = tmp_path / "kept"
    assert local("--once", "--state", str(state)).returncode == 0
    task = json.loads((state / "task.json").read_text())
    assert task["description"] == "Say hello."
    run = json.loads((state / "run.json").read_text())
    assert run["status"] == "in_progress"
    entries = [json.loads(line) for line in
               (state / "log.ndjson").read_text().splitlines()]
    methods = [e["notification"].get("method") for e in entries]
    assert "_posthog/run_started" in methods
    assert "_posthog/turn_complete" in methods
    assert all(e["type"] == "notification" for e in entries)


def test_the_agent_works_in_the_current_directory(local, house, tmp_path):
    agent = house.agent()
    local("--once", "--agent", agent.command)
    assert agent.started[0]["cwd"] == str(tmp_path / "local-home")


def test_the_agent_works_where_it_is_told(local, house, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    agent = house.agent()
    local("--once", "--agent", agent.command, "--repositoryPath",
          str(tmp_path / "elsewhere"))
    assert agent.started[0]["cwd"] == str(tmp_path / "elsewhere")


def test_an_agent_that_fails_is_told(local, house):
    agent = house.agent(at={"start": "exit"}, exit_status=3,
                        stderr="no licence\n")
    result = local("--once", "--agent", agent.command)
    assert result.returncode == 1
    assert "no licence" in result.stdout + result.stderr


def test_a_missing_agent_is_told(local):
    result = local("--once", "--agent", "/no/such/agent")
    assert result.returncode == 1
    assert "/no/such/agent" in result.stdout + result.stderr


def test_a_turn_that_fails_is_told(local, house):
    agent = house.agent(error={"session/prompt": {
        "code": -32603, "message": "the model said no"}})
    result = local("--once", "--agent", agent.command)
    assert "the model said no" in result.stdout + result.stderr
    assert result.returncode == 1


PERMISSION = {"request": {"method": "session/request_permission", "params": {
    "toolCall": {"toolCallId": "t", "title": "Delete it", "kind": "edit"},
    "options": [
        {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
        {"optionId": "no", "name": "No", "kind": "reject_once"}]}}}


@pytest.mark.parametrize("args, option", [([], "no"), (["--yes"], "yes")])
def test_without_a_terminal_leave_is_refused_unless_given_before(
        local, house, args, option):
    agent = house.agent(turn=[PERMISSION])
    assert local("--once", "--agent", agent.command, *args).returncode == 0
    outcome = agent.of("answered")[0]["message"]["result"]["outcome"]
    assert outcome == {"outcome": "selected", "optionId": option}


@pytest.mark.parametrize("args, text", [
    ([], "error: required option '--prompt <text>' not specified"),
    (["--prompt", "x", "--bogus"], "error: unknown option '--bogus'"),
    (["--prompt", "x", "more"],
     "error: too many arguments. Expected 0 arguments but got 1."),
    (["--prompt", " "], "--prompt cannot be empty")])
def test_bad_flags_are_refused(args, text):
    result = subprocess.run([str(BINARY), "local", *args], env=ENV,
                            stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=10)
    assert result.returncode == 1
    assert result.stderr.strip() == text


def test_secrets_of_the_environment_are_not_printed(local, house):
    agent = house.agent()
    result = local("--once", "--agent", agent.command,
                   env={"ANTHROPIC_API_KEY": "sk-secret-0192"})
    assert "sk-secret-0192" not in result.stdout + result.stderr
    assert agent.started[0]["env"]["ANTHROPIC_API_KEY"] == "sk-secret-0192"


class Terminal:
    """The program at a terminal of its own."""

    def __init__(self, args, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execve(str(BINARY), [str(BINARY), "local", *args],
                      {**ENV, "HOME": str(home)})
        self.text = ""

    def read(self, timeout):
        if not select.select([self.fd], [], [], timeout)[0]:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += piece.decode(errors="replace")
        return bool(piece)

    def wait_for(self, pattern, timeout=15):
        until = time.monotonic() + timeout
        while not re.search(pattern, self.text):
            assert time.monotonic() < until and self.read(0.1), self.text
        return self

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_exit(self, timeout=10):
        until = time.monotonic() + timeout
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < until, self.text
            self.read(0.05)

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def terminal(house, tmp_path):
    opened = []

    def open_it(*args):
        opened.append(Terminal(args, tmp_path))
        return opened[-1]
    yield open_it
    for one in opened:
        one.close()


def test_further_prompts_are_taken_at_the_terminal(terminal, house):
    agent = house.agent(turn=[{"chunk": "An answer."}])
    it = terminal("--prompt", "First.", "--agent", agent.command)
    it.wait_for("An answer\\.")
    agent.wait_for("session/prompt")
    time.sleep(0.3)
    it.type("Second.\r")
    agent.wait_for("session/prompt", 2)
    assert agent.received("session/prompt")[1]["params"]["prompt"] == \
        [{"type": "text", "text": "Second."}]
    it.wait_for("An answer\\.[\\s\\S]*An answer\\.")
    it.type("\x04")
    assert it.wait_exit() == 0


def test_leave_is_asked_for_at_the_terminal(terminal, house):
    agent = house.agent(turn=[PERMISSION, {"chunk": "Done."}])
    it = terminal("--prompt", "First.", "--once", "--agent", agent.command)
    it.wait_for("Delete it")
    it.type("1\r")
    it.wait_for("Done\\.")
    assert it.wait_exit() == 0
    outcome = agent.of("answered")[0]["message"]["result"]["outcome"]
    assert outcome == {"outcome": "selected", "optionId": "yes"}


def test_ctrl_c_ends_it(terminal, house):
    agent = house.agent(turn=[{"chunk": "Hm."}, {"wait_cancel": True}])
    it = terminal("--prompt", "First.", "--agent", agent.command)
    it.wait_for("Hm\\.")
    it.type("\x03")
    time.sleep(0.5)
    try:
        it.type("\x03")
    except OSError:
        pass
    it.wait_exit()


@pytest.mark.parametrize("directory", ["/tmp", "/"])
def test_it_can_be_started_where_its_state_usually_lies(local, tmp_path,
                                                        directory):
    result = local("--once", "--repositoryPath", directory,
                   env={"HOME": str(tmp_path / "a-home")})
    assert result.returncode == 0, result.stdout + result.stderr
    kept = re.search(r"keeps +(.*)", result.stdout).group(1)
    assert os.stat(kept).st_mode & 0o7777 == 0o700
    with open(kept + "/.gitignore") as file:
        assert file.read() == "*\n"
    shutil.rmtree(kept)


def test_a_state_directory_that_was_asked_for_is_refused_in_the_repository(
        local, tmp_path):
    result = local("--once", "--repositoryPath", str(tmp_path),
                   "--state", str(tmp_path / "state"))
    assert result.returncode == 1
    assert "lies inside the repository" in result.stderr
    assert "--state" in result.stderr
