#!/usr/bin/python3 -B
"""Records what claude CLIs write while they go through scenarios.

usage: record_transcripts.py [--into DIR] [--only SCENARIO] CLI…

Each CLI (a native program, or a cli.js) is driven against a gateway stand-in.
What it writes goes, line by line, to DIR/<its version>/<scenario>.jsonl, with
paths, ids, times and the long lists of its initialize answer made the same on
every machine.
"""
import argparse
import collections
import copy
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import claude_cli  # noqa: E402
from messages_gateway import (  # noqa: E402
    MessagesGateway, Reply, error, text, thinking, tool)

MODEL = "claude-sonnet-4-6"
HOOKS = {name: [{"hookCallbackIds": [name]}]
         for name in ("PreToolUse", "PostToolUse")}
PLAN = """# Rename the greeting

1. Change the constant in greeting.txt.
2. Look for other places that hold the old words.
"""
QUESTIONS = [{"question": "Which colour?", "header": "Colour",
              "multiSelect": False, "options": [
                  {"label": "Red", "description": "Warm"},
                  {"label": "Blue", "description": "Cold"}]}]
SCHEMA = {"type": "object", "properties": {"count": {"type": "integer"}},
          "required": ["count"], "additionalProperties": False}

SCENARIOS = {}


def scenario(*args, **start):
    def take(function):
        SCENARIOS[function.__name__] = (function, args, start)
        return function
    return take


def allow(request):
    if request["subtype"] == "hook_callback":
        return {"continue": True}
    return {"behavior": "allow", "updatedInput": request["input"]}


def deny(request):
    if request["subtype"] == "hook_callback":
        return {"continue": True}
    return {"behavior": "deny", "message": "Not this one, please."}


def answer_question(request):
    if request["subtype"] == "hook_callback":
        return {"continue": True}
    return {"behavior": "allow", "updatedInput": {
        **request["input"], "answers": {"Which colour?": "Blue"}}}


def open_it(cli, **fields):
    cli.call("initialize", hooks=HOOKS, **fields)
    cli.call("apply_flag_settings", settings={"model": MODEL})


@scenario()
def plain_text(cli, gateway):
    gateway.script([text("Hello from the model.")])
    open_it(cli)
    cli.turn("Say hello.")


@scenario()
def deep_thought(cli, gateway):
    gateway.script([thinking("Let me see. Two and two."), text("Four.")])
    open_it(cli)
    cli.turn("What is two and two?")


@scenario()
def two_turns(cli, gateway):
    gateway.script([text("First.")], [text("Second.")])
    open_it(cli)
    cli.turn("One.")
    cli.turn("Two.")


@scenario("--permission-mode", "default")
def bash(cli, gateway):
    gateway.script(
        [text("I run it."), tool("Bash", command="echo out && exit 3",
                                 description="Print and fail")],
        [tool("Bash", command="echo fine", description="Print")],
        [text("One failed, one did not.")])
    open_it(cli)
    cli.turn("Run them.")


@scenario("--permission-mode", "default")
def edit(cli, gateway):
    path = str(cli.repository / "greeting.txt")
    gateway.script(
        [tool("Read", file_path=path)],
        [tool("Edit", file_path=path, old_string="hello", new_string="good day")],
        [tool("Write", file_path=str(cli.repository / "new.txt"),
              content="one\ntwo\n")],
        [text("Edited.")])
    open_it(cli)
    cli.turn("Edit the greeting.")


@scenario("--permission-mode", "default", answer=deny)
def refused(cli, gateway):
    gateway.script([tool("Bash", command="touch refused",
                         description="Create a file")],
                   [text("Then not.")])
    open_it(cli)
    cli.turn("Create a file.")


@scenario("--permission-mode", "plan")
def plan(cli, gateway):
    gateway.script([text(PLAN), tool("ExitPlanMode", plan=PLAN)],
                   [text("I begin.")])
    open_it(cli)
    cli.turn("Plan it.")


@scenario(answer=answer_question)
def question(cli, gateway):
    gateway.script([tool("AskUserQuestion", questions=QUESTIONS)],
                   [text("Blue it is.")])
    open_it(cli)
    cli.turn("Ask me.")


@scenario()
def todos(cli, gateway):
    def entries(*states):
        return [{"content": f"Step {number}", "status": state,
                 "activeForm": f"Doing step {number}"}
                for number, state in enumerate(states, 1)]
    gateway.script(
        [tool("TodoWrite", todos=entries("in_progress", "pending"))],
        [tool("TodoWrite", todos=entries("completed", "in_progress"))],
        [text("Half done.")])
    open_it(cli)
    cli.turn("Make a list.")


@scenario(env={"CLAUDE_CODE_ENABLE_TASKS": "1"})
def tasks(cli, gateway):
    gateway.script(
        [tool("TaskCreate", subject="Step 1", description="The first step",
              activeForm="Doing step 1")],
        [tool("TaskUpdate", taskId="1", status="in_progress")],
        [tool("TaskList")],
        [text("Begun.")])
    open_it(cli)
    cli.turn("Make a list.")


