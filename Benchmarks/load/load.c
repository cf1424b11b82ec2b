// load: sends events over HTTP/1.1 with keep-alive and counts what is acknowledged. One thread, epoll, no libraries, so
// that what it costs itself is small and known. Prints one JSON object. See README.md.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "messages.h"
#include "report.h"

// What one request carried: messages `number` … `number + count - 1` of `lane`.
struct request {
    uint32_t lane;
    uint32_t count;
    uint64_t number;
};

enum state { IDLE, BUSY, PAUSED, DEAD };

struct connection {
    int fd;
    const char *authorization;
    enum state state;
    struct request request;
    int64_t due_us;   // when the request was due, or when a pause ends
    int64_t sent_us;  // when it was begun: later, if no connection was idle
    uint64_t next;    // number of its next message
    char *out;
    size_t out_length, out_sent;
    char in[16384];
    size_t in_length;
};

static struct {
    struct sockaddr_in address;
    const char *key, *keys_path, *acks_path, *resend_path;
    struct messages messages;
    int connections, batch;
    double seconds, rate;
    double interval_s;
    int pause_ms, reconnects;
} options = {.connections = 64, .batch = 0, .seconds = 5, .interval_s = 0, .pause_ms = 20};

static struct connection *connections;
static int poller;
static volatile sig_atomic_t stopped;
static char **authorizations;   // of each key; connections take them in turn
static size_t authorization_count;
static FILE *acks;
static struct request *again;
static size_t again_count, again_next;
static uint64_t users_next;
static int alive, idle_hint;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(69);
}

static int64_t now_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void stop(int number) {
    (void)number;
    stopped = 1;
}

static void add_key(const char *key) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char plain[160], *out = calloc(1, 256);
    size_t length = (size_t)snprintf(plain, sizeof plain, "%s:", key), at = 0;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)(unsigned char)plain[i] << 16;
        if (i + 1 < length) group |= (uint32_t)(unsigned char)plain[i + 1] << 8;
        if (i + 2 < length) group |= (unsigned char)plain[i + 2];
        out[at++] = digits[group >> 18];
        out[at++] = digits[group >> 12 & 63];
        out[at++] = i + 1 < length ? digits[group >> 6 & 63] : '=';
        out[at++] = i + 2 < length ? digits[group & 63] : '=';
    }
    authorizations = realloc(authorizations, (authorization_count + 1) * sizeof *authorizations);
    authorizations[authorization_count++] = out;
}

static void read_keys(void) {
    if (options.key) add_key(options.key);
    if (!options.keys_path) return;
    FILE *file = fopen(options.keys_path, "r");
    if (!file) fail(options.keys_path);
    char key[121];
    while (fscanf(file, "%120s", key) == 1) add_key(key);
    fclose(file);
}

static int open_connection(struct connection *connection) {
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->fd < 0) fail("socket");
    // A server that takes no more connections may let a connect hang; nothing else would be read meanwhile.
    struct timeval patience = {.tv_usec = 200000};
    setsockopt(connection->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(connection->fd, (struct sockaddr *)&options.address, sizeof options.address) < 0) {
        close(connection->fd);
        return 0;
    }
    int on = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) < 0) fail("epoll_ctl");
    connection->state = IDLE;
    alive++;
    return 1;
}

static void note(char kind, const struct request *request) {
    if (acks)
        fprintf(acks, "%c %u %llu %u %lld\n", kind, request->lane, (unsigned long long)request->number, request->count,
                (long long)now_us(CLOCK_REALTIME) / 1000);
}

static void build(struct connection *connection) {
    struct request *request = &connection->request;
    char *body = connection->out + 512;
    size_t length = 0;
    const char *path = "batch";
    if (options.batch) length += (size_t)sprintf(body, "{\"batch\":[");
    for (uint32_t i = 0; i < request->count; i++) {
        const char *type;
        if (i) body[length++] = ',';
        length += message_write(&options.messages, request->lane, request->number + i, body + length, &type);
        if (!options.batch) path = type;
    }
    if (options.batch) length += (size_t)sprintf(body + length, "]}");
    int head = snprintf(connection->out, 512,
                        "POST /v1/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic %s\r\n"
                        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                        path, connection->authorization, length);
    memmove(connection->out + head, body, length);
    connection->out_length = (size_t)head + length;
    connection->out_sent = 0;
    connection->in_length = 0;
}

