#pragma once
#include <stdbool.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

/// Compiles a pattern of UTF-8 text in RE2's syntax. NULL if RE2 refuses it; then `fault` (of `capacity` bytes) says why.
/// The result is immutable, may be used by several threads at once, and must go to cre2_free.
cre2_pattern *cre2_compile(const char *source, size_t length, char *fault, size_t capacity);

/// Whether the pattern matches anywhere in the text, in time linear in its length.
bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length);

void cre2_free(cre2_pattern *pattern);

#ifdef __cplusplus
}
#endif
