"""What claude CLIs are led through to record what they write: functions that
get a CLI and its gateway, in SCENARIOS with arguments and ways to start."""
import time

import claude_cli
from messages_gateway import Reply, error, text, thinking, tool

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
