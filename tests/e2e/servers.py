"""The real server under test, with everything around it faked."""
import itertools
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import time
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import client
import processes
from authority import make_authority
from fakes.control_plane import PROJECT, ControlPlane
from fakes.gateway import Gateway

HERE = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path(os.environ.get(
    "AGENT_SERVER_BINARY",
    HERE.parents[1] / "build/release/agent-server"))
API_KEY = "phx_e2e_api_key_5d7c"
PINNED = {"POSTHOG_CODE_MODEL": "claude-sonnet-4-6"}
AUDIENCE = "posthog:sandbox_connection"

# Below the ports that the kernel gives to outgoing connections, a range for
# each of the test runner's workers.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
_ports = itertools.count(20000 + 1000 * WORKER)

processes.adopt_orphans()


def free_port():
    while True:
        port = next(_ports)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Keys:
    def __init__(self):
        self.private = rsa.generate_private_key(65537, 2048)
        self.pem = self.private.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def token(self, run_id, task_id="task", key=None, algorithm="RS256",
              without=(), **claims):
        payload = {"run_id": run_id, "task_id": task_id, "team_id": 1,
                   "user_id": 7, "distinct_id": "someone", "aud": AUDIENCE,
                   "exp": int(time.time()) + 3600, **claims}
        for name in without:
            del payload[name]
        return jwt.encode(payload, key or self.private, algorithm)


class Agent:
    """A scripted agent's directory: what it shall do, and what it saw."""

    fake = "acp_agent.py"

    def __init__(self, directory, **script):
        self.directory = directory
        directory.mkdir()
        # A copy: the path of the checkout must not show in its command line.
        self.program = shutil.copy(HERE / "fakes" / self.fake, directory)
        self.record_file = directory / "record.jsonl"
        self.script(**script)

    def script(self, **script):
        (self.directory / "script.json").write_text(json.dumps(script))

    @property
    def words(self):
        return ["/usr/bin/python3", "-S", "-E", str(self.program),
                str(self.directory)]

    @property
    def command(self):
        return shlex.join(self.words)

    @property
    def record(self):
        if not self.record_file.exists():
            return []
        text = self.record_file.read_text()
        return [json.loads(line) for line in text.splitlines(True)
                if line.endswith("\n")]

    def of(self, event):
        return [r for r in self.record if r["event"] == event]

    @property
    def started(self):
        return self.of("started")

    def received(self, method):
        """Messages of a method, with the process that got them as `pid`."""
        found = []
        for entry in self.of("received"):
            message = json.loads(entry["line"])
            if message.get("method") == method:
                found.append(dict(message, pid=entry["pid"], at=entry["at"]))
        return found

    def wait_for(self, method, number=1, timeout=10):
        return processes.wait_until(
            lambda: self.received(method)[number - 1:number], timeout,
            f"{method} to the agent")[0]


class ClaudeCli(Agent):
    """A scripted Claude CLI."""

    fake = "claude_cli.py"

    def __init__(self, directory, **script):
        super().__init__(directory, **script)
        self.executable = directory / "claude"
        self.executable.write_text(
            f'#!/bin/sh\nexec {shlex.join(self.words)} "$@"\n')
        self.executable.chmod(0o755)

    def frames(self, kind):
        return [dict(message, pid=entry["pid"], at=entry["at"])
                for entry in self.of("received")
                if (message := json.loads(entry["line"]))["type"] == kind]

    def wait(self, predicate, timeout=10):
        return processes.wait_until(lambda: predicate(self), timeout,
                                    "what was waited for at the CLI")

    def requests(self, subtype):
        return [f["request"] for f in self.frames("control_request")
                if f["request"]["subtype"] == subtype]


