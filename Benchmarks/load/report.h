// What the generator counts: answers, events, latencies, by interval.
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

// How long an answer took: since the request was due, and since it was sent, which is later if no connection was idle then.
struct latency {
    int64_t since_due_us, since_sent_us;
};

// Times are microseconds of the monotonic clock. With interval_s > 0 each such stretch is also reported by itself.
void report_begin(int64_t start_us, double interval_s);
void report_answer(int64_t now_us, struct latency latency, long accepted, long duplicates);
void report_refusal(int status, const char *body, struct latency latency, int has_retry_after);
void report_lost(void);
void report_reset(void);
void report_unreachable(void);
void report_end(int64_t now_us);
// Prints all of it as one JSON object.
void report_print(void);

#endif
