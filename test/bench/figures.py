"""What processes cost: CPU, memory, and the percentiles of what was waited for."""
import os
import re
import time

TICK = 1000.0 / os.sysconf("SC_CLK_TCK")
PROCESS_CLOCK = 2  # CPUCLOCK_SCHED in the lowest bits of a clock's number, the process above them: counts nanoseconds


def cpu_ms(processes):
    """User and system time of the processes, with that of children that ended and were waited for, which the kernel counts in ticks."""
    total = 0.0
    for pid in processes:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rsplit(") ", 1)[1].split()
            total += time.clock_gettime(~pid << 3 | PROCESS_CLOCK) * 1000 + (int(fields[13]) + int(fields[14])) * TICK
        except OSError:
            pass
    return total


def memory_mib(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return int(re.search(field + r":\s+(\d+)", status.read()).group(1)) / 1024


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
