#!/usr/bin/python3 -B
"""Records what claude CLIs write while they go through scenarios.

usage: record_transcripts.py [--into DIR] [--only SCENARIO] CLI…

Each CLI (a native program, or a cli.js) is driven against a gateway stand-in.
What it writes goes, line by line, to DIR/<its version>/<scenario>.jsonl, with
paths, ids, times and the long lists of its initialize answer made the same on
every machine.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import claude_cli  # noqa: E402
from messages_gateway import MessagesGateway  # noqa: E402
from claude_session import make_repository  # noqa: E402
from transcript_lines import Normaliser  # noqa: E402
from transcript_scenarios import SCENARIOS, allow  # noqa: E402


def version_of(executable):
    out = subprocess.run(claude_cli.words(executable) + ["--version"],
                         check=True, capture_output=True, text=True).stdout
    return out.split()[0]


def record(executable, name):
    """The normalised lines of one scenario."""
    act, args, start = SCENARIOS[name]
    directory = pathlib.Path(tempfile.mkdtemp(prefix="record-"))
    gateway = MessagesGateway()
    try:
        repository = make_repository(directory / "repository")
        home = directory / "home"
        home.mkdir()
        with claude_cli.ClaudeCli(
                executable, repository, home, gateway, *args,
                **{"answer": allow, **start}) as cli:
            cli.repository = repository
            act(cli, gateway)
        return Normaliser(repository, home).lines(cli.frames)
    finally:
        gateway.close()
        shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--into", type=pathlib.Path,
                        default=HERE.parent / "data" / "claude")
    parser.add_argument("--only", choices=sorted(SCENARIOS), action="append")
    parser.add_argument("executables", nargs="+", metavar="CLI")
    options = parser.parse_args()
    for executable in options.executables:
        into = options.into / version_of(executable)
        into.mkdir(parents=True, exist_ok=True)
        for name in options.only or SCENARIOS:
            try:
                lines = record(executable, name)
            except AssertionError as problem:
                print(f"{into.name} {name}: {problem}", file=sys.stderr)
                continue
            (into / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
            print(f"{into.name} {name}: {len(lines)} lines")


if __name__ == "__main__":
    main()
