"""A scripted Claude CLI that speaks stream-json. Its first argument is a
directory with `script.json`; what happens to it is appended to `record.jsonl`
there; the other arguments are the server's.

Script members (all optional):
  delay      {subtype: seconds} before the answer to a control request
  error      {subtype: text}
  die_at     "start", a subtype or "prompt": SIGKILL to itself
  turns      a list of turns, the last one again and again; a turn is a list of
             steps, see `play`
  structured structured_output of a result
  result     further members of every result
"""
import json
import os
import queue
import signal
import sys
import threading
import time
import uuid

HERE = sys.argv[1]
FLAGS = sys.argv[2:]
with open(os.path.join(HERE, "script.json")) as file:
    SCRIPT = json.load(file)


def record(event, **fields):
    fields.update(event=event, pid=os.getpid(), at=time.monotonic())
    with open(os.path.join(HERE, "record.jsonl"), "a") as file:
        file.write(json.dumps(fields) + "\n")


def send(message):
    data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[os.write(1, data):]


def flag(name):
    for word in FLAGS:
        if word.startswith(name + "="):
            return word[len(name) + 1:]
    return None


class Interrupted(Exception):
    pass


class Cli:
    def __init__(self):
        self.session_id = flag("--session-id") or flag("--resume")
        self.model = flag("--model")
        self.mode = "default"
        self.prompts = queue.Queue()
        self.answers = queue.Queue()
        self.requests = queue.Queue()
        self.interrupted = threading.Event()
        self.initialized = threading.Event()
        self.turns = 0

    def read(self):
        for line in sys.stdin.buffer:
            record("received", line=line.decode())
            message = json.loads(line)
            kind = message.get("type")
            if kind == "control_request":
                self.requests.put(message)
            elif kind == "control_response":
                self.answers.put(message["response"])
            elif kind == "user":
                self.prompts.put(message)
        record("eof")
        os._exit(0)

    def answer_requests(self):
        while True:
            message = self.requests.get()
            self.control(message["request_id"], message["request"])

    def control(self, request_id, request):
        subtype = request["subtype"]
        if SCRIPT.get("die_at") == subtype:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(SCRIPT.get("delay", {}).get(subtype, 0))
        error = SCRIPT.get("error", {}).get(subtype)
        if error:
            send({"type": "control_response", "response": {
                "subtype": "error", "request_id": request_id,
                "error": error}})
            return
        answer = {}
        if subtype == "initialize":
            answer = {"commands": [
                {"name": "review", "description": "Reviews",
                 "argumentHint": "what"},
                {"name": "login", "description": "Logs in",
                 "argumentHint": ""}],
                "models": [], "claude_code_version": "9.9.9",
                "account": {}}
        elif subtype == "set_permission_mode":
            self.mode = request["mode"]
            answer = {"mode": self.mode}
        elif subtype == "apply_flag_settings":
            self.model = request["settings"].get("model") or self.model
        elif subtype == "cancel_async_message":
            kept = []
            while not self.prompts.empty():
                kept.append(self.prompts.get())
            for prompt in kept:
                if prompt["uuid"] != request["message_uuid"]:
                    self.prompts.put(prompt)
            answer = {"cancelled": True}
        elif subtype == "interrupt":
            self.interrupted.set()
        send({"response": {"response": answer, "request_id": request_id,
                           "subtype": "success"}, "type": "control_response"})
        if subtype == "initialize":
            self.initialized.set()

    def stream(self, event, parent=None):
        send({"type": "stream_event", "event": event, "uuid": str(uuid.uuid4()),
              "session_id": self.session_id, "parent_tool_use_id": parent})

    def text(self, text):
        self.stream({"type": "message_start", "message": {
            "id": "m%d" % self.turns, "role": "assistant", "content": [],
            "model": self.model, "usage": {"input_tokens": 3,
                                           "output_tokens": 1}}})
        self.stream({"type": "content_block_start", "index": 0,
                     "content_block": {"type": "text", "text": ""}})
        self.stream({"type": "content_block_delta", "index": 0,
                     "delta": {"type": "text_delta", "text": text}})
        send({"type": "assistant", "session_id": self.session_id,
              "parent_tool_use_id": None, "message": {
                  "id": "m%d" % self.turns, "role": "assistant",
                  "model": self.model,
                  "content": [{"type": "text", "text": text}]}})
        self.stream({"type": "content_block_stop", "index": 0})
        self.stream({"type": "message_stop"})

    def ask(self, request):
        """Asks as the CLI does, and returns the response object."""
        request_id = str(uuid.uuid4())
        send({"type": "control_request", "request_id": request_id,
              "request": request})
        while True:
            if self.interrupted.is_set():
                send({"type": "control_cancel_request",
                      "request_id": request_id})
                raise Interrupted
            try:
                answer = self.answers.get(timeout=0.02)
            except queue.Empty:
                continue
            if answer["request_id"] == request_id:
                record("answered", answer=answer)
                return answer

    def play(self, step):
        """A step: {"text": …}, {"sleep": s}, {"tool": {name, input}} asks for
        leave, {"hook": {name, input}} calls the PreToolUse hook, {"die": 1},
        {"take_message": 1} waits for one and takes it up within the turn."""
        if "text" in step:
            self.text(step["text"])
        elif "sleep" in step:
            if self.interrupted.wait(step["sleep"]):
                raise Interrupted
        elif "tool" in step:
            self.ask({"subtype": "can_use_tool", "permission_suggestions": [],
                      "tool_use_id": "toolu_1", "tool_name":
                      step["tool"]["name"], "input": step["tool"]["input"]})
        elif "hook" in step:
            self.ask({"subtype": "hook_callback", "callback_id": "before-tool",
                      "tool_use_id": "toolu_1", "input": {
                          "hook_event_name": "PreToolUse",
                          "tool_name": step["hook"]["name"],
                          "tool_input": step["hook"]["input"]}})
        elif "take_message" in step:
            self.echo(self.prompts.get(timeout=20))
        elif "die" in step:
            os.kill(os.getpid(), signal.SIGKILL)

    def echo(self, prompt):
        send({**prompt, "isReplay": True, "session_id": self.session_id})

    def run(self, prompt):
        self.interrupted.clear()
        if SCRIPT.get("die_at") == "prompt":
            os.kill(os.getpid(), signal.SIGKILL)
        send({"type": "system", "subtype": "init",
              "session_id": self.session_id, "model": self.model,
              "permissionMode": self.mode, "cwd": os.getcwd(), "tools": [],
              "mcp_servers": [], "claude_code_version": "9.9.9"})
        self.echo(prompt)
        turns = SCRIPT.get("turns", [[{"text": "Hello."}]])
        turn = turns[min(self.turns, len(turns) - 1)]
        self.turns += 1
        result = {"usage": {"input_tokens": 3, "output_tokens": 2},
                  "num_turns": 1, "is_error": False, "subtype": "success",
                  "stop_reason": "end_turn", "result": "done",
                  "session_id": self.session_id}
        try:
            for step in turn:
                self.play(step)
        except Interrupted:
            result.update(is_error=True, subtype="error_during_execution",
                          terminal_reason="aborted_streaming")
        if "structured" in SCRIPT and self.turns >= SCRIPT.get(
                "structured_from", 1):
            result["structured_output"] = SCRIPT["structured"]
        send({**result, **SCRIPT.get("result", {}), "type": "result"})

    def serve(self):
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.answer_requests, daemon=True).start()
        prompt = self.prompts.get()
        self.initialized.wait()
        while True:
            self.run(prompt)
            prompt = self.prompts.get()


record("started", argv=FLAGS, env=dict(os.environ), cwd=os.getcwd())
if SCRIPT.get("die_at") == "start":
    os.kill(os.getpid(), signal.SIGKILL)
Cli().serve()
