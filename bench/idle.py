#!/usr/bin/python3 -B
"""CPU and wake-ups of a server with nothing to do. See README.md."""

import pathlib
import re
import statistics
import time

import harness

SETTLE_SECONDS = 5
SECONDS = 10


def threads(pid):
    """(ns on a CPU, voluntary switches) of each thread."""
    result = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            on_cpu = int((task / "schedstat").read_text().split()[0])
            status = (task / "status").read_text()
        except OSError:
            continue  # it ended
        switches = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status,
                             re.MULTILINE)
        result[task.name] = (on_cpu, int(switches.group(1)))
    return result


def main():
    options = harness.arguments(__doc__, 1)
    cpu, wake_ups, rows = [], [], {}
    with harness.Bench(options) as bench, \
            harness.World(bench, "https") as world:
        for _ in range(options.count):
            with harness.server(world, bench.agent(150)) as running:
                time.sleep(SETTLE_SECONDS)
                before = threads(running.pid)
                time.sleep(SECONDS)
                after = threads(running.pid)
            rows = {t: (after[t][0] - before.get(t, (0, 0))[0],
                        after[t][1] - before.get(t, (0, 0))[1])
                    for t in after}
            cpu.append(sum(r[0] for r in rows.values()) / 1e6 / SECONDS)
            wake_ups.append(sum(r[1] for r in rows.values()) / SECONDS)
    found_cpu, found_wakes = statistics.median(cpu), statistics.median(wake_ups)
    print(f"idle: {SECONDS} s, {SETTLE_SECONDS} s after hasSession, "
          f"{len(rows)} threads")
    print(f"  CPU, ms/s       {found_cpu:7.3f}  bar <= 1: "
          f"{'met' if found_cpu <= 1 else 'MISSED'}")
    print(f"  wake-ups/s      {found_wakes:7.2f}  bar <= 10: "
          f"{'met' if found_wakes <= 10 else 'MISSED'}")
    harness.write_json(options, {"cpuMsPerSecond": cpu,
                                 "wakeUpsPerSecond": wake_ups})


if __name__ == "__main__":
    main()
