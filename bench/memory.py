#!/usr/bin/python3 -B
"""Memory at hasSession over HTTPS. See README.md."""

import pathlib
import statistics

import harness

BARS = {"Private_Dirty": 6.0, "Rss": 18.0}


def main():
    options = harness.arguments(__doc__, 7)
    samples = {"Rss": [], "Pss": [], "Private_Dirty": [], "Private_Clean": []}
    with harness.Bench(options) as bench, \
            harness.World(bench, "https") as world:
        for _ in range(options.count):
            with harness.server(world, bench.agent(150)) as running:
                text = pathlib.Path(
                    f"/proc/{running.pid}/smaps_rollup").read_text()
            for line in text.splitlines():
                name, _, rest = line.partition(":")
                if name in samples:
                    samples[name].append(int(rest.split()[0]) / 1024)
    print(f"memory: at hasSession over HTTPS, median of {options.count}, MB of "
          "2^20 bytes")
    for name, values in samples.items():
        found = statistics.median(values)
        bar = BARS.get(name)
        print(f"  {name:14} {found:7.2f}"
              + (f"  bar <= {bar:g}: {'met' if found <= bar else 'MISSED'}"
                 if bar else ""))
    harness.write_json(options, samples)


if __name__ == "__main__":
    main()
