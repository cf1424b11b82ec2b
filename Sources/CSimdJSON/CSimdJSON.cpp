// simdjson's first stage (UTF-8 check and the index of structural characters) with a second stage of our own. simdjson's
// DOM refuses the whole text for one number beyond a double, one lone surrogate or too deep a value, and keeps no source
// offsets; ingest must refuse one event of a batch only, and passes slices of the text on as they are.
#include "CSimdJSON.h"
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>
#include <vector>

namespace {

using simdjson::internal::dom_parser_implementation;

constexpr size_t kept_capacity = 256 * 1024;
constexpr size_t largest_text = 0x7fffffff;
constexpr int largest_exponent = 1100; // the smallest double has 1,074 decimals; PostgreSQL's numeric ends at 16,383
constexpr uint8_t inherited = CSJ_REPLACED | CSJ_BAD_NUMBER | CSJ_LONG_KEY;

inline bool is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
inline bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

inline uint64_t has_byte(uint64_t word, uint8_t byte) {
    const uint64_t ones = 0x0101010101010101ull;
    const uint64_t x = word ^ (ones * byte);
    return (x - ones) & ~x & (ones * 0x80);
}

/// The first quote or backslash at or after `p`; the text has 8 spare bytes after `end`.
inline const uint8_t *find_quote_or_backslash(const uint8_t *p, const uint8_t *end) {
    while (p < end) {
        uint64_t word;
        std::memcpy(&word, p, 8);
        const uint64_t found = has_byte(word, '"') | has_byte(word, '\\');
        if (found) {
            p += __builtin_ctzll(found) / 8;
            return p < end ? p : end;
        }
        p += 8;
    }
    return end;
}

inline int hex_digit(uint8_t c) {
    if (is_digit(c)) return c - '0';
    const uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The four hex digits at `p`, or -1.
inline int hex4(const uint8_t *p) {
    const int a = hex_digit(p[0]), b = hex_digit(p[1]), c = hex_digit(p[2]), d = hex_digit(p[3]);
    if ((a | b | c | d) < 0) return -1;
    return a << 12 | b << 8 | c << 4 | d;
}

inline bool is_high(int unit) { return unit >= 0xd800 && unit < 0xdc00; }
inline bool is_low(int unit) { return unit >= 0xdc00 && unit < 0xe000; }

inline uint8_t *write_utf8(uint32_t c, uint8_t *out) {
    if (c < 0x80) {
        *out++ = uint8_t(c);
    } else if (c < 0x800) {
        *out++ = uint8_t(0xc0 | c >> 6);
        *out++ = uint8_t(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = uint8_t(0xe0 | c >> 12);
        *out++ = uint8_t(0x80 | (c >> 6 & 0x3f));
        *out++ = uint8_t(0x80 | (c & 0x3f));
    } else {
        *out++ = uint8_t(0xf0 | c >> 18);
        *out++ = uint8_t(0x80 | (c >> 12 & 0x3f));
        *out++ = uint8_t(0x80 | (c >> 6 & 0x3f));
        *out++ = uint8_t(0x80 | (c & 0x3f));
    }
    return out;
}

struct Reader {
    uint8_t *text;
    size_t length;
    const uint32_t *structurals;
    size_t structural_count;
    csj_node *nodes;
    uint32_t count = 0;
    uint32_t open[CSJ_DEPTH_OF_NODES] = {};
    size_t depth = 0;
    std::vector<bool> deep = {}; // beyond the open nodes: is the container an object?

    bool in_object() const { return deep.empty() ? nodes[open[depth - 1]].kind == CSJ_OBJECT : deep.back(); }

    void add(uint8_t kind, uint8_t flags, size_t start, size_t end) {
        const uint8_t passed_on = flags & inherited;
        if (passed_on && depth > 0) nodes[open[depth - 1]].flags |= passed_on;
        if (!deep.empty()) return;
        nodes[count] = csj_node{uint32_t(start), uint32_t(end), count + 1, kind, flags, 0, 0};
        count += 1;
    }

    void enter(bool object, size_t at) {
        if (depth == CSJ_DEPTH_OF_NODES) {
            nodes[open[depth - 1]].height = 255;
            deep.push_back(object);
            return;
        }
        nodes[count] = csj_node{uint32_t(at), 0, 0, uint8_t(object ? CSJ_OBJECT : CSJ_ARRAY), 0, 1, 0};
        open[depth++] = count++;
    }

    void leave(size_t end) {
        if (!deep.empty()) {
            deep.pop_back();
            return;
        }
        csj_node &node = nodes[open[--depth]];
        node.end = uint32_t(end);
        node.next = count;
        if (depth == 0) return;
        csj_node &parent = nodes[open[depth - 1]];
        parent.flags |= node.flags & inherited;
        const uint8_t height = node.height == 255 ? 255 : uint8_t(node.height + 1);
        if (height > parent.height) parent.height = height;
    }

    /// Checks a string from its opening quote; `key` strings are measured.
    bool string(size_t quote, bool key) {
        uint8_t *const end_of_text = text + length;
        uint8_t *const start = text + quote + 1;
        uint8_t *p = start;
        size_t saved = 0; // bytes by which the value is shorter than its text
        uint8_t flags = 0;
        for (;;) {
            p = const_cast<uint8_t *>(find_quote_or_backslash(p, end_of_text));
            if (p >= end_of_text) return false;
            if (*p == '"') break;
            flags |= CSJ_ESCAPED;
            if (end_of_text - p < 2) return false;
            switch (p[1]) {
            case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
                saved += 1;
                p += 2;
                continue;
            case 'u': break;
            default: return false;
            }
            if (end_of_text - p < 6) return false;
            const int unit = hex4(p + 2);
            if (unit < 0) return false;
            if (is_high(unit) && end_of_text - p >= 12 && p[6] == '\\' && p[7] == 'u' && is_low(hex4(p + 8))) {
                saved += 8;
                p += 12;
                continue;
            }
            if (unit == 0 || is_high(unit) || is_low(unit)) {
                std::memcpy(p, "\\ufffd", 6);
                flags |= CSJ_REPLACED;
                saved += 3;
            } else {
                saved += unit < 0x80 ? 5 : unit < 0x800 ? 4 : 3;
            }
            p += 6;
        }
        if (key && size_t(p - start) - saved > CSJ_KEY_BYTES) flags |= CSJ_LONG_KEY;
        add(CSJ_STRING, flags, size_t(start - text), size_t(p - text));
        return true;
    }

    /// Checks a number that fills [start, end) exactly.
    bool number(size_t start, size_t end) {
        const uint8_t *p = text + start;
        const uint8_t *const stop = text + end;
        if (p < stop && *p == '-') p += 1;
        const uint8_t *const digits = p;
        while (p < stop && is_digit(*p)) p += 1;
        const size_t whole = size_t(p - digits);
        if (whole == 0 || (whole > 1 && *digits == '0')) return false;
        uint8_t flags = CSJ_INTEGER;
        size_t fraction = 0;
        if (p < stop && *p == '.') {
            flags = 0;
            const uint8_t *const first = ++p;
            while (p < stop && is_digit(*p)) p += 1;
            fraction = size_t(p - first);
            if (fraction == 0) return false;
        }
        bool has_exponent = false;
        if (p < stop && (*p | 0x20) == 'e') {
            flags = 0;
            has_exponent = true;
            if (++p < stop && (*p == '+' || *p == '-')) p += 1;
            const uint8_t *const first = p;
            long exponent = 0;
            while (p < stop && is_digit(*p)) {
                if (exponent <= largest_exponent) exponent = exponent * 10 + (*p - '0');
                p += 1;
            }
            if (p == first) return false;
            if (exponent > largest_exponent) flags |= CSJ_BAD_NUMBER;
        }
        if (p != stop) return false;
        if (fraction > size_t(largest_exponent)) flags |= CSJ_BAD_NUMBER;
        if (!(flags & CSJ_BAD_NUMBER) && (has_exponent || whole > 300 || fraction > 300)) {
            double value = 0;
            const char *first = reinterpret_cast<const char *>(text + start);
            const auto result = std::from_chars(first, reinterpret_cast<const char *>(stop), value);
            if (result.ec != std::errc()) flags |= CSJ_BAD_NUMBER;
        }
        add(CSJ_NUMBER, flags, start, end);
        return true;
    }

    /// A scalar that begins at structural `i` and is no string.
    bool atom(size_t i) {
        const size_t start = structurals[i];
        size_t end = i + 1 < structural_count ? structurals[i + 1] : length;
        while (end > start && is_space(text[end - 1])) end -= 1;
        const size_t size = end - start;
        const uint8_t *p = text + start;
        if (*p == '-' || is_digit(*p)) return number(start, end);
        if (size == 4 && std::memcmp(p, "null", 4) == 0) return add(CSJ_NULL, 0, start, end), true;
        if (size == 4 && std::memcmp(p, "true", 4) == 0) return add(CSJ_TRUE, 0, start, end), true;
        if (size == 5 && std::memcmp(p, "false", 5) == 0) return add(CSJ_FALSE, 0, start, end), true;
        return false;
    }

    bool read() {
        size_t i = 0;
        const auto peek = [&]() -> uint8_t { return i < structural_count ? text[structurals[i]] : 0; };
    value: {
        const uint8_t c = peek();
        if (c == 0) return false;
        if (c == '{' || c == '[') {
            enter(c == '{', structurals[i++]);
            const uint8_t next = peek();
            if (next == (c == '{' ? '}' : ']')) {
                leave(structurals[i++] + 1);
                goto after_value;
            }
            if (c == '{') goto key;
            goto value;
        }
        if (c == '"' ? !string(structurals[i], false) : !atom(i)) return false;
        i += 1;
    }
    after_value: {
        if (depth == 0) return i == structural_count;
        const uint8_t c = peek();
        const bool object = in_object();
        if (c == ',') {
            i += 1;
            if (object) goto key;
            goto value;
        }
        if (c != (object ? '}' : ']')) return false;
        leave(structurals[i++] + 1);
        goto after_value;
    }
    key:
        if (peek() != '"' || !string(structurals[i++], true)) return false;
        if (peek() != ':') return false;
        i += 1;
        goto value;
    }
};

/// One parser per thread, so that a small text allocates nothing for the first stage.
std::unique_ptr<dom_parser_implementation> &thread_parser() {
    thread_local std::unique_ptr<dom_parser_implementation> parser;
    return parser;
}

int parse(uint8_t *text, size_t length, csj_document *document) {
    std::unique_ptr<dom_parser_implementation> &parser = thread_parser();
    if (!parser || parser->capacity() < length) {
        const size_t capacity = length < 16 * 1024 ? 16 * 1024 : length;
        if (simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser)
            != simdjson::SUCCESS) {
            parser.reset();
            return CSJ_NO_MEMORY;
        }
    }
    const auto error = parser->stage1(text, length, simdjson::stage1_mode::regular);
    if (error == simdjson::UTF8_ERROR) return CSJ_INVALID_UTF8;
    if (error == simdjson::EMPTY) return CSJ_EMPTY;
    if (error != simdjson::SUCCESS) return CSJ_SYNTAX;
    const size_t structural_count = parser->n_structural_indexes;
    csj_node *nodes = static_cast<csj_node *>(std::malloc((structural_count + 1) * sizeof(csj_node)));
    if (!nodes) return CSJ_NO_MEMORY;
    Reader reader{text, length, parser->structural_indexes.get(), structural_count, nodes};
    const bool valid = reader.read();
    if (parser->capacity() > kept_capacity) parser.reset();
    if (!valid) {
        std::free(nodes);
        return CSJ_SYNTAX;
    }
    *document = csj_document{text, nodes, uint32_t(length), reader.count};
    return CSJ_OK;
}

} // namespace

const char *csimdjson_version(void) { return SIMDJSON_STRINGIFY(SIMDJSON_VERSION); }

int csj_parse(const uint8_t *bytes, size_t length, csj_document *document) {
    *document = csj_document{nullptr, nullptr, 0, 0};
    if (length >= 3 && std::memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { // a byte order mark is no part of the text
        bytes += 3;
        length -= 3;
    }
    if (length == 0) return CSJ_EMPTY;
    if (length > largest_text) return CSJ_NO_MEMORY;
    uint8_t *text = static_cast<uint8_t *>(std::malloc(length + simdjson::SIMDJSON_PADDING));
    if (!text) return CSJ_NO_MEMORY;
    std::memcpy(text, bytes, length);
    std::memset(text + length, ' ', simdjson::SIMDJSON_PADDING);
    int error;
    try {
        error = parse(text, length, document);
    } catch (const std::bad_alloc &) {
        error = CSJ_NO_MEMORY;
    }
    if (error != CSJ_OK) std::free(text);
    return error;
}

void csj_free(csj_document *document) {
    std::free(const_cast<uint8_t *>(document->text));
    std::free(const_cast<csj_node *>(document->nodes));
    *document = csj_document{nullptr, nullptr, 0, 0};
}

size_t csj_unescape(const uint8_t *bytes, size_t length, uint8_t *out) {
    const uint8_t *p = bytes;
    const uint8_t *const end = bytes + length;
    uint8_t *o = out;
    while (p < end) {
        const void *found = std::memchr(p, '\\', size_t(end - p));
        const uint8_t *stop = found ? static_cast<const uint8_t *>(found) : end;
        std::memcpy(o, p, size_t(stop - p));
        o += stop - p;
        p = stop;
        if (p >= end || end - p < 2) break;
        switch (p[1]) {
        case 'b': *o++ = '\b'; break;
        case 'f': *o++ = '\f'; break;
        case 'n': *o++ = '\n'; break;
        case 'r': *o++ = '\r'; break;
        case 't': *o++ = '\t'; break;
        case 'u': {
            if (end - p < 6) return size_t(o - out);
            uint32_t c = uint32_t(hex4(p + 2));
            if (is_high(int(c)) && end - p >= 12) {
                c = 0x10000 + ((c - 0xd800) << 10) + (uint32_t(hex4(p + 8)) - 0xdc00);
                p += 6;
            }
            o = write_utf8(c, o);
            p += 4;
            break;
        }
        default: *o++ = p[1]; break;
        }
        p += 2;
    }
    return size_t(o - out);
}

size_t csj_plain_prefix(const uint8_t *bytes, size_t length) {
    size_t i = 0;
    const uint64_t ones = 0x0101010101010101ull;
    while (i + 8 <= length) {
        uint64_t word;
        std::memcpy(&word, bytes + i, 8);
        const uint64_t control = (word - ones * 0x20) & ~word & (ones * 0x80);
        const uint64_t found = control | has_byte(word, '"') | has_byte(word, '\\');
        if (found) return i + size_t(__builtin_ctzll(found)) / 8;
        i += 8;
    }
    while (i < length && bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\') i += 1;
    return i;
}
