"""Boot with a real claude CLI, beside the same CLI started by hand. See
README.md."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import uuid

import harness

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "agents"))

median = statistics.median
LATENCIES = (
    ("no latency", {}, {}),
    ("150 ms on task and run", {"GET task": 0.15, "GET run": 0.15}, {}),
    ("2000 ms on models", {}, {"GET models": 2.0}),
)
# Notes what the CLI is given, and passes it on.
LISTENER = """#!/bin/sh
printf '%s\\0' "$@" >"$BENCH_HEARD/arguments"
env -0 >"$BENCH_HEARD/environment"
exec tee "$BENCH_HEARD/input" | {command} "$@"
"""
OF_THE_BENCH = ("BENCH_HEARD", "CLAUDE_CODE_EXECUTABLE", "PWD", "OLDPWD", "_",
                "SHLVL")


def find_cli(options):
    """The executable to measure: given, or npm's newest."""
    given = options.cli or os.environ.get("CLAUDE_CODE_EXECUTABLE")
    if given:
        return str(pathlib.Path(given).resolve())
    import npm_packages
    try:
        packages = npm_packages.install()
    except npm_packages.Unreachable:
        sys.exit("npm cannot be reached; name a claude CLI with --cli")
    return str(npm_packages.claude_executable(packages, "newest"))


def make_repository(directory):
    """About 200 files and one commit, as CLIs look at them when they start."""
    repository = directory / "repository"
    for number in range(200):
        folder = repository / f"part{number % 10}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file{number}.py").write_text("value = 1\n" * 20)
    for words in (["init", "-q"], ["add", "."],
                  ["-c", "user.name=Bench", "-c", "user.email=bench@localhost",
                   "commit", "-qm", "Begin"]):
        harness.run("git", *words, cwd=repository)
    return repository


class Claude:
    """A CLI, and how the server starts it."""

    def __init__(self, bench, cli):
        self.bench, self.cli = bench, cli
        self.command = ["node", cli] if cli.endswith(".js") else [cli]
        self.repository = make_repository(bench.directory)
        self.environment = {"IS_SANDBOX": "1", "CLAUDE_CODE_EXECUTABLE": cli}

    def boot(self, world):
        return harness.boot_once(world, None, env=self.environment,
                                 repository=self.repository)

    def server(self, world):
        return harness.server(world, None, env=self.environment,
                              repository=self.repository)

    def listen(self, world):
        """Starts a server once, to learn what it tells the CLI."""
        heard = self.bench.directory / "heard"
        heard.mkdir(exist_ok=True)
        listener = heard / "claude"
        listener.write_text(LISTENER.replace(
            "{command}", " ".join(self.command)))
        listener.chmod(0o755)
        with harness.server(world, None, repository=self.repository, env={
                **self.environment, "CLAUDE_CODE_EXECUTABLE": str(listener),
                "BENCH_HEARD": str(heard)}):
            if not harness.wait_until(
                    lambda: "POST messages" in world.gateway.first_at, 30):
                sys.exit("the first prompt did not reach the model")
        self.arguments = [
            each.decode() for each in
            (heard / "arguments").read_bytes().split(b"\0")[:-1]]
        pairs = (each.decode().split("=", 1) for each in
                 (heard / "environment").read_bytes().split(b"\0")[:-1])
        self.spawn_environment = {k: v for k, v in pairs
                                  if k not in OF_THE_BENCH}
        lines = (heard / "input").read_text().splitlines(True)
        frames = [json.loads(line) for line in lines]
        first_prompt = [f["type"] for f in frames].index("user")
        is_initialize = [f.get("request", {}).get("subtype") == "initialize"
                         for f in frames]
        self.opening = lines[is_initialize.index(True)]
        # Answers to the CLI's questions make no sense in another run.
        self.everything = "".join(
            line for line, frame in zip(lines, frames[:first_prompt + 1])
            if frame["type"] in ("control_request", "user"))

    def by_hand(self, world, text, until):
        """Starts the CLI as the server does and feeds it `text` at once:
        (CLOCK_MONOTONIC just before the spawn in s, ms until `until`)."""
        session = str(uuid.uuid4())
        arguments = [f"--session-id={session}"
                     if each.startswith("--session-id=") else each
                     for each in self.arguments]
        done = subprocess.run(
            [self.bench.program("hand_start"), "--until", until,
             *self.command, *arguments], input=text, capture_output=True,
            text=True, env={**self.spawn_environment,
                            "ANTHROPIC_BASE_URL": world.gateway_url},
            cwd=self.repository)
        if done.returncode:
            sys.exit(done.stderr)
        began, took = done.stdout.split()
        return int(began) / 1e9, int(took) / 1e6

    def floor(self, world):
        return self.by_hand(world, self.opening, '"control_response"')[1]

    def first_request_floor(self, world):
        """ms from the spawn to the first model call."""
        world.forget()
        began, _ = self.by_hand(world, self.everything, '"type":"result"')
        return (world.gateway.first_at["POST messages"] - began) * 1000


