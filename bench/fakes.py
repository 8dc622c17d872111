"""A control plane and a gateway whose times are set, and lines with a set
round-trip time. All real sockets; each connection has a thread."""

import json
import queue
import re
import socket
import ssl
import subprocess
import threading
import time

TASK = {
    "id": "T", "title": "Bench", "description": "Say hello.",
    "internal": False, "json_schema": None, "repository": None,
}
RUN = {
    "id": "R", "task": "T", "status": "queued", "branch": None, "output": None,
    "state": {}, "error_message": None,
}
MODELS = {"object": "list", "data": [
    {"id": name, "owned_by": "anthropic", "context_window": 200000,
     "supports_streaming": True, "supports_vision": True}
    for name in ("claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5")]}


def _event(kind, **fields):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


USAGE = {"input_tokens": 10, "output_tokens": 2}
# A model's whole answer, streamed.
ANSWER = (
    _event("message_start", message={
        "id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-opus-4-7", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": USAGE})
    + _event("content_block_start", index=0,
             content_block={"type": "text", "text": ""})
    + _event("content_block_delta", index=0,
             delta={"type": "text_delta", "text": "Hello."})
    + _event("content_block_stop", index=0)
    + _event("message_delta", usage=USAGE, delta={
        "stop_reason": "end_turn", "stop_sequence": None})
    + _event("message_stop")).encode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def label_of(method, path):
    path = path.split("?")[0]
    if path.endswith("/v1/models"):
        return method + " models"
    if path.endswith("/v1/messages"):
        return method + " messages"
    if path.endswith("/append_log/"):
        return method + " log"
    if re.search(r"/runs/[^/]+/$", path):
        return method + " run"
    if re.search(r"/tasks/[^/]+/$", path):
        return method + " task"
    return method + " " + path


class Listener:
    """Accepts on a port of its own and gives each connection a thread."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=self._guard, args=(connection,), daemon=True).start()

    def _guard(self, connection):
        try:
            self.serve(connection)
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            connection.close()

    def close(self):
        # A blocked accept() keeps the port open past close().
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class Api(Listener):
    """Task API and gateway. `delays`: seconds before the answer, by label.
    `seen`: one list of labels a connection, in their order. `first_at`: by
    label, when the first request had been read (time.monotonic())."""

    def __init__(self, context=None):
        self.context = context
        self.delays = {}
        self.seen = []
        self.first_at = {}
        super().__init__()

    def forget(self):
        self.seen = []
        self.first_at = {}

    def serve(self, connection):
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        mine = None
        stream = connection.makefile("rb")
        while True:
            first = stream.readline().split()
            if len(first) < 2:
                return
            method, path = first[0].decode(), first[1].decode()
            length = 0
            while True:
                line = stream.readline()
                if line in (b"\r\n", b""):
                    break
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            stream.read(length)
            label = label_of(method, path)
            self.first_at.setdefault(label, time.monotonic())
            if mine is None:
                mine = []
                self.seen.append(mine)
            mine.append(label)
            time.sleep(self.delays.get(label, 0))
            body = json.dumps({"GET task": TASK, "GET models": MODELS}
                              .get(label, RUN)).encode()
            kind = b"application/json"
            if label == "POST messages":
                body, kind = ANSWER, b"text/event-stream"
            # In one piece: two would meet the peer's delayed acknowledgement.
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\n"
                b"Content-Length: %d\r\n\r\n" % (kind, len(body)) + body)


class Line(Listener):
    """Forwards to a port as if it were `rtt` seconds away: half of it each
    way, and a whole one for the connection itself."""

    def __init__(self, target, rtt):
        self.target = target
        self.rtt = rtt
        super().__init__()

    def serve(self, connection):
        open_at = time.monotonic() + self.rtt
        far = socket.create_connection(("127.0.0.1", self.target))
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(
            target=self._pump, args=(far, connection, 0), daemon=True)
        back.start()
        self._pump(connection, far, open_at)
        back.join()
        far.close()

    def _pump(self, source, sink, not_before):
        pieces = queue.Queue()
        writer = threading.Thread(
            target=self._write, args=(pieces, sink), daemon=True)
        writer.start()
        try:
            while data := source.recv(65536):
                begin = max(time.monotonic(), not_before)
                pieces.put((begin + self.rtt / 2, data))
        except OSError:
            pass
        pieces.put((time.monotonic() + self.rtt / 2, b""))
        writer.join()

    @staticmethod
    def _write(pieces, sink):
        while True:
            due, data = pieces.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return


class Http2Front:
    """nghttpx with TLS and HTTP/2 before an Api."""

    def __init__(self, target, key, certificate, directory):
        self.port = free_port()
        self.log = directory / f"nghttpx-{self.port}.log"
        self.log.touch()
        self.skip = 0
        self.process = subprocess.Popen(
            ["nghttpx", "--workers=1", "--no-ocsp", "--conf=/dev/null",
             "--errorlog-file=/dev/null", f"--accesslog-file={self.log}",
             "--accesslog-format=$remote_port $alpn $method $path",
             f"--frontend=127.0.0.1,{self.port}",
             f"--backend=127.0.0.1,{target}", str(key), str(certificate)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.01)
        raise SystemExit("nghttpx did not start")

    def forget(self):
        self.skip = len(self.log.read_text().splitlines())

    @property
    def seen(self):
        connections = {}
        for line in self.log.read_text().splitlines()[self.skip:]:
            port, alpn, method, path = line.split()
            if alpn != "h2":
                method = alpn + " " + method
            connections.setdefault(port, []).append(label_of(method, path))
        return list(connections.values())

    def close(self):
        self.process.terminate()
        self.process.wait()
