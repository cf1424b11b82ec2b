#include "CRE2.h"
#include <cstdio>
#include <new>
#include <re2/re2.h>

struct cre2_pattern {
    re2::RE2 expression;
    cre2_pattern(const re2::StringPiece &source, const re2::RE2::Options &options) : expression(source, options) {}
};

/// Bytes of a pattern's program and of its cache of states: refuses `((a{500}){500})` when it is compiled.
static const int64_t memory = 1 << 18;

cre2_pattern *cre2_compile(const char *source, size_t length, char *fault, size_t capacity) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_max_mem(memory);
    cre2_pattern *pattern = new (std::nothrow) cre2_pattern(re2::StringPiece(source, length), options);
    if (pattern != nullptr && pattern->expression.ok()) return pattern;
    std::snprintf(fault, capacity, "%s", pattern == nullptr ? "out of memory" : pattern->expression.error().c_str());
    delete pattern;
    return nullptr;
}

bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length) {
    return re2::RE2::PartialMatch(re2::StringPiece(text, length), pattern->expression);
}

void cre2_free(cre2_pattern *pattern) { delete pattern; }
