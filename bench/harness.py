"""Starts servers and agents, and does the arithmetic."""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import fakes

HERE = pathlib.Path(__file__).resolve().parent
SYSTEM_TRUST = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


def arguments(description, count, more=lambda parser: None):
    """`more` may add options to the parser."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", type=pathlib.Path,
                        default=HERE.parent / "build" / "release")
    parser.add_argument("--json", type=pathlib.Path,
                        help="write the raw numbers there")
    parser.add_argument("--count", type=int, default=count,
                        help="how many samples a figure (default %(default)s)")
    more(parser)
    options = parser.parse_args()
    for program in ("agent-server", "bench/timed_agent"):
        if not (options.build / program).exists():
            sys.exit(f"{options.build / program} is missing: build with "
                     "-DAGENT_SERVER_BENCH=ON, or name the directory with "
                     "--build")
    return options


def write_json(options, numbers):
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1) + "\n")


def interval(samples, of=statistics.median, rounds=4000):
    """95 % confidence interval of a statistic, by bootstrap."""
    draw = random.Random(1)
    found = sorted(of(draw.choices(samples, k=len(samples)))
                   for _ in range(rounds))
    return found[int(rounds * 0.025)], found[int(rounds * 0.975)]


def difference(ours, theirs):
    """Median of pairwise differences with its interval."""
    pairs = [a - b for a, b in zip(ours, theirs)]
    return statistics.median(pairs), interval(pairs)


def run(*command, **kwargs):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, **kwargs)


class Bench:
    """A directory with keys and certificates, gone at the end."""

    def __init__(self, options):
        self.build = options.build
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="agent-bench-"))
        d = self.directory
        self.log = d / "server.log"
        run("openssl", "genrsa", "-out", d / "jwt.key", "2048")
        run("openssl", "rsa", "-in", d / "jwt.key", "-pubout",
            "-out", d / "jwt.pem")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
            "-keyout", d / "ca.key", "-out", d / "ca.pem", "-days", "2",
            "-subj", "/CN=bench CA")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes",
            "-keyout", d / "tls.key", "-out", d / "tls.csr",
            "-subj", "/CN=localhost")
        (d / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        run("openssl", "x509", "-req", "-in", d / "tls.csr", "-CA",
            d / "ca.pem", "-CAkey", d / "ca.key", "-CAcreateserial", "-days",
            "2", "-extfile", d / "names", "-out", d / "tls.pem")
        # The system's bundle costs what it costs on a real machine.
        trust = (d / "ca.pem").read_text()
        if SYSTEM_TRUST.exists():
            trust += SYSTEM_TRUST.read_text()
        (d / "trust.pem").write_text(trust)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)

    def program(self, name):
        return str(self.build / "bench" / name)

    def agent(self, handshake, session=0):
        return f"{self.program('timed_agent')} {handshake} {session}"

    def floor(self, handshake, session=0):
        """ms from spawn to the answers of a hand-started agent."""
        out = subprocess.run(
            [self.program("hand_start"), self.program("timed_agent"),
             str(handshake), str(session)],
            check=True, capture_output=True, text=True).stdout.split()
        return int(out[0]) / 1e6, int(out[1]) / 1e6


class World:
    """Control plane and gateway: `http`, `https` (HTTP/1.1) or `h2`."""

    def __init__(self, bench, scheme="http", rtt=0.0):
        self.bench = bench
        self.scheme = scheme
        self.closing = []
        self.control, control_port, self.control_seen = self._side(rtt)
        self.gateway, gateway_port, self.gateway_seen = self._side(rtt)
        base = "http" if scheme == "http" else "https"
        self.api_url = f"{base}://127.0.0.1:{control_port}"
        self.gateway_url = f"{base}://127.0.0.1:{gateway_port}"

    def _side(self, rtt):
        d = self.bench.directory
        context = None
        if self.scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(d / "tls.pem", d / "tls.key")
            context.set_alpn_protocols(["http/1.1"])
        api = fakes.Api(context)
        self.closing.append(api)
        counted = api
        if self.scheme == "h2":
            counted = fakes.Http2Front(api.port, d / "tls.key", d / "tls.pem",
                                       d)
            self.closing.append(counted)
        port = counted.port
        if rtt > 0:
            line = fakes.Line(port, rtt)
            self.closing.append(line)
            port = line.port
        return api, port, counted

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in reversed(self.closing):
            each.close()

    def forget(self):
        self.control_seen.forget()
        self.gateway_seen.forget()

    def environment(self, state, pinned=True):
        d = self.bench.directory
        env = {
            "PATH": os.environ["PATH"], "HOME": str(d),
            "JWT_PUBLIC_KEY": (d / "jwt.pem").read_text(),
            "POSTHOG_API_URL": self.api_url,
            "POSTHOG_PERSONAL_API_KEY": "phx_bench",
            "POSTHOG_PROJECT_ID": "1",
            "LLM_GATEWAY_URL": self.gateway_url,
            "POSTHOG_AGENT_STATE_DIR": str(state),
            "SSL_CERT_FILE": str(d / "trust.pem"),
            "BENCH_LOG": str(self.bench.log),
        }
        if pinned:
            env["POSTHOG_CODE_MODEL"] = "claude-opus-4-7"
        return env


class Server:
    """A running server. `took` is ms from just before its spawn to the end of
    its answer to `path`, by the harness's clock."""

    def __init__(self, world, agent, path, pinned=True, env=(),
                 repository=None):
        bench = world.bench
        self.port = fakes.free_port()
        self.state = pathlib.Path(
            tempfile.mkdtemp(prefix="state-", dir=bench.directory))
        self.repository = repository or self.state / "repository"
        self.repository.mkdir(exist_ok=True)
        state = self.state / "agent-server"
        self.token_file = state / "trace-token"
        bench.log.write_text("")
        self.starter = subprocess.Popen(
            [bench.program("first_answer"), str(self.port), path,
             str(bench.build / "agent-server"), "--port", str(self.port),
             "--taskId", "T", "--runId", str(uuid.uuid4()),
             "--repositoryPath", str(self.repository),
             *(["--agentCmd", agent] if agent else [])],
            env={**world.environment(state, pinned), **dict(env)}, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        answer = self.starter.stdout.readline().split(" ", 3)
        if len(answer) < 4:
            sys.exit("the server did not start:\n" + bench.log.read_text())
        self.pid = int(answer[0])
        self.began = int(answer[1]) / 1e9  # time.monotonic()
        self.took = int(answer[2]) / 1e6
        self.health = json.loads(answer[3])

    def get(self, path, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=60)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.status != 200:
            sys.exit(f"GET {path}: {answer.status} {body.decode()}")
        return json.loads(body)

    def boot(self):
        return self.get("/boot", self.token_file.read_text().strip())

    def close(self):
        self.starter.stdin.close()
        self.starter.wait()
        shutil.rmtree(self.state, ignore_errors=True)


@contextlib.contextmanager
def server(world, agent, path="/health?wait=hasSession&timeout=40",
           pinned=True, **more):
    running = Server(world, agent, path, pinned, **more)
    try:
        if "wait=hasSession" in path and not running.health["hasSession"]:
            sys.exit(f"the boot failed: {json.dumps(running.health)}\n"
                     + world.bench.log.read_text())
        yield running
    finally:
        running.close()


def boot_once(world, agent, pinned=True, **more):
    """One boot: its report, and `took`."""
    with server(world, agent, pinned=pinned, **more) as running:
        report = running.boot()
        report["took"] = running.took
        return report


def box(report, name):
    """The last box of that name."""
    return [b for b in report["boxes"] if b["name"] == name][-1]


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
