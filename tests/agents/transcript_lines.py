"""Transcripts that are alike on every machine and in every run."""
import collections
import copy
import json
import re

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
