#pragma once
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Makes an ordinary process yield soon: its nice number, and for how many nanoseconds it is not interrupted once it runs (0: the kernel's own
/// number). Debian 12's C library has no function for the call; see sched_setattr(2) and <linux/sched/types.h>. Before Linux 6.12 the kernel
/// takes the nanoseconds and does nothing with them. 0, or -1 with errno.
static inline int tandem_sched_yielding(pid_t pid, int32_t nice, uint64_t nanoseconds) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.nice = nice;
    attributes.runtime = nanoseconds;
    return (int)syscall(SYS_sched_setattr, pid, &attributes, 0);
}