@scenario()
def sub_agent(cli, gateway):
    gateway.when(lambda r: r.says("Count the files", "user")
                 and not r.says("Use a helper", "user"),
                 [thinking("I look."), text("I count them."),
                  tool("Bash", command="ls | wc -l",
                       description="Count files")],
                 [text("There is one file.")])
    gateway.when(lambda r: True,
                 [text("I ask a helper."),
                  tool("Task", description="Count files",
                       prompt="Count the files.",
                       subagent_type="general-purpose")],
                 [text("One.")])
    open_it(cli)
    before = len(cli.frames)
    cli.prompt("Use a helper to count the files.")
    # Newer CLIs let it run on its own and begin a turn when it is done.
    cli.wait_for(lambda f: f["type"] == "result", before)
    until = time.monotonic() + 20
    while len(gateway.calls) < 4 and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1.0)
    cli.wait_for(claude_cli.is_idle, before)


@scenario()
def cancel(cli, gateway):
    gateway.script([text("This is a long story " * 40, pause=0.05)],
                   [text("Again.")])
    open_it(cli)
    before = len(cli.frames)
    cli.prompt("Tell a story.")
    cli.wait_for(lambda f: f["type"] == "stream_event"
                 and f["event"]["type"] == "content_block_delta", before)
    cli.call("interrupt")
    cli.wait_for_turn(before)
    cli.turn("Once more.")


@scenario("--permission-mode", "default", answer=lambda r:
          {"continue": True} if r["subtype"] == "hook_callback" else None)
def cancel_while_asked(cli, gateway):
    gateway.script([tool("Bash", command="touch asked",
                         description="Create a file")])
    open_it(cli)
    before = len(cli.frames)
    cli.prompt("Create a file.")
    cli.wait_for(lambda f: f["type"] == "control_request"
                 and f["request"]["subtype"] == "can_use_tool", before)
    cli.call("interrupt")
    cli.wait_for_turn(before)


@scenario(env={"CLAUDE_CODE_MAX_RETRIES": "1"})
def failures(cli, gateway):
    gateway.script(error(400, "bad input"), error(401, "bad key"),
                   error(401, "bad key"), error(500), error(500),
                   error(429, "slow down"), error(429, "slow down"))
    open_it(cli)
    for _ in range(4):
        cli.turn("Go on.")


@scenario(env={"CLAUDE_CODE_MAX_RETRIES": "0"})
def cut_stream(cli, gateway):
    """Cut in its middle; the CLI then asks again without streaming."""
    gateway.script(Reply([text("Half of it is said", pause=0.1)], cut=True),
                   [text("All of it is said.")])
    open_it(cli)
    cli.turn("Go on.")


@scenario(env={"CLAUDE_CODE_MAX_RETRIES": "0",
               "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1"})
def lost_stream(cli, gateway):
    gateway.when(lambda r: True,
                 Reply([text("Half of it is said", pause=0.1)], cut=True))
    open_it(cli)
    cli.turn("Go on.")


@scenario(env={"CLAUDE_CODE_MAX_RETRIES": "0"})
def failed_stream(cli, gateway):
    gateway.when(lambda r: True,
                 Reply([text("Half of it is said", pause=0.1)],
                       failure="overloaded_error"))
    open_it(cli)
    cli.turn("Go on.")


@scenario()
def out_of_tokens(cli, gateway):
    gateway.when(lambda r: True,
                 Reply([text("Too much")], stop_reason="max_tokens"))
    open_it(cli)
    cli.turn("Go on.")


@scenario()
def compaction(cli, gateway):
    gateway.script([text("A first answer.")],
                   [text("<summary>We said hello.</summary>")])
    open_it(cli)
    cli.turn("Say hello.")
    cli.turn("/compact")


@scenario("--max-turns", "6")
def structured_output(cli, gateway):
    gateway.script([tool("StructuredOutput", count=3)], [text("Done.")])
    open_it(cli, jsonSchema=SCHEMA)
    cli.turn("Count.")


@scenario("--max-turns", "3")
def structured_output_missing(cli, gateway):
    open_it(cli, jsonSchema=SCHEMA)
    cli.turn("Count.")


@scenario()
def settings(cli, gateway):
    open_it(cli)
    cli.call("set_permission_mode", mode="acceptEdits")
    cli.call("apply_flag_settings", settings={"effortLevel": "high"})
    cli.call("set_permission_mode", mode="bypassPermissions")
    request_id = cli.request("no_such_request")
    cli.wait_for(lambda f: f["type"] == "control_response"
                 and f["response"]["request_id"] == request_id)
    cli.turn("Say hello.")


UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
# Numbers and words that differ from run to run.
VARYING = {"duration_ms": 1000, "duration_api_ms": 900, "ttft_ms": 300,
           "ttft_stream_ms": 300, "time_to_request_ms": 100, "pid": 4711,
           "durationMs": 10, "totalDurationMs": 10, "elapsed_time_seconds": 1,
           "total_duration_ms": 10, "retry_delay_ms": 500, "etag": "etag",
           "end_time": 1767323045000, "run_id": "run", "runId": "run",
           "first_content_frame_ms": 20, "thinking_duration_ms": 2,
           "messaging_socket_path": "/tmp/cc-socks/4711.sock"}


