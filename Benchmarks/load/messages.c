#include "messages.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char context[] =
    "\"context\":{\"library\":{\"name\":\"analytics-python\",\"version\":\"2.4.0\"},"
    "\"page\":{\"path\":\"/pricing\",\"url\":\"https://acme.example/pricing\",\"title\":\"Pricing\"},"
    "\"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130 Safari/537.36\","
    "\"ip\":\"192.0.2.7\"}";

static uint64_t mixed_bits(uint64_t value) {
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static uint64_t bits(const struct messages *messages, uint32_t lane, uint64_t number) {
    uint64_t seed = 1469598103934665603u;
    for (const char *byte = messages->prefix; *byte; byte++) seed = (seed ^ (unsigned char)*byte) * 1099511628211u;
    return mixed_bits(seed ^ mixed_bits(((uint64_t)lane << 40) ^ number));
}

static uint64_t any_user(const struct messages *messages, uint64_t random) {
    return messages->first + (random >> 20) % messages->users;
}

// The current second is formatted once.
static const char *timestamp(void) {
    static char text[40];
    static time_t shown;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != shown) {
        struct tm parts;
        gmtime_r(&now.tv_sec, &parts);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
        shown = now.tv_sec;
    }
    int thousandths = (int)(now.tv_nsec / 1000000);
    text[20] = (char)('0' + thousandths / 100);
    text[21] = (char)('0' + thousandths / 10 % 10);
    text[22] = (char)('0' + thousandths % 10);
    return text;
}

struct parts {
    const char *type;
    char ids[160];
    char content[320];
};

static void identify(struct parts *parts, const char *traits) {
    parts->type = "identify";
    snprintf(parts->content, sizeof parts->content, "\"traits\":{%s}", traits);
}

static void known_person(struct parts *parts, uint64_t user) {
    snprintf(parts->ids, sizeof parts->ids, "\"userId\":\"user-%llu\",\"anonymousId\":\"anon-%llu\"",
             (unsigned long long)user, (unsigned long long)user);
}

// 70 % track, 20 % page, 10 % identify, as `roll` decides.
static void any_call(struct parts *parts, uint64_t roll) {
    if (roll % 10 < 7) {
        parts->type = "track";
        snprintf(parts->content, sizeof parts->content,
                 "\"event\":\"Pricing Viewed\",\"properties\":{\"price\":%u,\"currency\":\"EUR\",\"sku\":\"A-100\"}",
                 (unsigned)(roll / 16 % 1000));
    } else if (roll % 10 < 9) {
        parts->type = "page";
        snprintf(parts->content, sizeof parts->content,
                 "\"name\":\"Pricing\",\"properties\":{\"price\":%u,\"currency\":\"EUR\",\"sku\":\"A-100\"}",
                 (unsigned)(roll / 16 % 1000));
    } else {
        char traits[120];
        snprintf(traits, sizeof traits, "\"plan\":\"%s\",\"seats\":%u,\"title\":\"Buyer\"", roll / 16 % 2 ? "pro" : "free",
                 (unsigned)(roll / 32 % 50));
        identify(parts, traits);
    }
}

// 5 % of the messages make a profile and 0.5 % merge two: an even message may be a visitor's page, and then the odd one
// after it says which user that was.
static void mixed(const struct messages *messages, uint32_t lane, uint64_t number, uint64_t random, struct parts *parts) {
    uint64_t pair = bits(messages, lane, number & ~1ull);
    unsigned share = (unsigned)(pair >> 40) % 1000;
    uint64_t user = any_user(messages, random);
    if (share < 10) {
        char visitor[100];
        snprintf(visitor, sizeof visitor, "merge-%s-%u-%llu", messages->prefix, lane, (unsigned long long)(number & ~1ull));
        if (number & 1) {
            snprintf(parts->ids, sizeof parts->ids, "\"userId\":\"user-%llu\",\"anonymousId\":\"%s\"",
                     (unsigned long long)user, visitor);
            identify(parts, "\"plan\":\"free\"");
        } else {
            snprintf(parts->ids, sizeof parts->ids, "\"anonymousId\":\"%s\"", visitor);
            any_call(parts, 8);
        }
        return;
    }
    if ((unsigned)(random >> 48) % 100 < 5) {
        int is_user = (random >> 47) & 1;
        snprintf(parts->ids, sizeof parts->ids, "\"%s\":\"new-%s-%u-%llu\"", is_user ? "userId" : "anonymousId",
                 messages->prefix, lane, (unsigned long long)number);
    } else {
        known_person(parts, user);
    }
    any_call(parts, random % 16000);
}

size_t message_write(const struct messages *messages, uint32_t lane, uint64_t number, char *out, const char **path) {
    struct parts parts;
    uint64_t random = bits(messages, lane, number);
    switch (messages->mix) {
    case MIX_TRACK:
        known_person(&parts, any_user(messages, random));
        any_call(&parts, random % 1000 * 160);
        break;
    case MIX_MIXED:
        mixed(messages, lane, number, random, &parts);
        break;
    case MIX_USERS: {
        char traits[120];
        unsigned long long user = messages->first + number;
        known_person(&parts, user);
        snprintf(traits, sizeof traits, "\"email\":\"user-%llu@acme.example\",\"plan\":\"free\"", user);
        identify(&parts, traits);
        break;
    }
    case MIX_GROUP: {
        uint64_t user = any_user(messages, random);
        known_person(&parts, user);
        parts.type = "group";
        snprintf(parts.content, sizeof parts.content, "\"groupId\":\"group-%llu\",\"traits\":{}",
                 (unsigned long long)(messages->group + (user - messages->first) / messages->members));
        break;
    }
    }
    *path = parts.type;
    return (size_t)snprintf(out, MESSAGE_BYTES, "{\"type\":\"%s\",\"messageId\":\"%s-%u-%llu\",%s,%s,%s,\"timestamp\":\"%s\"}",
                            parts.type, messages->prefix, lane, (unsigned long long)number, parts.ids, parts.content, context,
                            timestamp());
}