// Decides what the connection sends next; 0 when there is nothing left.
static int choose(struct connection *connection) {
    uint32_t count = options.batch ? (uint32_t)options.batch : 1;
    if (options.resend_path) {
        if (again_next == again_count) return 0;
        connection->request = again[again_next++];
        return 1;
    }
    uint32_t lane = (uint32_t)(connection - connections);
    if (options.messages.mix == MIX_USERS) {
        if (users_next >= options.messages.users) return 0;
        if (count > options.messages.users - users_next) count = (uint32_t)(options.messages.users - users_next);
        connection->request = (struct request){.lane = 0, .number = users_next, .count = count};
        users_next += count;
        return 1;
    }
    connection->request = (struct request){.lane = lane, .number = connection->next, .count = count};
    connection->next += count;
    return 1;
}

static void watch(struct connection *connection, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event);
}

static void lose(struct connection *connection) {
    if (connection->state == BUSY) {
        note('D', &connection->request);
        report_lost();
    }
    if (connection->state != DEAD) {
        close(connection->fd);
        connection->state = DEAD;
        alive--;
    }
}

// The server closed: opens the connection again where that was asked for; a server that is not there any more is no fault.
static void replace(struct connection *connection) {
    lose(connection);
    if (options.reconnects && !open_connection(connection)) report_unreachable();
}

static void broken(struct connection *connection, ssize_t received) {
    if (received < 0 && errno == ECONNRESET) report_reset();
    replace(connection);
}