class Normaliser:
    """Makes lines alike on every machine and in every run."""

    def __init__(self, repository, home):
        self.paths = [(str(repository), "/repo"), (str(home), "/home/user")]
        # Directories named after paths, with dashes for all but letters.
        self.paths += [(re.sub(r"[^A-Za-z0-9]", "-", path),
                        re.sub(r"[^A-Za-z0-9]", "-", short))
                       for path, short in self.paths]
        self.ids = {}

    def lines(self, frames):
        """The lines of a whole run."""
        frames = copy.deepcopy(frames)
        pieces = collections.defaultdict(list)
        for frame in frames:
            event = frame.get("event", {})
            if event.get("type") == "content_block_delta" and \
                    "partial_json" in event["delta"]:
                pieces[event["index"]].append(event["delta"])
            elif event.get("type") == "content_block_stop":
                self._join(pieces.pop(event["index"], []))
        return [self.line(frame) for frame in frames]

    def _join(self, deltas):
        """What is to be replaced must not lie across two deltas."""
        whole = self.words("".join(d["partial_json"] for d in deltas))
        # The first one is always empty.
        size = -(-len(whole) // max(1, len(deltas) - 1))
        for number, delta in enumerate(deltas[1:]):
            delta["partial_json"] = whole[number * size:(number + 1) * size]

    def line(self, frame):
        return json.dumps(self.value(frame), ensure_ascii=False,
                          separators=(",", ":"))

    def value(self, value, key=None):
        if key in VARYING and isinstance(value, (int, float, str)):
            return VARYING[key]
        if isinstance(value, dict):
            return {self.words(k): self.value(v, k) for k, v in value.items()}
        if isinstance(value, list):
            # The catalogues of commands and the like: a few show the shape.
            if key in ("commands", "agents", "models", "slash_commands",
                       "skills", "terminal_slash_commands") \
                    and len(value) > 4:
                value = [_short(each) for each in value[:4]]
            return [self.value(each) for each in value]
        return self.words(value) if isinstance(value, str) else value

    def words(self, text):
        for path, short in self.paths:
            text = text.replace(path, short)
        text = UUID.sub(self._id, text)
        text = re.sub(r"/tmp/claude-\d+/", "/tmp/claude/", text)
        text = re.sub(r"\ba[0-9a-f]{16}\b", self._hex, text)
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", text)
        text = re.sub(r"(/plans/[a-z-]+?)-[a-z]+-[a-z]+\.md",
                      r"\1-quiet-river.md", text)
        text = re.sub(r"duration_ms: \d+", "duration_ms: 10", text)
        text = re.sub(r"<duration_ms>\d+<", "<duration_ms>10<", text)
        return DATE.sub("2026-01-02T03:04:05.000Z", text)

    def _id(self, match):
        number = self.ids.setdefault(match[0], len(self.ids) + 1)
        return f"00000000-0000-4000-8000-{number:012x}"

    def _hex(self, match):
        number = self.ids.setdefault(match[0], len(self.ids) + 1)
        return f"a{number:016x}"


def _short(entry):
    """A catalogue's entry with the beginning of its description."""
    if isinstance(entry, dict) and "description" in entry:
        return {**entry, "description": entry["description"][:80]}
    return entry


def version_of(executable):
    out = subprocess.run(claude_cli.words(executable) + ["--version"],
                         check=True, capture_output=True, text=True).stdout
    return out.split()[0]


def repository_in(directory):
    repository = directory / "repository"
    repository.mkdir()
    (repository / "greeting.txt").write_text("hello\nworld\n")
    for command in (["init", "-q", "-b", "main"], ["add", "."],
                    ["-c", "user.name=Someone", "-c",
                     "user.email=someone@example.com", "commit", "-qm",
                     "Begin"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    return repository


def record(executable, name):
    """The normalised lines of one scenario."""
    act, args, start = SCENARIOS[name]
    directory = pathlib.Path(tempfile.mkdtemp(prefix="record-"))
    gateway = MessagesGateway()
    try:
        repository = repository_in(directory)
        home = directory / "home"
        home.mkdir()
        with claude_cli.ClaudeCli(
                executable, repository, home, gateway, *args,
                **{"answer": allow, **start}) as cli:
            cli.repository = repository
            act(cli, gateway)
        return Normaliser(repository, home).lines(cli.frames)
    finally:
        gateway.close()
        shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--into", type=pathlib.Path,
                        default=HERE.parent / "data" / "claude")
    parser.add_argument("--only", choices=sorted(SCENARIOS), action="append")
    parser.add_argument("executables", nargs="+", metavar="CLI")
    options = parser.parse_args()
    for executable in options.executables:
        into = options.into / version_of(executable)
        into.mkdir(parents=True, exist_ok=True)
        for name in options.only or SCENARIOS:
            try:
                lines = record(executable, name)
            except AssertionError as problem:
                print(f"{into.name} {name}: {problem}", file=sys.stderr)
                continue
            (into / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
            print(f"{into.name} {name}: {len(lines)} lines")


if __name__ == "__main__":
    main()
