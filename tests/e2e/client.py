"""A caller: health polls, commands and the event stream."""
import http.client
import json
import socket
import threading
import time


def request(port, method, path, body=None, token=None, timeout=15,
            headers=None):
    """One exchange over a connection of its own: (status, headers, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def raw(port, data, timeout=5):
    """Sends bytes and returns all that comes back until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(data)
        received = b""
        while True:
            try:
                piece = s.recv(65536)
            except ConnectionResetError:
                return received
            if not piece:
                return received
            received += piece


class EventStream:
    """A GET /events that is read in the background."""

    def __init__(self, port, token, timeout=30, query="", headers=()):
        self._connection = http.client.HTTPConnection("127.0.0.1", port,
                                                      timeout=timeout)
        self._connection.request("GET", "/events" + query, headers={
            "Authorization": f"Bearer {token}",
            "Accept": "text/event-stream", **dict(headers)})
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.headers = {k.lower(): v for k, v in self._answer.getheaders()}
        self.bytes = b""
        self.ended = False
        self.ended_well = False
        self._changed = threading.Condition()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()
        else:
            self.bytes = self._answer.read()

    def _read(self):
        well = False
        try:
            while piece := self._answer.read1(65536):
                with self._changed:
                    self.bytes += piece
                    self._changed.notify_all()
            well = True
        except (OSError, http.client.HTTPException, ValueError,
                AttributeError):
            pass
        with self._changed:
            self.ended, self.ended_well = True, well
            self._changed.notify_all()

    @property
    def frames(self):
        """The frames so far, without the blank lines between them."""
        return self.bytes.split(b"\n\n")[:-1]

    @property
    def events(self):
        return [json.loads(data) for _, data in self.numbered]

    @property
    def numbered(self):
        """(id or None, data) of each event, as bytes."""
        found = []
        for frame in self.frames:
            *head, data = frame.split(b"\n")
            if data.startswith(b"data: "):
                name = head[0][len(b"id: "):].decode() if head else None
                found.append((name, data[len(b"data: "):]))
        return found

    @property
    def notifications(self):
        return [event["notification"] for event in self.events
                if event["type"] == "notification"]

    def methods(self):
        return [n.get("method") for n in self.notifications]

    def updates(self, kind):
        return [n["params"]["update"] for n in self.notifications
                if n.get("method") == "session/update"
                and n["params"]["update"].get("sessionUpdate") == kind]

    def wait_for(self, predicate, timeout=10):
        """Waits until predicate(self) holds; returns its value."""
        until = time.monotonic() + timeout
        with self._changed:
            while True:
                value = predicate(self)
                if value:
                    return value
                left = until - time.monotonic()
                assert left > 0 and not self.ended, \
                    "it did not come; the stream so far:\n" + \
                    self.bytes.decode(errors="replace")
                self._changed.wait(min(left, 0.2))

    def wait_for_method(self, method, number=1, timeout=10):
        return self.wait_for(
            lambda s: [n for n in s.notifications
                       if n.get("method") == method][number - 1:number],
            timeout)[0]

    def wait_for_end(self, timeout=5):
        with self._changed:
            self._changed.wait_for(lambda: self.ended, timeout)
            assert self.ended, "the stream goes on"

    def close(self):
        # close() alone waits for the reader, which holds the buffer.
        try:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass
        self._connection.close()