class Server:
    def __init__(self, keys, directory, plane, gateway, agent, env, args,
                 without_env, wrapper):
        self.keys, self.plane, self.agent = keys, plane, agent
        self.port = free_port()
        self.run_id, self.task_id = plane.run_id, plane.task_id
        self.state = directory / "state"
        self.repository = directory / "repository"
        home = directory / "home"
        home.mkdir(exist_ok=True)
        self.env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "JWT_PUBLIC_KEY": keys.pem,
            "POSTHOG_API_URL": plane.url,
            "POSTHOG_PERSONAL_API_KEY": API_KEY,
            "POSTHOG_PROJECT_ID": PROJECT,
            "POSTHOG_AGENT_STATE_DIR": str(self.state),
        }
        if gateway is not None:
            self.env["LLM_GATEWAY_URL"] = gateway.product_url
        self.env.update(env)
        for name in without_env:
            self.env.pop(name, None)
        given = {"--port": str(self.port), "--taskId": self.task_id,
                 "--runId": self.run_id,
                 "--repositoryPath": str(self.repository)}
        if agent is not None:
            given["--agentCmd"] = getattr(agent, "command", agent)
        given.update(args)
        self.args = [word for name, value in given.items()
                     if value is not None for word in (name, value)]
        self.stdout_file = directory / "stdout"
        self.stderr_file = directory / "stderr"
        with open(self.stdout_file, "wb") as out, \
                open(self.stderr_file, "wb") as err:
            self.began = time.monotonic()
            self.process = subprocess.Popen(
                wrapper + [str(BINARY)] + self.args, env=self.env, cwd=home,
                stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.stdout_file.read_text(errors="replace")

    @property
    def errors(self):
        return self.stderr_file.read_text(errors="replace")

    def wait_log(self, text, timeout=5):
        processes.wait_until(lambda: text in self.log, timeout,
                             f"the log's \"{text}\"")

    def token(self, run_id=None, **claims):
        return self.keys.token(run_id or self.run_id, self.task_id, **claims)

    def request(self, method, path, **options):
        return client.request(self.port, method, path, **options)

    def health(self, query="", timeout=15):
        status, _, body = self.request("GET", "/health" + query,
                                       timeout=timeout)
        assert status == 200
        return json.loads(body)

    def boot_report(self, token=None):
        status, _, body = self.request("GET", "/boot",
                                       token=token or self.token())
        assert status == 200, body
        return json.loads(body)

    def wait_listening(self, timeout=10):
        def listens():
            assert self.process.poll() is None, self.log + self.errors
            try:
                return self.health()
            except OSError:
                return False
        processes.wait_until(listens, timeout, "listening")
        return self

    def wait_ready(self, timeout=20):
        self.wait_listening()
        health = self.health(f"?wait=hasSession&timeout={timeout}",
                             timeout=timeout + 5)
        assert health["hasSession"] is True, (health, self.log)
        return health

    def wait_failed(self, timeout=20):
        """The health body that tells of the failure, read while the process
        lingers."""
        self.wait_listening()
        health = self.health(f"?wait=hasSession&timeout={timeout}",
                             timeout=timeout + 5)
        assert health.get("readiness") == "failed", (health, self.log)
        return health

    def wait_exit(self, timeout=5):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it runs after {timeout} s; its log:\n{self.log}")

    def events(self, token=None, **options):
        stream = client.EventStream(self.port, token or self.token(),
                                    **options)
        return stream

    def command(self, method, params=None, id=1, token=None, timeout=15):
        body = {"jsonrpc": "2.0", "id": id, "method": method}
        if params is not None:
            body["params"] = params
        status, _, answer = self.request(
            "POST", "/command", body=body, token=token or self.token(),
            timeout=timeout)
        assert status == 200, (status, answer)
        return json.loads(answer)

    def terminate(self, timeout=2):
        self.process.send_signal(signal.SIGTERM)
        return self.wait_exit(timeout)


class House:
    """Starts servers and sees to it that nothing of them is left."""

    def __init__(self, keys, tmp_path):
        self.keys, self.tmp_path = keys, tmp_path
        self.servers, self.fakes, self.streams = [], [], []
        self.number = itertools.count(1)

    def plane(self, **options):
        self.fakes.append(ControlPlane(**options))
        return self.fakes[-1]

    def gateway(self, **options):
        self.fakes.append(Gateway(**options))
        return self.fakes[-1]

    def agent(self, **script):
        return Agent(self.tmp_path / f"agent{next(self.number)}", **script)

    def claude(self, **script):
        return ClaudeCli(self.tmp_path / f"agent{next(self.number)}", **script)

    def start_claude(self, cli=None, env=(), **options):
        """A server with the scripted Claude CLI."""
        cli = cli or self.claude()
        server = self.start(agent=None, env={
            **PINNED, "IS_SANDBOX": "1", "CLAUDE_CODE_EXECUTABLE":
            str(cli.executable), **dict(env)}, **options)
        server.agent = cli
        return server

    def start(self, plane=None, gateway="own", agent="own", env=(), args=(),
              without_env=(), script=None, wrapper=()):
        """`args` are flags by name; None leaves one out."""
        plane = plane or self.plane()
        gateway = self.gateway() if gateway == "own" else gateway
        if isinstance(agent, str) and agent == "own":
            agent = self.agent(**(script or {}))
        directory = self.tmp_path / f"server{next(self.number)}"
        directory.mkdir()
        server = Server(self.keys, directory, plane, gateway, agent,
                        dict(env), dict(args), without_env, list(wrapper))
        server.gateway = gateway
        self.servers.append(server)
        return server

    def orphans(self):
        return processes.orphans({s.pid for s in self.servers})

    def assert_no_orphans(self, within=3):
        try:
            processes.wait_until(lambda: not self.orphans(), within, "")
        except AssertionError:
            pytest.fail("left behind: " + "; ".join(
                f"{pid} {processes.command_line(pid)}"
                for pid in self.orphans()))

    def close(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.process.send_signal(signal.SIGTERM)
        late = []
        for server in self.servers:
            try:
                server.process.wait(5)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
                late.append(server)
        for fake in self.fakes:
            fake.close()
        try:
            self.assert_no_orphans()
        finally:
            for pid in self.orphans():
                os.kill(pid, signal.SIGKILL)
        assert not late, "SIGTERM did not end it:\n" + late[0].log


@pytest.fixture(scope="session")
def keys():
    return Keys()


@pytest.fixture
def house(keys, tmp_path, request):
    it = House(keys, tmp_path)
    yield it
    failed = getattr(request.node, "failed", False)
    if failed:
        for server in it.servers:
            print(f"--- log of the server at port {server.port}\n"
                  f"{server.log}{server.errors}")
    it.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed


@pytest.fixture
def ready(house):
    """A server with a session whose first turn is over."""
    server = house.start(env=PINNED)
    server.wait_ready()
    server.plane.wait_for(lambda p: p.entries_of("_posthog/turn_complete"))
    return server


@pytest.fixture
def ca(tmp_path_factory):
    """A certificate authority of the test's own: (CA file, server context)."""
    directory = tmp_path_factory.mktemp("ca")
    ca_file, cert_file, key_file = make_authority(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    context.set_alpn_protocols(["http/1.1"])
    return ca_file, context


def new_id():
    return str(uuid.uuid4())
