#!/usr/bin/python3 -B
"""First /health answer, against a bare C socket program. See README.md."""

import statistics
import subprocess

import fakes
import harness


def bare(bench):
    port = str(fakes.free_port())
    out = subprocess.run(
        [bench.program("first_answer"), port, "/health",
         bench.program("bare_server"), port],
        check=True, capture_output=True, text=True, input="").stdout
    return int(out.split()[2]) / 1e6


def main():
    options = harness.arguments(__doc__, 20)
    ours, theirs = [], []
    with harness.Bench(options) as bench, harness.World(bench) as world:
        for _ in range(options.count):
            with harness.server(world, bench.agent(150), "/health") as running:
                ours.append(running.took)
            theirs.append(bare(bench))
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"startup: spawn to the first /health answer, median of "
          f"{options.count}, ms")
    for name, samples in (("agent-server", ours), ("bare C sockets", theirs)):
        print(f"  {name:15} {statistics.median(samples):7.2f}  "
              f"(min {min(samples):.2f})")
    print(f"  ratio           {ratio:7.2f}  bar <= 4: "
          f"{'met' if ratio <= 4 else 'MISSED'}")
    harness.write_json(options, {"serverMs": ours, "bareMs": theirs,
                                 "ratio": ratio})


if __name__ == "__main__":
    main()
