#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
/// Writes the E.164 form of `text` into `out` (at least 20 bytes) and returns its length, or 0 if it is no valid number.
/// `region` is a two-letter country code used for national forms, or "ZZ" for none.
size_t cphonenumber_e164(const char *text, size_t length, const char *region, char *out, size_t capacity);
#ifdef __cplusplus
}
#endif
