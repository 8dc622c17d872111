"""A model gateway that streams the Messages API from a script of replies.

A reply is a list of blocks (`text`, `thinking`, `tool`), a `Reply` where more
is to be said, an `error`, or a function that gets the request and returns one
of these.
"""
import collections
import dataclasses
import itertools
import json

from fakes.gateway import Gateway
from fakes.http_fake import Answer, Drop, Stream

STATUS_TYPES = {400: "invalid_request_error", 401: "authentication_error",
                403: "permission_error", 404: "not_found_error",
                429: "rate_limit_error", 500: "api_error",
                529: "overloaded_error"}


def text(words, pause=0.0):
    """Text in a delta a word, with `pause` seconds before each."""
    return {"type": "text", "text": words, "pause": pause}


def thinking(words, pause=0.0):
    return {"type": "thinking", "thinking": words, "pause": pause}


def tool(tool_name, **tool_input):
    return {"type": "tool_use", "name": tool_name, "input": tool_input,
            "pause": 0.0}


@dataclasses.dataclass
class Reply:
    blocks: list
    stop_reason: str = ""  # what follows from the blocks, when empty
    input_tokens: int = 1000
    output_tokens: int = 20
    cache_read_tokens: int = 200
    cache_creation_tokens: int = 30
    delay: float = 0.0     # before the first event
    cut: bool = False      # closes the connection where the end should come
    failure: str = ""      # an error event of this type in place of the end


def error(status, message="the gateway said no", **headers):
    return Answer(status, {"type": "error", "error": {
        "type": STATUS_TYPES[status], "message": message}}, headers=headers)


def _pieces_of(block):
    """The deltas of a block."""
    kind = block["type"]
    if kind == "text":
        return [{"type": "text_delta", "text": piece}
                for piece in _words(block["text"])]
    if kind == "thinking":
        return [{"type": "thinking_delta", "thinking": piece}
                for piece in _words(block["thinking"])] + [
                    {"type": "signature_delta", "signature": "c2lnbmVk"}]
    whole = json.dumps(block["input"])
    size = max(1, -(-len(whole) // 4))
    return [{"type": "input_json_delta", "partial_json": ""}] + [
        {"type": "input_json_delta", "partial_json": whole[at:at + size]}
        for at in range(0, len(whole), size)]


def _words(words):
    first, *others = words.split(" ")
    return [first] + [" " + word for word in others]


class MessagesRequest:
    """A recorded POST /v1/messages."""

    def __init__(self, request):
        self.at, self.path, self.headers = (request.at, request.path,
                                            request.headers)
        self.body = request.json
        self.model = self.body["model"]

    def __getitem__(self, name):
        return self.body[name]

    def get(self, name, default=None):
        return self.body.get(name, default)

    @property
    def system(self):
        system = self.body.get("system", "")
        if isinstance(system, str):
            return system
        return "\n".join(block.get("text", "") for block in system)

    @property
    def tools(self):
        return [each["name"] for each in self.body.get("tools", [])]

    @property
    def messages(self):
        return self.body["messages"]

    def blocks(self, role=None):
        """All content blocks, of one role or of both, in order."""
        return [block for message in self.messages
                if role in (None, message["role"])
                for block in _blocks(message)]

    @property
    def texts(self):
        return [b["text"] for b in self.blocks() if b["type"] == "text"]

    def says(self, words, role=None):
        return any(words in b.get("text", "") for b in self.blocks(role))

    @property
    def results(self):
        """Tool results by the id of their call: (text, is_error)."""
        return {b["tool_use_id"]: (_result_text(b), bool(b.get("is_error")))
                for b in self.blocks("user") if b["type"] == "tool_result"}

    @property
    def last_result(self):
        """Text of the newest tool result, None when the newest message
        holds none."""
        found = [b for b in _blocks(self.messages[-1])
                 if b["type"] == "tool_result"]
        return _result_text(found[-1]) if found else None


def _blocks(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) \
        else content


def _result_text(block):
    content = block.get("content", "")
    if isinstance(content, str):
        return content
    return "\n".join(each.get("text", "") for each in content)


class MessagesGateway(Gateway):
    """Answers each model call with the next scripted reply; when there is
    none left, with "Done."."""

    def __init__(self, *replies, **options):
        self.replies = collections.deque(replies)
        self.rules = []
        self._ids = itertools.count(1)
        super().__init__(**options)

    def script(self, *replies):
        self.replies.extend(replies)

    def when(self, holds, *replies):
        """Requests for which `holds(request)` take these replies; the last
        one serves for all that follow."""
        self.rules.append((holds, collections.deque(replies)))

    def classify(self, method, path):
        path = path.split("?")[0]
        if path.endswith("/v1/messages"):
            return f"{method} messages"
        if path.endswith("/v1/messages/count_tokens"):
            return f"{method} count_tokens"
        return super().classify(method, path)

    @property
    def calls(self):
        """The model calls so far."""
        return [MessagesRequest(r) for r in self.of("POST messages")]

    def wait_for_call(self, number=1, timeout=30):
        self.wait_for_kind("POST messages", number, timeout)
        return self.calls[number - 1]

    def usual(self, request):
        if request.kind == "POST count_tokens":
            return Answer(body={"input_tokens": 1000})
        if request.kind == "POST messages":
            return self._reply_to(MessagesRequest(request))
        if request.method == "HEAD":
            return Answer(200, b"")
        return super().usual(request)

    def _reply_to(self, request):
        reply = self._choose(request)
        if callable(reply):
            reply = reply(request)
        if isinstance(reply, list):
            reply = Reply(reply)
        if not isinstance(reply, Reply):
            return reply
        if request.get("stream"):
            return Stream(self._events(request, reply), headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-cache", "request-id": "req_test"})
        return Answer(body=self._message(request, reply), delay=reply.delay)

    def _choose(self, request):
        for holds, replies in self.rules:
            if holds(request):
                return replies[0] if len(replies) == 1 else replies.popleft()
        return self.replies.popleft() if self.replies else [text("Done.")]

    def _new_id(self, prefix):
        return f"{prefix}_{next(self._ids):04d}"

    @staticmethod
    def _stop_reason(reply):
        if reply.stop_reason:
            return reply.stop_reason
        uses = any(b["type"] == "tool_use" for b in reply.blocks)
        return "tool_use" if uses else "end_turn"

    @staticmethod
    def _usage(reply, output):
        return {"input_tokens": reply.input_tokens,
                "cache_creation_input_tokens": reply.cache_creation_tokens,
                "cache_read_input_tokens": reply.cache_read_tokens,
                "output_tokens": output}

    def _message(self, request, reply):
        content = []
        for block in reply.blocks:
            block = {k: v for k, v in block.items() if k != "pause"}
            if block["type"] == "tool_use":
                block["id"] = self._new_id("toolu")
            content.append(block)
        return {"id": self._new_id("msg"), "type": "message",
                "role": "assistant", "model": request.model,
                "content": content, "stop_reason": self._stop_reason(reply),
                "stop_sequence": None,
                "usage": self._usage(reply, reply.output_tokens)}

    def _events(self, request, reply):
        if reply.delay:
            yield reply.delay
        yield _event("message_start", message={
            "id": self._new_id("msg"), "type": "message", "role": "assistant",
            "model": request.model, "content": [], "stop_reason": None,
            "stop_sequence": None, "usage": self._usage(reply, 1)})
        for index, block in enumerate(reply.blocks):
            kind = block["type"]
            start = {"text": {"type": "text", "text": ""},
                     "thinking": {"type": "thinking", "thinking": "",
                                  "signature": ""}}.get(kind)
            if kind == "tool_use":
                start = {"type": "tool_use", "id": self._new_id("toolu"),
                         "name": block["name"], "input": {}}
            yield _event("content_block_start", index=index,
                         content_block=start)
            for delta in _pieces_of(block):
                if block["pause"]:
                    yield block["pause"]
                yield _event("content_block_delta", index=index, delta=delta)
            yield _event("content_block_stop", index=index)
        if reply.failure:
            yield _event("error", error={"type": reply.failure,
                                         "message": "it broke midway"})
            return
        if reply.cut:
            yield Drop()
            return
        yield _event("message_delta", delta={
            "stop_reason": self._stop_reason(reply), "stop_sequence": None},
            usage=self._usage(reply, reply.output_tokens))
        yield _event("message_stop")


def _event(kind, **fields):
    data = json.dumps({"type": kind, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()
