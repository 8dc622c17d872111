"""A server with a real claude CLI behind it, as a caller sees it."""
import os
import pathlib
import shutil
import subprocess
import threading

import processes
from messages_gateway import MessagesGateway

SONNET = "claude-sonnet-4-6"
NODE = os.path.dirname(shutil.which("node") or "/usr/bin/node")


def make_repository(directory):
    """A git repository with one commit."""
    directory.mkdir()
    (directory / "greeting.txt").write_text("hello\nworld\n")
    for words in (["init", "-q", "-b", "main"], ["add", "."],
                  ["-c", "user.name=Someone", "-c",
                   "user.email=someone@example.com", "commit", "-qm",
                   "Begin"]):
        subprocess.run(["git", *words], cwd=directory, check=True)
    return directory


def listening(claude, directory):
    """A program that notes in `arguments` what it is called with, and is the
    CLI."""
    directory.mkdir()
    words = f"node {claude}" if claude.suffix == ".js" else str(claude)
    program = directory / "claude"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" "
                       f">>{directory}/arguments\nexec {words} \"$@\"\n")
    program.chmod(0o755)
    return program


class Turn:
    """A user_message under way; `answer` is the command's reply."""

    def __init__(self, session, content):
        self.answer = None
        self._session = session
        self._thread = threading.Thread(
            target=self._run, args=(session, content), daemon=True)
        self._thread.start()

    def _run(self, session, content):
        try:
            self.answer = session.server.command(
                "user_message", {"content": content}, timeout=120)
        except OSError as problem:
            self.answer = {"error": {"message": str(problem)}}

    def end(self, timeout=60):
        self._thread.join(timeout)
        assert self.answer is not None, "the turn goes on"
        if "result" in self.answer:
            # The stream is read by another thread.
            self._session.ended += 1
            self._session.stream.wait_for(
                lambda _: len(self._session.stop_reasons())
                >= self._session.ended)
        return self.answer


class Session:
    """Boots on creation; its stream is attached before anything is asked."""

    def __init__(self, house, claude, *replies, mode=None, env=(), args=(),
                 plane=None, first_prompt="", wait=True, repository=None):
        self.claude = claude
        self.ended = 0  # turns that ended well
        self.gateway = MessagesGateway(*replies)
        house.fakes.append(self.gateway)
        self.plane = plane or house.plane()
        self.plane.task["description"] = first_prompt
        if mode is not None:
            self.plane.run["state"]["initial_permission_mode"] = mode
        self.repository = repository or make_repository(
            house.tmp_path / "repository")
        self.server = house.start(
            plane=self.plane, gateway=self.gateway, agent=None,
            env={"POSTHOG_CODE_MODEL": SONNET, "IS_SANDBOX": "1",
                 "CLAUDE_CODE_EXECUTABLE": str(claude),
                 "PATH": f"{NODE}:/usr/local/bin:/usr/bin:/bin",
                 # Failures are told at once, not after minutes of retries.
                 "CLAUDE_CODE_MAX_RETRIES": "1", **dict(env)},
            args={"--repositoryPath": str(self.repository), **dict(args)})
        if wait:
            self.wait_ready()

    def wait_ready(self):
        self.server.wait_ready(60)
        self.stream = self.server.events(timeout=120)
        assert self.stream.status == 200

    @property
    def is_newest(self):
        return self.claude.suffix != ".js"

    @property
    def home(self):
        return pathlib.Path(self.server.env["HOME"])

    def cli_pid(self):
        """The CLI's process. It gives itself a title, so that its command
        line does not tell."""
        program = shutil.which("node") if self.claude.suffix == ".js" \
            else self.claude
        found = [pid for pid in processes.descendants(self.server.pid)
                 if processes.is_alive(pid) and processes.program(pid)
                 == os.path.realpath(program)]
        assert found, "no CLI runs"
        return found[0]

    def begin(self, content):
        return Turn(self, content)

    def prompt(self, content, timeout=60):
        """A whole turn that ends well: the command's result."""
        answer = self.begin(content).end(timeout)
        assert "result" in answer, answer
        return answer["result"]

    def command(self, method, **params):
        """The result of a command that succeeds."""
        answer = self.server.command(method, params, timeout=60)
        assert "result" in answer, answer
        return answer["result"]

    def set_option(self, option, value):
        """Sets a config option; the options that come back, by id."""
        options = self.command("set_config_option", configId=option,
                               value=value)["configOptions"]
        return {each["id"]: each for each in options}

    def asked(self, number=1, timeout=60):
        """The permission_request event of that number."""
        return self.stream.wait_for(
            lambda s: self.questions()[number - 1:number], timeout)[0]

    def questions(self):
        return [e for e in self.stream.events
                if e["type"] == "permission_request"]

    def respond(self, question, option, **more):
        return self.command("permission_response",
                            requestId=question["requestId"], optionId=option,
                            **more)

    # What the stream told.

    def text(self, kind="agent_message_chunk"):
        return "".join(u["content"]["text"] for u in self.stream.updates(kind)
                       if u["content"]["type"] == "text")

    def tool_calls(self, tool):
        """The tool_call updates of a tool."""
        return [u for u in self.stream.updates("tool_call")
                if u["_meta"]["claudeCode"]["toolName"] == tool]

    def updates_of(self, tool_call_id):
        return [u for u in self.stream.updates("tool_call_update")
                if u["toolCallId"] == tool_call_id]

    def outcome(self, tool, number=1):
        """The update that ended a tool's call of that number."""
        calls = self.tool_calls(tool)
        assert len(calls) >= number, self.stream.updates("tool_call")
        ended = [u for u in self.updates_of(calls[number - 1]["toolCallId"])
                 if u.get("status") in ("completed", "failed")]
        assert ended, self.updates_of(calls[number - 1]["toolCallId"])
        return ended[-1]

    def stop_reasons(self):
        """Of the raw responses in the stream, which relays look for."""
        return [n["result"]["stopReason"] for n in self.stream.notifications
                if "stopReason" in n.get("result", {})]

    def config_updates(self):
        return [{o["id"]: o for o in u["configOptions"]}
                for u in self.stream.updates("config_option_update")]


def option_ids(question):
    return [option["optionId"] for option in question["options"]]


def values(option):
    return [each["value"] for each in option["options"]]
