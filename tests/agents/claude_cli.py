"""A claude CLI driven by hand over its stdin and stdout."""
import itertools
import json
import os
import signal
import subprocess
import threading
import time
import uuid

# What every start has, in the spelling that old and new CLIs take.
FLAGS = ["--output-format", "stream-json", "--verbose",
         "--input-format", "stream-json", "--permission-prompt-tool", "stdio",
         "--include-partial-messages", "--replay-user-messages",
         "--setting-sources=user,project,local",
         "--allow-dangerously-skip-permissions"]
ENVIRONMENT = {
    "IS_SANDBOX": "1",
    "CLAUDE_CODE_ENTRYPOINT": "sdk-ts",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS": "1",
    "CLAUDE_CODE_ENABLE_ASK_USER_QUESTION_TOOL": "true",
    "CLAUDE_CODE_ENABLE_TASKS": "0",
    "ENABLE_TOOL_SEARCH": "auto:0",
    "MCP_CONNECTION_NONBLOCKING": "1",
}


def words(executable):
    """How an executable is started: a script needs node."""
    executable = str(executable)
    return ["node", executable] if executable.endswith(".js") \
        else [executable]


class ClaudeCli:
    """`answer(request)` gives the response to what the CLI asks; None leaves
    the question open."""

    def __init__(self, executable, cwd, home, gateway, *args, env=(),
                 answer=None, session_id=None):
        self.session_id = session_id or str(uuid.uuid4())
        self.frames = []
        self.ended = False
        self._answer = answer or (lambda request: {
            "behavior": "allow", "updatedInput": request["input"]})
        self._ids = itertools.count(1)
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        if "--resume" not in args:
            args = (*args, "--session-id", self.session_id)
        self.process = subprocess.Popen(
            words(executable) + FLAGS + list(args), cwd=cwd,
            env={"PATH": os.environ["PATH"], "HOME": str(home),
                 "ANTHROPIC_BASE_URL": gateway.product_url,
                 "ANTHROPIC_API_KEY": "key", "ANTHROPIC_AUTH_TOKEN": "key",
                 **ENVIRONMENT, **dict(env)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self.errors = b""
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors += line

    def _read(self):
        for line in self.process.stdout:
            frame = json.loads(line)
            with self._changed:
                self.frames.append(frame)
                self._changed.notify_all()
            if frame["type"] == "control_request":
                response = self._answer(frame["request"])
                if response is not None:
                    self.respond(frame["request_id"], response)
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def send(self, frame):
        with self._writing:
            self.process.stdin.write(json.dumps(frame).encode() + b"\n")
            self.process.stdin.flush()

    def respond(self, request_id, response):
        self.send({"type": "control_response", "response": {
            "subtype": "success", "request_id": request_id,
            "response": response}})

    def request(self, subtype, **fields):
        """Sends a request and returns its id."""
        request_id = f"ours-{next(self._ids)}"
        self.send({"type": "control_request", "request_id": request_id,
                   "request": {"subtype": subtype, **fields}})
        return request_id

    def call(self, subtype, timeout=30, **fields):
        """The response to a request."""
        request_id = self.request(subtype, **fields)
        frame = self.wait_for(lambda f: f["type"] == "control_response"
                              and f["response"]["request_id"] == request_id,
                              timeout=timeout)
        assert frame["response"]["subtype"] == "success", frame
        return frame["response"].get("response")

    def prompt(self, content):
        self.send({"type": "user", "message": {"role": "user",
                                               "content": content},
                   "parent_tool_use_id": None, "session_id": ""})

    def wait_for(self, holds, after=0, timeout=60):
        """The first frame from number `after` on for which it holds."""
        until = time.monotonic() + timeout
        with self._changed:
            while True:
                for frame in self.frames[after:]:
                    if holds(frame):
                        return frame
                left = until - time.monotonic()
                assert left > 0 and not self.ended, \
                    "it did not come; the frames were\n" + "\n".join(
                        json.dumps(f)[:300] for f in self.frames[after:]) + \
                    self.errors.decode(errors="replace")
                self._changed.wait(min(left, 0.2))

    def turn(self, content, timeout=60):
        """Prompts, and waits for the result and the idle state behind it."""
        before = len(self.frames)
        self.prompt(content)
        return self.wait_for_turn(before, timeout)

    def wait_for_turn(self, after=0, timeout=60):
        result = self.wait_for(lambda f: f["type"] == "result", after, timeout)
        self.wait_for(is_idle, self.frames.index(result), timeout)
        return result

    def close(self):
        """Ends its whole process group."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_idle(frame):
    return frame["type"] == "system" and \
        frame.get("subtype") == "session_state_changed" and \
        frame.get("state") == "idle"
