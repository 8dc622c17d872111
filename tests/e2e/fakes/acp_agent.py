"""A scripted ACP agent over stdio. Its one argument is a directory with
`script.json`; what happens to it is appended to `record.jsonl` there.

Script members (all optional):
  delay        {method: seconds} before the answer to a method
  at           {moment: fault}; moments are "start" and the methods, faults are
               "exit", "crash", "hang", "garbage", "long_line",
               "close_stdout", "no_newline"; after an answer: "after <method>"
  error        {method: JSON-RPC error object}
  session      further members of the result of session/new
  turn         steps of a turn, see `play`
  stop_reason  of a turn (end_turn)
  stderr       text written to stderr at the start
  exit_status  of "exit" (0)
  grandchildren  how many processes to leave in sessions of their own
  daemons      how many to leave that keep neither session, environment nor
               parent
  ignore_term  SIGTERM does nothing
"""
import json
import os
import queue
import resource
import signal
import sys
import threading
import time

HERE = sys.argv[1]
with open(os.path.join(HERE, "script.json")) as file:
    SCRIPT = json.load(file)


def record(event, **fields):
    fields.update(event=event, pid=os.getpid(), at=time.monotonic())
    with open(os.path.join(HERE, "record.jsonl"), "a") as file:
        file.write(json.dumps(fields) + "\n")


def write(data):
    while data:
        data = data[os.write(1, data):]


def send(message):
    write(json.dumps(message, separators=(",", ":")).encode() + b"\n")


def for_ever():
    while True:
        time.sleep(3600)


def fail(fault):
    if fault == "exit":
        os._exit(SCRIPT.get("exit_status", 0))
    elif fault == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif fault == "hang":
        for_ever()
    elif fault == "garbage":
        write(b"Welcome to the agent!\n\x00\xff not { json\n" * 5000)
        for_ever()
    elif fault == "long_line":
        block = b"x" * (1 << 20)
        for _ in range(40):
            write(block)
        write(b"\n")
        for_ever()
    elif fault == "close_stdout":
        os.close(1)
        for_ever()
    elif fault == "no_newline":
        write(b'{"jsonrpc":"2.0"')
        for_ever()
    else:
        raise ValueError(fault)


class Agent:
    def __init__(self):
        self.incoming = queue.Queue()
        self.cancelled = threading.Event()
        self.session_id = "session-%d" % os.getpid()
        self.next_id = 0
        self.answers = {}

    def read(self):
        for line in sys.stdin.buffer:
            record("received", line=line.decode())
            message = json.loads(line)
            # In the order of the lines: a cancel is of the prompt before it.
            if message.get("method") == "session/prompt":
                self.cancelled.clear()
            if message.get("method") == "session/cancel":
                self.cancelled.set()
            self.incoming.put(message)
        record("eof")
        self.incoming.put(None)

    def serve(self):
        threading.Thread(target=self.read, daemon=True).start()
        while True:
            message = self.incoming.get()
            if message is None:
                os._exit(0)
            if "method" in message and "id" in message:
                self.answer(message)

    def answer(self, message):
        method = message["method"]
        fault = SCRIPT.get("at", {}).get(method)
        if fault:
            fail(fault)
        time.sleep(SCRIPT.get("delay", {}).get(method, 0))
        reply = {"jsonrpc": "2.0", "id": message["id"]}
        error = SCRIPT.get("error", {}).get(method)
        if error:
            reply["error"] = error
        elif method == "initialize":
            reply["result"] = {
                "protocolVersion": 1,
                "agentCapabilities": {"promptCapabilities": {"image": True}},
                "agentInfo": {"name": "scripted", "title": "Scripted Agent",
                              "version": "1.2.3"},
                "authMethods": []}
        elif method == "session/new":
            reply["result"] = {"sessionId": self.session_id,
                               **SCRIPT.get("session", {})}
        elif method == "session/prompt":
            reason = self.play(SCRIPT.get("turn", [{"chunk": "Hello."}]))
            reply["result"] = {"stopReason": reason}
        elif method in ("session/set_config_option", "session/set_mode",
                        "session/set_model"):
            reply["result"] = SCRIPT.get("set_result", {})
        else:
            reply["error"] = {"code": -32601, "message": "Method not found"}
        send(reply)
        fault = SCRIPT.get("at", {}).get("after " + method)
        if fault:
            fail(fault)

    def update(self, update):
        send({"jsonrpc": "2.0", "method": "session/update",
              "params": {"sessionId": self.session_id, "update": update}})

    def play(self, steps):
        """Steps: {"chunk": text}, {"update": {...}}, {"sleep": seconds},
        {"wait_cancel": true}, {"request": {"method", "params"}},
        {"raw": text}, {"fault": name}."""
        for step in steps:
            if self.cancelled.is_set():
                return "cancelled"
            if "chunk" in step:
                self.update({"sessionUpdate": "agent_message_chunk",
                             "content": {"type": "text",
                                         "text": step["chunk"]}})
            elif "update" in step:
                self.update(step["update"])
            elif "sleep" in step:
                self.cancelled.wait(step["sleep"])
            elif "wait_cancel" in step:
                self.cancelled.wait()
            elif "request" in step:
                self.ask(step["request"])
            elif "raw" in step:
                write(step["raw"].encode())
            elif "fault" in step:
                fail(step["fault"])
        if self.cancelled.is_set():
            return "cancelled"
        return SCRIPT.get("stop_reason", "end_turn")

    def ask(self, request):
        """Sends a request to the client and waits for its answer."""
        self.next_id += 1
        params = dict(request["params"], sessionId=self.session_id)
        send({"jsonrpc": "2.0", "id": self.next_id,
              "method": request["method"], "params": params})
        while True:
            message = self.incoming.get()
            if message is None:
                os._exit(0)
            if "method" not in message and message.get("id") == self.next_id:
                record("answered", message=message)
                outcome = message.get("result", {}).get("outcome", {})
                if outcome == {"outcome": "cancelled"}:
                    # A cancel follows in the next line, if it was one.
                    self.cancelled.wait(0.2)
                return


def leave_grandchildren(number):
    for _ in range(number):
        if os.fork() == 0:
            os.setsid()
            if SCRIPT.get("ignore_term"):
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for fd in (0, 1, 2):
                os.close(fd)
            record("grandchild")
            for_ever()


def leave_daemons(number):
    """Processes that keep neither group, environment nor parent."""
    for _ in range(number):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        os.setsid()
        if os.fork():
            os._exit(0)
        record("grandchild")
        for fd in (0, 1, 2):
            os.close(fd)
        os.execve("/bin/sleep", ["sleep", "1000"], {})


def main():
    if SCRIPT.get("ignore_term"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    record("started", argv=sys.argv, env=dict(os.environ), cwd=os.getcwd(),
           nofile=resource.getrlimit(
               resource.RLIMIT_NOFILE))
    if "stderr" in SCRIPT:
        os.write(2, SCRIPT["stderr"].encode())
    leave_grandchildren(SCRIPT.get("grandchildren", 0))
    leave_daemons(SCRIPT.get("daemons", 0))
    time.sleep(SCRIPT.get("delay", {}).get("start", 0))
    fault = SCRIPT.get("at", {}).get("start")
    if fault:
        fail(fault)
    Agent().serve()


main()
