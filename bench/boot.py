#!/usr/bin/python3 -B
"""Boot: how much of it is ours, and what it waits for. See README.md."""

import statistics

import claude_boot
import harness
from harness import boot_once, box, difference

HANDSHAKE = 150
LATENCIES = (0, 20, 50, 100, 150, 300)
# Connection, TLS 1.3 handshake, request.
ROUND_TRIPS = {"http": 2, "https": 3, "h2": 3}

median = statistics.median


def own_share(bench, count, numbers):
    print(f"own share: agent's handshake {HANDSHAKE} ms, pinned model, median "
          f"of {count}, ms")
    print(f"  {'':6} {'own share':>9} {'(spawn, session, ready)':>24} "
          f"{'boot':>7} {'floor':>7} {'boot - floor':>13}  95 % interval")
    for scheme in ("http", "https", "h2"):
        reports, floors = [], []
        with harness.World(bench, scheme) as world:
            boot_once(world, bench.agent(HANDSHAKE))
            world.forget()
            for _ in range(count):
                reports.append(boot_once(world, bench.agent(HANDSHAKE)))
                floors.append(bench.floor(HANDSHAKE)[1])
        own = [r["ownShareMs"] for r in reports]
        parts = [median(r["ownShare"][k] for r in reports)
                 for k in ("toSpawnMs", "toSessionMs", "toReadyMs")]
        took = [r["took"] for r in reports]
        over, (low, high) = difference(took, floors)
        print(f"  {scheme:6} {median(own):9.2f} "
              f"{'({:.2f}, {:.2f}, {:.2f})'.format(*parts):>24} "
              f"{median(took):7.1f} {median(floors):7.1f} {over:13.2f}  "
              f"{low:.2f} to {high:.2f}")
        numbers[f"own share, {scheme}"] = {
            "ownShareMs": own, "parts": parts, "bootMs": took,
            "floorMs": floors, "overFloorMs": over, "interval": [low, high],
            "reportTotalMs": [r["totalMs"] for r in reports],
            "lastReport": reports[-1]}
    worst = max(median(numbers[f"own share, {s}"]["ownShareMs"])
                for s in ("http", "https", "h2"))
    print(f"  aim: own share <= 10 ms: {'met' if worst <= 10 else 'MISSED'}")


def connections(bench, numbers):
    print("requests by connection, one pinned boot and its first turn")
    for scheme in ("http", "https", "h2"):
        with harness.World(bench, scheme) as world:
            with harness.server(world, bench.agent(HANDSHAKE)):
                # The first turn's calls come after readiness.
                harness.wait_until(lambda: any(
                    "POST log" in seen for seen in world.control_seen.seen), 5)
            found = {"control plane": world.control_seen.seen,
                     "gateway": world.gateway_seen.seen}
        numbers[f"connections, {scheme}"] = found
        for side, all_seen in found.items():
            print(f"  {scheme:6} {side:14} {len(all_seen)} connection"
                  f"{'' if len(all_seen) == 1 else 's'}: "
                  + " | ".join(", ".join(seen) for seen in all_seen))


def compare(bench, count, agent, delays, pinned=True):
    """Boots without and with delays, interleaved."""
    plain, slow = [], []
    with harness.World(bench, "https") as world:
        boot_once(world, agent, pinned)
        for _ in range(count):
            for into, these in ((plain, {}), (slow, delays)):
                for side in (world.control, world.gateway):
                    side.delays = these
                into.append(boot_once(world, agent, pinned))
    return plain, slow


def added(plain, slow):
    return difference([r["took"] for r in slow], [r["took"] for r in plain])


def delays(bench, count, numbers):
    print(f"what a slower call adds to a boot, HTTPS, median of {count} pairs, "
          "ms")
    plain, slow = compare(bench, count, bench.agent(HANDSHAKE),
                          {"GET models": 2.0})
    more, (low, high) = added(plain, slow)
    print(f"  models + 2000, model pinned           {more:8.2f}  "
          f"({low:.2f} to {high:.2f})  bar < 5: "
          f"{'met' if more < 5 else 'MISSED'}")
    numbers["models + 2000"] = {"addedMs": more, "interval": [low, high]}
    for handshake in (300, 50):
        plain, slow = compare(bench, count, bench.agent(handshake),
                              {"GET task": 0.15, "GET run": 0.15})
        more, (low, high) = added(plain, slow)
        # What the context lacked to the agent's answer before it got slower.
        room = median(box(r, "agent: initialize")["endMs"]
                      - max(box(r, n)["endMs"] for n in ("GET task", "GET run"))
                      for r in plain)
        excess = max(0.0, 150 - room)
        print(f"  task and run + 150, handshake {handshake:3}      "
              f"{more:8.2f}  ({low:.2f} to {high:.2f})  excess "
              f"{excess:.1f}")
        numbers[f"task + 150, handshake {handshake}"] = {
            "addedMs": more, "interval": [low, high], "excessMs": excess}


def path_text(report):
    return " > ".join(part["box"] for part in report["criticalPath"]
                      if "box" in part)


def latency_table(bench, count, numbers):
    print(f"boot against round-trip time, handshake {HANDSHAKE} ms, median of "
          f"{count}, ms")
    print(f"  {'':6} {'rtt':>5} {'boot':>7} {'longest path':>13} {'more':>6}  "
          "critical path")
    for scheme in ("http", "https", "h2"):
        floor, context = None, None
        for latency in LATENCIES:
            with harness.World(bench, scheme, latency / 1000) as world:
                boot_once(world, bench.agent(HANDSHAKE))
                reports, floors = [], []
                for _ in range(count):
                    reports.append(boot_once(world, bench.agent(HANDSHAKE)))
                    floors.append(bench.floor(HANDSHAKE)[1])
            if context is None:
                floor = median(floors)
                context = median(
                    max(box(r, n)["endMs"] for n in ("GET task", "GET run"))
                    for r in reports)
            took = median(r["took"] for r in reports)
            longest = max(floor, context + ROUND_TRIPS[scheme] * latency)
            print(f"  {scheme:6} {latency:5} {took:7.1f} {longest:13.1f} "
                  f"{took - longest:6.1f}  {path_text(reports[-1])}")
            numbers[f"rtt {latency}, {scheme}"] = {
                "bootMs": [r["took"] for r in reports], "longestMs": longest,
                "criticalPath": reports[-1]["criticalPath"]}


def more_options(parser):
    parser.add_argument("--agent", choices=("timed", "claude"),
                        default="timed", help="the bench's own agent, or a "
                        "real claude CLI (default %(default)s)")
    parser.add_argument("--cli", metavar="PATH",
                        help="the claude CLI (default npm's newest)")
    parser.add_argument("--pairs", type=int, default=40,
                        help="boots and floors with --agent claude (default "
                        "%(default)s)")


def main():
    options = harness.arguments(__doc__, 20, more_options)
    numbers = {}
    if options.agent == "claude":
        claude_boot.measure(options, numbers)
        harness.write_json(options, numbers)
        return
    with harness.Bench(options) as bench:
        own_share(bench, options.count, numbers)
        connections(bench, numbers)
        delays(bench, options.count, numbers)
        latency_table(bench, min(options.count, 7), numbers)
    harness.write_json(options, numbers)


if __name__ == "__main__":
    main()
