"""The task API: one task with one run."""
import copy
import re
import uuid

from .http_fake import Answer, HttpFake

PROJECT = "42"


class ControlPlane(HttpFake):
    def __init__(self, **options):
        self.task_id = str(uuid.uuid4())
        self.run_id = str(uuid.uuid4())
        self.task = {"id": self.task_id, "title": "A task",
                     "description": "Say hello.", "internal": False,
                     "json_schema": None}
        self.run = {"id": self.run_id, "task": self.task_id,
                    "status": "queued", "state": {}, "artifacts": [],
                    "output": None, "branch": None, "log_url": None}
        # Other runs of the task, and their logs.
        self.earlier, self.logs = {}, {}
        # What artifacts hold, by their storage path.
        self.stored = {}
        super().__init__(**options)

    def classify(self, method, path):
        # A proxy is asked for a whole URL.
        path = re.sub(r"^https?://[^/]*", "", path)
        task = f"/api/projects/{PROJECT}/tasks/{self.task_id}"
        run = f"{task}/runs/{self.run_id}"
        known = {task + "/": "task", run + "/": "run",
                 run + "/append_log/": "append_log",
                 run + "/relay_message/": "relay_message",
                 run + "/set_output/": "set_output",
                 run + "/artifacts/": "artifacts",
                 run + "/artifacts/download/": "artifacts/download",
                 run + "/logs": "logs"}
        for run_id in self.earlier:
            earlier = f"{task}/runs/{run_id}"
            known.update({earlier + "/": "earlier run",
                          earlier + "/logs": "earlier logs"})
        return f"{method} {known.get(path, path)}"

    def usual(self, request):
        kind = request.kind
        if kind == "GET task":
            return Answer(body=copy.deepcopy(self.task))
        if kind == "GET run":
            return Answer(body=copy.deepcopy(self.run))
        if kind == "PATCH run":
            self._patch(request.json)
            return Answer(body=copy.deepcopy(self.run))
        if kind == "PATCH set_output":
            self.run["output"] = request.json["output"]
            return Answer(body={})
        if kind == "POST artifacts":
            return Answer(body={"artifacts": self._keep(request.json)})
        if kind == "POST artifacts/download":
            content = self.stored.get(request.json["storage_path"])
            if content is not None:
                return Answer(body=content)
        if kind in ("POST append_log", "POST relay_message"):
            return Answer(body={})
        if kind == "GET earlier run":
            return Answer(body=self.earlier[request.path.split("/")[-2]])
        if kind == "GET earlier logs":
            log = self.logs[request.path.split("/")[-2]]
            return Answer(body=log, headers={
                "Content-Type": "application/x-ndjson"})
        return Answer(404, {"detail": "Not found."})

    def add_run(self, run_id, log):
        """Another run of the task, with the text of its log."""
        self.earlier[run_id] = {
            "id": run_id, "task": self.task_id, "status": "completed",
            "state": {}, "artifacts": [], "log_url": f"{self.url}/log"}
        self.logs[run_id] = log.encode()

    def _keep(self, upload):
        for artifact in upload["artifacts"]:
            path = f"tasks/{self.run_id}/{artifact['name']}"
            self.stored[path] = artifact["content"].encode()
            self.run["artifacts"].append(
                {"id": str(uuid.uuid4()), "name": artifact["name"],
                 "type": artifact["type"], "storage_path": path,
                 "content_type": artifact["content_type"]})
        return copy.deepcopy(self.run["artifacts"])

    def _patch(self, change):
        for key, value in change.items():
            if key == "state_remove_keys":
                for name in value:
                    self.run["state"].pop(name, None)
            else:
                self.run[key] = value

    @property
    def patches(self):
        return [r.json for r in self.of("PATCH run")]

    @property
    def statuses(self):
        return [p["status"] for p in self.patches if "status" in p]

    @property
    def entries(self):
        """Log entries, in the order in which they were delivered."""
        return [entry for r in self.of("POST append_log")
                for entry in r.json["entries"]]

    def entries_of(self, method):
        return [e["notification"] for e in self.entries
                if e["notification"].get("method") == method]

    def unexpected(self):
        """Requests that are not of the task API."""
        return [r.kind for r in self.requests
                if re.match(r"\w+ /", r.kind)]