static void send_rest(struct connection *connection) {
    while (connection->out_sent < connection->out_length) {
        ssize_t sent = send(connection->fd, connection->out + connection->out_sent,
                            connection->out_length - connection->out_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return watch(connection, EPOLLIN | EPOLLOUT);
        if (sent <= 0) return broken(connection, sent);
        connection->out_sent += (size_t)sent;
        if (connection->out_sent < connection->out_length) watch(connection, EPOLLIN | EPOLLOUT);
    }
}

static void idle_event(struct connection *connection);

static int begin(struct connection *connection, int64_t due_us) {
    // As HTTP clients do: no request on a connection that the server has ended.
    if (options.reconnects) idle_event(connection);
    if (connection->state != IDLE) return 1;
    if (!choose(connection)) return 0;
    build(connection);
    connection->state = BUSY;
    connection->due_us = due_us;
    connection->sent_us = now_us(CLOCK_MONOTONIC);
    send_rest(connection);
    return 1;
}

static long number_after(const char *text, const char *name) {
    const char *at = strstr(text, name);
    return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

// The answer stands in `in`, ended by a zero byte: its head's length is `head`.
static void take_answer(struct connection *connection, size_t head) {
    int status = atoi(connection->in + 9);
    const char *body = connection->in + head;
    int64_t now = now_us(CLOCK_MONOTONIC);
    struct latency latency = {.since_due_us = now - connection->due_us, .since_sent_us = now - connection->sent_us};
    if (status == 200) {
        long accepted = number_after(body, "\"accepted\":"), duplicates = number_after(body, "\"duplicates\":");
        note(accepted + duplicates == connection->request.count ? 'A' : 'R', &connection->request);
        report_answer(now, latency, accepted, duplicates);
        connection->state = IDLE;
    } else {
        note('D', &connection->request);
        connection->in[head - 1] = 0;
        report_refusal(status, body, latency, strcasestr(connection->in, "\r\nretry-after: ") != NULL);
        connection->state = options.pause_ms ? PAUSED : IDLE;
        connection->due_us = now + options.pause_ms * 1000;
    }
    connection->in[head - 1] = 0;
    if (strcasestr(connection->in, "\r\nconnection: close")) replace(connection);
}

static void receive(struct connection *connection) {
    while (connection->state == BUSY) {
        ssize_t received = recv(connection->fd, connection->in + connection->in_length,
                                sizeof connection->in - 1 - connection->in_length, 0);
        if (received < 0 && errno == EAGAIN) return;
        if (received <= 0) return broken(connection, received);
        connection->in_length += (size_t)received;
        connection->in[connection->in_length] = 0;
        char *end = strstr(connection->in, "\r\n\r\n");
        if (!end) continue;
        char *length = strcasestr(connection->in, "\r\ncontent-length:");
        size_t head = (size_t)(end - connection->in) + 4;
        size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        if (head + body >= sizeof connection->in) return lose(connection);
        if (connection->in_length >= head + body) return take_answer(connection, head);
    }
}

// A connection on which nothing is due: its end, or the end of one that was just opened again.
static void idle_event(struct connection *connection) {
    char byte;
    ssize_t received = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (received < 0 && errno == EAGAIN) return;
    broken(connection, received);
}

static void read_resend(void) {
    FILE *file = fopen(options.resend_path, "r");
    if (!file) fail(options.resend_path);
    struct request request;
    unsigned long long number;
    size_t room = 0;
    while (fscanf(file, "%u %llu %u", &request.lane, &number, &request.count) == 3) {
        request.number = number;
        if (again_count == room) again = realloc(again, (room = room ? 2 * room : 256) * sizeof *again);
        again[again_count++] = request;
    }
    fclose(file);
}

// Begins on idle connections: all of them, or with a rate as many requests as are due. Returns the microseconds until
// the next request is due. A request's latency counts from when it was due, also if no connection was idle then.
static int64_t begin_due(int64_t start, int64_t *made, int *exhausted) {
    int64_t now = now_us(CLOCK_MONOTONIC);
    double per_request = options.batch ? options.batch : 1;
    int64_t wait = 100000;
    for (int step = 0; step < options.connections; step++) {
        struct connection *connection = &connections[(idle_hint + step) % options.connections];
        if (connection->state == PAUSED && connection->due_us <= now) connection->state = IDLE;
        if (connection->state == PAUSED && wait > 20000) wait = 20000;
        if (connection->state != IDLE) continue;
        int64_t due = now;
        if (options.rate > 0) {
            due = start + (int64_t)((double)*made * per_request * 1e6 / options.rate);
            if (due > now) {
                idle_hint = (idle_hint + step) % options.connections;
                return due - now < wait ? due - now : wait;
            }
        }
        if (!begin(connection, due)) {
            *exhausted = 1;
            return wait;
        }
        (*made)++;
    }
    return wait;
}

static void run(void) {
    int64_t start = now_us(CLOCK_MONOTONIC), end = start + (int64_t)(options.seconds * 1e6), made = 0;
    int exhausted = 0, is_finite = options.resend_path || options.messages.mix == MIX_USERS;
    report_begin(start, options.interval_s);
    while (!stopped && alive > 0) {
        int64_t now = now_us(CLOCK_MONOTONIC), wait = 50000;
        int is_over = exhausted || (!is_finite && now >= end);
        if (!is_over) wait = begin_due(start, &made, &exhausted);
        int busy = 0;
        for (int i = 0; i < options.connections; i++) busy += connections[i].state == BUSY;
        if ((is_over || exhausted) && busy == 0) break;
        if (now > end + 30000000 && !is_finite) break;
        struct epoll_event events[256];
        struct timespec timeout = {.tv_sec = wait / 1000000, .tv_nsec = wait % 1000000 * 1000};
        int count = epoll_pwait2(poller, events, 256, &timeout, NULL);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) {
                watch(connection, EPOLLIN);
                send_rest(connection);
            }
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
                if (connection->state == BUSY) receive(connection);
                else idle_event(connection);
            }
            if (connection->state == IDLE && options.rate <= 0 && !is_over && now_us(CLOCK_MONOTONIC) < end)
                if (!begin(connection, now_us(CLOCK_MONOTONIC))) exhausted = 1;
        }
    }
    report_end(now_us(CLOCK_MONOTONIC));
}

