#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct span {
    size_t first;   // of its latencies
    uint64_t events;
};

static int64_t start_us, end_us, interval_us;
static uint32_t *latencies, *sent_latencies;
static size_t latency_count, latency_room, sent_room;
static struct span *spans;
static size_t span_count, span_room;
static uint32_t *refusal_latencies;
static size_t refusal_count, refusal_room;
static uint64_t accepted_sum, duplicate_sum, lost, resets, unreachable, without_retry_after, refusals[600];
static char first_refusal[400];

static void *grown(void *memory, size_t *room, size_t size) {
    *room = *room ? 2 * *room : 4096;
    memory = realloc(memory, *room * size);
    if (!memory) abort();
    return memory;
}

static void open_spans(int64_t now_us) {
    while (interval_us > 0 && start_us + (int64_t)span_count * interval_us <= now_us) {
        if (span_count == span_room) spans = grown(spans, &span_room, sizeof *spans);
        spans[span_count++] = (struct span){.first = latency_count};
    }
}

void report_begin(int64_t now_us, double interval_s) {
    start_us = now_us;
    interval_us = (int64_t)(interval_s * 1e6);
    open_spans(now_us);
}

static uint32_t clamped(int64_t us) { return (uint32_t)(us > UINT32_MAX ? UINT32_MAX : us); }

void report_answer(int64_t now_us, struct latency latency, long accepted, long duplicates) {
    open_spans(now_us);
    if (latency_count == latency_room) latencies = grown(latencies, &latency_room, sizeof *latencies);
    if (latency_count == sent_room) sent_latencies = grown(sent_latencies, &sent_room, sizeof *sent_latencies);
    sent_latencies[latency_count] = clamped(latency.since_sent_us);
    latencies[latency_count++] = clamped(latency.since_due_us);
    accepted_sum += (uint64_t)accepted;
    duplicate_sum += (uint64_t)duplicates;
    if (span_count) spans[span_count - 1].events += (uint64_t)accepted;
}

void report_refusal(int status, const char *body, struct latency latency, int has_retry_after) {
    if (refusal_count == refusal_room)
        refusal_latencies = grown(refusal_latencies, &refusal_room, sizeof *refusal_latencies);
    refusal_latencies[refusal_count++] = clamped(latency.since_sent_us);
    if ((status == 429 || status == 503) && !has_retry_after) without_retry_after++;
    if (!first_refusal[0]) snprintf(first_refusal, sizeof first_refusal, "%d %s", status, body);
    refusals[status > 0 && status < 600 ? status : 0]++;
}

void report_lost(void) { lost++; }

void report_reset(void) { resets++; }

void report_unreachable(void) { unreachable++; }

void report_end(int64_t now_us) { end_us = now_us; }

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

// Sorts them in place.
static void print_latencies(uint32_t *values, size_t count, const char *prefix) {
    qsort(values, count, sizeof *values, ascending);
    static const double shares[] = {0.5, 0.95, 0.99, 1};
    static const char *names[] = {"p50_ms", "p95_ms", "p99_ms", "max_ms"};
    for (int i = 0; i < 4; i++) {
        size_t at = count ? (size_t)(shares[i] * (double)(count - 1) + 0.5) : 0;
        printf(",\"%s%s\":%.3f", prefix, names[i], count ? values[at] / 1000.0 : 0);
    }
}

void report_print(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double seconds = (double)(end_us - start_us) / 1e6;
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"seconds\":%.3f,\"answers\":%zu,\"accepted\":%llu,\"duplicates\":%llu,\"lost\":%llu,\"cpu_s\":%.3f", seconds,
           latency_count, (unsigned long long)accepted_sum, (unsigned long long)duplicate_sum, (unsigned long long)lost, cpu);
    printf(",\"events_per_s\":%.1f,\"refused\":{", seconds > 0 ? (double)accepted_sum / seconds : 0);
    const char *comma = "";
    for (int status = 0; status < 600; status++)
        if (refusals[status]) {
            printf("%s\"%d\":%llu", comma, status, (unsigned long long)refusals[status]);
            comma = ",";
        }
    printf("},\"resets\":%llu,\"unreachable\":%llu,\"without_retry_after\":%llu", (unsigned long long)resets,
           (unsigned long long)unreachable, (unsigned long long)without_retry_after);
    print_latencies(refusal_latencies, refusal_count, "refused_");
    if (first_refusal[0]) fprintf(stderr, "load: first refusal: %s\n", first_refusal);
    if (span_count) {
        printf(",\"intervals\":[");
        for (size_t i = 0; i < span_count; i++) {
            size_t end = i + 1 < span_count ? spans[i + 1].first : latency_count;
            printf("%s{\"answers\":%zu,\"accepted\":%llu", i ? "," : "", end - spans[i].first,
                   (unsigned long long)spans[i].events);
            print_latencies(latencies + spans[i].first, end - spans[i].first, "");
            printf("}");
        }
        printf("]");
    }
    print_latencies(latencies, latency_count, "");
    print_latencies(sent_latencies, latency_count, "sent_");
    printf("}\n");
}
