"""An HTTP/1.1 server in the test's process that records what it is asked and
answers, fails or hangs as the test says."""
import collections
import dataclasses
import http.server
import itertools
import json
import select
import socket
import socketserver
import threading
import time


@dataclasses.dataclass
class Request:
    kind: str
    method: str
    path: str
    headers: dict
    body: bytes
    at: float
    connection: int

    @property
    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Answer:
    """What to send. `body` may be bytes, or anything that json can write."""
    status: int = 200
    body: object = b"{}"
    delay: float = 0.0  # before the answer's first byte
    headers: dict = dataclasses.field(default_factory=dict)
    drip: float = 0.0   # seconds between the bytes of the body
    size: int = 0       # pads the body to this many bytes

    def bytes(self):
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


@dataclasses.dataclass
class Stream:
    """A body that comes in pieces: `pieces` yields bytes to send, numbers of
    seconds to wait, or Drop() to close the connection in the middle."""
    pieces: object
    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)


class Hang:
    """Takes the request and never answers."""


class Drop:
    """Closes the connection instead of answering."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass  # a client that goes away is what some tests are about


class HttpFake:
    """Subclasses name requests (`classify`) and give the usual answers
    (`usual`)."""

    def __init__(self, tls=None, latency=0.0):
        self.requests = []
        self.latency = latency
        # kind -> answers to give first / instead of the usual one
        self.next = collections.defaultdict(collections.deque)
        self.always = {}
        self.closing = threading.Event()
        self._changed = threading.Condition()
        self._connections = itertools.count(1)
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                if tls:
                    self.request.settimeout(10)
                    self.request = tls.wrap_socket(self.request,
                                                   server_side=True)
                    self.request.settimeout(None)
                super().setup()
                self.connection_number = next(fake._connections)

            def log_message(self, *_):
                pass

            def handle_any(self):
                fake._handle(self)

            do_GET = do_POST = do_PATCH = do_PUT = do_HEAD = handle_any

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.scheme = "https" if tls else "http"
        threading.Thread(target=self._server.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def refuse(self):
        """From now on connections are refused."""
        self._server.shutdown()
        self._server.server_close()

    def of(self, kind):
        with self._changed:
            return [r for r in self.requests if r.kind == kind]

    def count(self, kind):
        return len(self.of(kind))

    def wait_for(self, predicate, timeout=10):
        """Waits until predicate(self) holds; returns its value."""
        until = time.monotonic() + timeout
        with self._changed:
            while True:
                value = predicate(self)
                if value:
                    return value
                left = until - time.monotonic()
                assert left > 0, "it did not happen; the requests were " + \
                    ", ".join(r.kind for r in self.requests)
                self._changed.wait(min(left, 0.2))

    def wait_for_kind(self, kind, number=1, timeout=10):
        self.wait_for(lambda f: f.count(kind) >= number, timeout)
        return self.of(kind)[number - 1]

    def classify(self, method, path):
        raise NotImplementedError

    def usual(self, request):
        raise NotImplementedError

    def _handle(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        request = Request(
            self.classify(handler.command, handler.path), handler.command,
            handler.path, dict(handler.headers.items()), body,
            time.monotonic(), handler.connection_number)
        with self._changed:
            self.requests.append(request)
            waiting = self.next[request.kind]
            answer = waiting.popleft() if waiting else \
                self.always.get(request.kind)
            if answer is None:
                answer = self.usual(request)
            self._changed.notify_all()
        if isinstance(answer, Hang):
            self.closing.wait(120)
            answer = Drop()
        if isinstance(answer, Drop):
            handler.close_connection = True
            try:
                handler.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            return
        if isinstance(answer, Stream):
            self._stream(handler, answer)
            return
        self._send(handler, answer)

    def _stream(self, handler, answer):
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Transfer-Encoding", "chunked")
        try:
            handler.end_headers()
            for piece in answer.pieces:
                if isinstance(piece, Drop):
                    handler.close_connection = True
                    handler.connection.shutdown(socket.SHUT_RDWR)
                    return
                if isinstance(piece, (int, float)):
                    if self._gone(handler.connection, piece):
                        handler.close_connection = True
                        return
                    continue
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            handler.close_connection = True

    def _gone(self, connection, seconds):
        """Waits; true as soon as the peer hung up or the fake is closing."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.closing.is_set():
                return True
            if select.select([connection], [], [], min(left, 0.05))[0]:
                try:
                    if not connection.recv(1, socket.MSG_PEEK):
                        return True
                except OSError:
                    return True
                time.sleep(min(left, 0.05))
        return False

    def _send(self, handler, answer):
        delay = answer.delay + self.latency
        if delay:
            self.closing.wait(delay)
        body = answer.bytes()
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if "Content-Type" not in answer.headers:
            handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length",
                            str(max(len(body), answer.size)))
        try:
            handler.end_headers()
            if handler.command == "HEAD":
                return
            if answer.drip:
                for byte in body:
                    handler.wfile.write(bytes([byte]))
                    if self.closing.wait(answer.drip):
                        break
            else:
                handler.wfile.write(body)
            left = answer.size - len(body)
            block = b" " * (1 << 20)
            while left > 0 and not self.closing.is_set():
                handler.wfile.write(block[:min(left, len(block))])
                left -= len(block)
        except OSError:
            handler.close_connection = True