static enum mix mix_named(const char *name) {
    if (!strcmp(name, "users")) return MIX_USERS;
    if (!strcmp(name, "mixed")) return MIX_MIXED;
    return !strcmp(name, "group") ? MIX_GROUP : MIX_TRACK;
}

static void read_options(int argc, char **argv) {
    static const struct option names[] = {
        {"port", 1, 0, 'p'}, {"key", 1, 0, 'k'}, {"connections", 1, 0, 'c'}, {"batch", 1, 0, 'b'}, {"mix", 1, 0, 'm'},
        {"seconds", 1, 0, 's'}, {"prefix", 1, 0, 'x'}, {"users", 1, 0, 'u'}, {"rate", 1, 0, 'r'}, {"acks", 1, 0, 'a'},
        {"resend", 1, 0, 'n'}, {"interval", 1, 0, 'i'}, {"pause", 1, 0, 'w'}, {"reconnect", 1, 0, 'o'},
        {"keys", 1, 0, 'K'}, {"first", 1, 0, 'f'}, {"group", 1, 0, 'g'}, {"members", 1, 0, 'M'}, {0, 0, 0, 0}};
    options.address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    options.messages = (struct messages){.mix = MIX_TRACK, .prefix = "m", .users = 20000, .members = 1};
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'p': options.address.sin_port = htons((uint16_t)atoi(optarg)); break;
        case 'k': options.key = optarg; break;
        case 'c': options.connections = atoi(optarg); break;
        case 'b': options.batch = atoi(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'x': options.messages.prefix = optarg; break;
        case 'u': options.messages.users = strtoull(optarg, NULL, 10); break;
        case 'r': options.rate = atof(optarg); break;
        case 'a': options.acks_path = optarg; break;
        case 'n': options.resend_path = optarg; break;
        case 'i': options.interval_s = atof(optarg); break;
        case 'w': options.pause_ms = atoi(optarg); break;
        case 'o': options.reconnects = atoi(optarg); break;
        case 'K': options.keys_path = optarg; break;
        case 'f': options.messages.first = strtoull(optarg, NULL, 10); break;
        case 'g': options.messages.group = strtoull(optarg, NULL, 10); break;
        case 'M': options.messages.members = strtoull(optarg, NULL, 10); break;
        case 'm': options.messages.mix = mix_named(optarg); break;
        default: exit(64);
        }
    }
    int has_key = options.key ? strlen(options.key) <= 120 : options.keys_path != NULL;
    if (!has_key || strlen(options.messages.prefix) > 30 || options.connections < 1 || options.batch < 0 ||
        options.batch > 1000 || options.messages.users < 1 || options.messages.members < 1) {
        fprintf(stderr, "load: --port P --key K [--connections N] [--batch N] [--mix track|mixed|users|group] …; see README.md\n");
        exit(64);
    }
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    read_keys();
    if (!authorization_count) exit(64);
    if (options.resend_path) read_resend();
    if (options.acks_path && !(acks = fopen(options.acks_path, "w"))) fail(options.acks_path);
    poller = epoll_create1(0);
    connections = calloc((size_t)options.connections, sizeof *connections);
    size_t room = 1024 + (size_t)(options.batch ? options.batch : 1) * (MESSAGE_BYTES + 1);
    for (int i = 0; i < options.connections; i++) {
        connections[i].out = malloc(room);
        connections[i].authorization = authorizations[(size_t)i % authorization_count];
        if (!open_connection(&connections[i])) fail("connect");
    }
    run();
    for (int i = 0; i < options.connections; i++)
        if (connections[i].state == BUSY) lose(&connections[i]);
    if (acks && fclose(acks) != 0) fail(options.acks_path);
    report_print();
    return 0;
}
