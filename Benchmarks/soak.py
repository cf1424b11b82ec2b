"""Half of the highest rate, offered steadily: is it held, does p99 stay, does memory stay? See docs/benchmarks.md.

Prints Markdown, the result in its first line; exits 1 when the rate is not held, the last minute's p99 is more than 1.5
times the first's, or the server's memory grows by more than a tenth after the first minute.
"""

import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/blackbox"))

import load  # noqa: E402
from server import Server  # noqa: E402

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
RATE = float(os.environ.get("SOAK_RATE", "0"))
USERS = int(os.environ.get("SOAK_USERS", "20000"))
CONNECTIONS = 64
P99_GROWTH = 1.5
MEMORY_GROWTH = 1.1
SAMPLE_S = 5


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) / 1024


def highest_rate(tenant):
    """Events a second that a few seconds without a limit reach, once it is warm."""
    load.run(tenant, prefix="warm", mix="mixed", users=USERS, connections=CONNECTIONS, seconds=5)
    result = load.run(tenant, prefix="most", mix="mixed", users=USERS, connections=CONNECTIONS, seconds=8)
    return result["events_per_s"]


def slope(samples):
    """MB a minute, by least squares over (minute, MB)."""
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


def soak(server):
    tenant = server.tenant("soak")
    load.make_users(tenant, USERS)
    server.sql("analyze")
    rate = RATE or highest_rate(tenant) / 2
    # At least three intervals, the short form included.
    interval_s = min(60.0, MINUTES * 60 / 3)
    running = load.Load(
        tenant, prefix="soak", mix="mixed", users=USERS, connections=CONNECTIONS, rate=f"{rate:.0f}",
        seconds=MINUTES * 60, interval=interval_s)
    begin, memory = time.monotonic(), []
    while running.is_running():
        memory.append(((time.monotonic() - begin) / 60, resident_mb(server.pid)))
        time.sleep(min(SAMPLE_S, MINUTES * 60 / 10))
    result = running.wait()
    stored = server.sql("select count(*) from event_log where message_id like 'soak-%%'", [], schema=tenant.schema)[0][0]
    return rate, result, memory, stored, interval_s


def main():
    binary = pathlib.Path(os.environ.get("TANDEM_BENCH_BINARY", ROOT / "bin/tandem"))
    load.build()
    with Server(binary) as server:
        rate, result, memory, stored, interval_s = soak(server)
    # What answers after the end falls into an interval of its own.
    intervals = result["intervals"][: max(1, round(MINUTES * 60 / interval_s))]
    settled = [sample for sample in memory if sample[0] * 60 >= interval_s] or memory
    growth = intervals[-1]["p99_ms"] / intervals[0]["p99_ms"]
    memory_growth = settled[-1][1] / settled[0][1]
    held = result["accepted"] / (rate * MINUTES * 60)
    faults = []
    if held < 0.99:
        faults.append("the rate was not held")
    if growth > P99_GROWTH:
        faults.append("p99 grew")
    if memory_growth > MEMORY_GROWTH:
        faults.append("memory grew")
    if result["refused"] or result["lost"] or stored != result["accepted"]:
        faults.append(f"{result['refused']} refused, {result['lost']} lost, {stored} of {result['accepted']} stored")
    print(f"{rate:,.0f} events/s offered for {MINUTES:g} min ({held:.1%} stored in time): p99 of the last interval is {growth:.2f} "
          f"times the first's, memory grows by {slope(settled):.2f} MB a minute: {', '.join(faults) or 'steady'}.")
    print(f"\nMixed single calls over {CONNECTIONS} connections; latency counts from when a call was due. Intervals of "
          f"{interval_s:g} s. Memory is the server's resident set.\n")
    print("| interval | events | p50 ms | p99 ms | max ms | memory MB |\n|--:|--:|--:|--:|--:|--:|")
    for number, interval in enumerate(intervals):
        at = [mb for minute, mb in memory if number <= minute * 60 / interval_s < number + 1]
        print(f"| {number + 1} | {interval['accepted']:,} | {interval['p50_ms']:.1f} | {interval['p99_ms']:.1f} "
              f"| {interval['max_ms']:.1f} | {max(at, default=0):.0f} |")
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
