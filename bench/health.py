#!/usr/bin/python3 -B
"""GET /health by wrk, against RESTinio's own pace. See README.md."""

import json
import re
import select
import socket
import statistics
import subprocess
import sys
import time

import fakes
import harness

WAITERS = 1000
SECONDS = 2


def wrk(port):
    out = subprocess.run(
        ["wrk", "-t1", "-c64", f"-d{SECONDS}s",
         f"http://127.0.0.1:{port}/health"],
        check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(out)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))


def alternate(bench, port, body, count):
    constant_port = fakes.free_port()
    constant = subprocess.Popen(
        [bench.program("constant_server"), str(constant_port), body])
    ours, theirs = [], []
    try:
        time.sleep(0.3)
        for _ in range(count):
            ours.append(wrk(port))
            theirs.append(wrk(constant_port))
    finally:
        constant.terminate()
        constant.wait()
    return ours, theirs


def show(name, ours, theirs):
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print(f"  {name:22} {statistics.median(ours):9.0f} "
          f"{statistics.median(theirs):9.0f} {ratio:7.2f}  bar >= 0.7: "
          f"{'met' if ratio >= 0.7 else 'MISSED'}")
    return {"server": ours, "constant": theirs, "ratio": ratio}


def open_waiters(port):
    waiters = []
    for _ in range(WAITERS):
        waiter = socket.create_connection(("127.0.0.1", port))
        waiter.sendall(b"GET /health?wait=hasSession&timeout=40 HTTP/1.1\r\n"
                       b"Host: localhost\r\n\r\n")
        waiters.append(waiter)
    return waiters


def still_waiting(waiters):
    poll = select.poll()
    for waiter in waiters:
        poll.register(waiter, select.POLLIN | select.POLLHUP)
    return len(waiters) - len(poll.poll(0))


def main():
    options = harness.arguments(__doc__, 4)
    numbers = {}
    print(f"health: wrk -t1 -c64, {SECONDS} s each, median of {options.count}, "
          "requests/s")
    print(f"  {'':22} {'server':>9} {'constant':>9} {'ratio':>7}")
    with harness.Bench(options) as bench, harness.World(bench) as world:
        with harness.server(world, bench.agent(50)) as running:
            body = json.dumps(running.get("/health"), separators=(",", ":"))
            numbers["quiet"] = show("ready", *alternate(
                bench, running.port, body, options.count))
        with harness.server(world, bench.agent("hang"), "/health") as running:
            body = json.dumps(running.get("/health"), separators=(",", ":"))
            waiters = open_waiters(running.port)
            time.sleep(0.5)
            before = still_waiting(waiters)
            samples = alternate(bench, running.port, body,
                                min(options.count, 7))
            left = still_waiting(waiters)
            numbers["waiters"] = show(f"booting, {before} waiters", *samples)
            numbers["waiters"]["left"] = left
            print(f"  waiters still waiting at the end: {left}")
            for waiter in waiters:
                waiter.close()
    harness.write_json(options, numbers)


if __name__ == "__main__":
    main()