def own_share(bench, claude, count, numbers):
    print(f"own share with {pathlib.Path(claude.cli).name}, pinned model, "
          f"median of {count}, ms")
    worst = 0
    for name, control, gateway in LATENCIES:
        with harness.World(bench) as world:
            claude.boot(world)
            world.control.delays, world.gateway.delays = control, gateway
            reports = [claude.boot(world) for _ in range(count)]
        own = [r["ownShareMs"] for r in reports]
        parts = [median(r["ownShare"][k] for r in reports)
                 for k in ("toSpawnMs", "toSessionMs", "toReadyMs")]
        print(f"  {name:24} {median(own):7.2f}  (spawn, session, ready: "
              + ", ".join(f"{part:.2f}" for part in parts)
              + f")  boot {median(r['took'] for r in reports):.0f}")
        worst = max(worst, median(own))
        numbers[f"own share, {name}"] = {
            "ownShareMs": own, "parts": parts,
            "bootMs": [r["took"] for r in reports], "lastReport": reports[-1]}
    print(f"  bar <= 10: {'met' if worst <= 10 else 'MISSED'}")


def over_floor(bench, claude, pairs, numbers):
    boots, floors = [], []
    with harness.World(bench) as world:
        claude.boot(world)
        claude.floor(world)
        for _ in range(pairs):
            boots.append(claude.boot(world)["took"])
            floors.append(claude.floor(world))
    over, (low, high) = harness.difference(boots, floors)
    print(f"boot to hasSession, {pairs} pairs in turns, ms: boot "
          f"{median(boots):.1f}, floor {median(floors):.1f}, difference "
          f"{over:.2f}  ({low:.2f} to {high:.2f})  aim <= 15: "
          f"{'met' if over <= 15 else 'MISSED'}")
    numbers["over floor"] = {"bootMs": boots, "floorMs": floors,
                             "overMs": over, "interval": [low, high]}


def first_request(bench, claude, pairs, numbers):
    ours, floors = [], []
    with harness.World(bench) as world:
        for _ in range(pairs):
            world.forget()
            with claude.server(world) as running:
                if not harness.wait_until(
                        lambda: "POST messages" in world.gateway.first_at, 30):
                    sys.exit("the first prompt did not reach the model")
                ours.append((world.gateway.first_at["POST messages"]
                             - running.began) * 1000)
            floors.append(claude.first_request_floor(world))
    over, (low, high) = harness.difference(ours, floors)
    print(f"exec to the first model call, {pairs} pairs in turns, ms: "
          f"{median(ours):.1f}, fed by hand {median(floors):.1f}, difference "
          f"{over:.2f}  ({low:.2f} to {high:.2f})  bar <= 25: "
          f"{'met' if over <= 25 else 'MISSED'}")
    numbers["first model call"] = {"oursMs": ours, "floorMs": floors,
                                   "overMs": over, "interval": [low, high]}


def dirty_kilobytes(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines()
               if line.startswith("Private_Dirty:"))


def ours_of(pid, cli):
    """A process and what it started, without the CLI and its own children."""
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    if cli.encode() in words[:2] or words[0] == b"claude":
        return []
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += ours_of(int(child), cli)
    return found


def memory(bench, claude, count, numbers):
    found = []
    with harness.World(bench) as world:
        for _ in range(count):
            with claude.server(world) as running:
                found.append(sum(dirty_kilobytes(pid) for pid in
                                 ours_of(running.pid, claude.cli)) / 1024)
    print(f"Private_Dirty of all but the CLI at hasSession, median of "
          f"{count}: {median(found):.2f} MB  bar <= 8: "
          f"{'met' if median(found) <= 8 else 'MISSED'}")
    numbers["Private_Dirty"] = found


def measure(options, numbers):
    for program in ("git", "tee"):
        if not shutil.which(program):
            sys.exit(f"{program} is missing")
    with harness.Bench(options) as bench:
        claude = Claude(bench, find_cli(options))
        with harness.World(bench) as world:
            claude.listen(world)
        own_share(bench, claude, options.count, numbers)
        over_floor(bench, claude, max(options.pairs, 1), numbers)
        first_request(bench, claude, max(options.pairs // 2, 1), numbers)
        memory(bench, claude, 5, numbers)
