"""Half of the highest rate, offered steadily: is it held, does p99 stay, does memory stay? See docs/benchmarks.md.

Prints Markdown, the result in its first line; exits 1 when the offered rate is not held within 2 %, the last minute's p99 is
more than 1.5 times the third's, or the server's memory grows by more than a tenth after the third minute.
"""

import os
import sys
import time

from blackbox import BINARY  # first: it makes load and server known
import load
from costs import memory_mb
from server import Server, children

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
RATE = float(os.environ.get("SOAK_RATE", "0"))
USERS = int(os.environ.get("SOAK_USERS", "20000"))
CONNECTIONS = 64
HELD_WITHIN = 0.02
SETTLED = 3  # the interval that the last one is compared with; the first one if there are few
P99_GROWTH = 1.5
MEMORY_GROWTH = 1.1
SAMPLE_S = 5


def highest_rate(tenant):
    """Events a second that a few seconds without a limit reach, once it is warm."""
    load.run(tenant, prefix="warm", mix="mixed", users=USERS, connections=CONNECTIONS, seconds=5)
    result = load.run(tenant, prefix="most", mix="mixed", users=USERS, connections=CONNECTIONS, seconds=8)
    return result["events_per_s"]


def memory_of(server, postmaster):
    """MB of the server, and those that PostgreSQL's processes have each for itself."""
    own = 0.0
    for pid in children(postmaster):
        try:
            own += memory_mb(pid, "RssAnon")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return memory_mb(server.pid, "VmRSS"), own


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
    begin, memory, postmaster = time.monotonic(), [], server.postmaster_pid()
    while running.is_running():
        memory.append(((time.monotonic() - begin) / 60, *memory_of(server, postmaster)))
        time.sleep(min(SAMPLE_S, MINUTES * 60 / 10))
    result = running.wait()
    stored = server.sql("select count(*) from event_log where message_id like 'soak-%%'", [], schema=tenant.schema)[0][0]
    return rate, result, memory, stored, interval_s


def main():
    load.build()
    with Server(BINARY, {"TANDEM_EVENT_RATE": "0"}) as server:
        rate, result, memory, stored, interval_s = soak(server)
    # What answers after the end falls into an interval of its own.
    intervals = result["intervals"][: max(1, round(MINUTES * 60 / interval_s))]
    base = SETTLED if len(intervals) >= 2 * SETTLED else 1
    settled = [sample for sample in memory if sample[0] * 60 >= base * interval_s] or memory
    growth = intervals[-1]["p99_ms"] / intervals[base - 1]["p99_ms"]
    held = result["accepted"] / (rate * MINUTES * 60)
    faults = []
    if abs(held - 1) > HELD_WITHIN:
        faults.append("the rate was not held")
    if growth > P99_GROWTH:
        faults.append("p99 grew")
    if settled[-1][1] / settled[0][1] > MEMORY_GROWTH:
        faults.append("memory grew")
    if result["refused"] or result["lost"] or stored != result["accepted"]:
        faults.append(f"{result['refused']} refused, {result['lost']} lost, {stored} of {result['accepted']} stored")
    slopes = [slope([(sample[0], sample[place]) for sample in settled]) for place in (1, 2)]
    print(f"{rate:,.0f} events/s offered for {MINUTES:g} min ({held:.1%} stored in time): p99 of interval {len(intervals)} is {growth:.2f} "
          f"times that of interval {base}, memory grows by {slopes[0]:.2f} MB a minute (PostgreSQL's by {slopes[1]:.2f}): "
          f"{', '.join(faults) or 'steady'}.")
    print(f"\nMixed single calls over {CONNECTIONS} connections{'' if RATE else ' at half of the highest rate'}; latency counts from when "
          f"a call was due. Intervals of {interval_s:g} s. Memory: the server's resident set, and what PostgreSQL's processes have each "
          "for itself, the greatest of each interval.\n")
    print("| interval | events | p50 ms | p99 ms | max ms | server MB | PostgreSQL MB |\n|--:|--:|--:|--:|--:|--:|--:|")
    for number, interval in enumerate(intervals):
        at = [sample for sample in memory if number <= sample[0] * 60 / interval_s < number + 1]
        greatest = [max((sample[place] for sample in at), default=0) for place in (1, 2)]
        print(f"| {number + 1} | {interval['accepted']:,} | {interval['p50_ms']:.1f} | {interval['p99_ms']:.1f} "
              f"| {interval['max_ms']:.1f} | {greatest[0]:.0f} | {greatest[1]:.0f} |")
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
