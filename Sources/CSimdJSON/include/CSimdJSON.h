#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/// Version of the simdjson library that was linked.
const char *csimdjson_version(void);

/// Values below this nesting depth are checked but get no node; their emitted ancestor has height 255.
#define CSJ_DEPTH_OF_NODES 64
/// Longest object key in bytes (decoded); a longer one sets CSJ_LONG_KEY on all its ancestors.
#define CSJ_KEY_BYTES 256

enum {
    CSJ_OK = 0,
    CSJ_EMPTY = 1,
    CSJ_INVALID_UTF8 = 2,
    CSJ_SYNTAX = 3,
    CSJ_NO_MEMORY = 4,
};

enum {
    CSJ_NULL = 0,
    CSJ_FALSE = 1,
    CSJ_TRUE = 2,
    CSJ_NUMBER = 3,
    CSJ_STRING = 4,
    CSJ_ARRAY = 5,
    CSJ_OBJECT = 6,
};

enum {
    /// The string contains escapes: its value is csj_unescape of its bytes.
    CSJ_ESCAPED = 1,
    /// The number has neither fraction nor exponent.
    CSJ_INTEGER = 2,
    /// A `\u0000` or a lone surrogate here or below was replaced by `\ufffd` (the text itself too).
    CSJ_REPLACED = 4,
    /// A number here or below is no finite double (or not zero, but too small for one).
    CSJ_BAD_NUMBER = 8,
    /// An object key below is longer than CSJ_KEY_BYTES.
    CSJ_LONG_KEY = 16,
};

/// One value (or object key, which is a string) of the document, in source order. An array's node is followed by its
/// elements, an object's by key, value, key, value, …
typedef struct {
    /// First byte of the value in the text; of a string, the byte after its opening quote.
    uint32_t start;
    /// One past the last byte; of a string, its closing quote.
    uint32_t end;
    /// Index of the node after this one and all below it.
    uint32_t next;
    uint8_t kind;
    uint8_t flags;
    /// Levels of arrays and objects from here down: 0 for a scalar, 1 for `{}`, at most 255.
    uint8_t height;
    uint8_t reserved;
} csj_node;

typedef struct {
    /// A copy of the source, in which replaced escapes are rewritten; every value's slice is valid JSON.
    const uint8_t *text;
    const csj_node *nodes;
    uint32_t length;
    uint32_t count;
} csj_document;

/// Checks the whole text (UTF-8, grammar, escapes, numbers) and builds its nodes. Never fails for depth, number range or
/// key length, which the caller checks per value through height and flags. The result must go to csj_free.
int csj_parse(const uint8_t *bytes, size_t length, csj_document *document);
void csj_free(csj_document *document);

/// Writes the value of a string's bytes (from a parsed document) into `out`, which has at least `length` bytes; returns
/// the bytes written.
size_t csj_unescape(const uint8_t *bytes, size_t length, uint8_t *out);

/// Index of the first byte that a JSON string must escape (below 0x20, quote, backslash), or `length`.
size_t csj_plain_prefix(const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif
