#pragma once
#ifdef __cplusplus
extern "C" {
#endif
/// Version of the simdjson library that was linked.
const char *csimdjson_version(void);
#ifdef __cplusplus
}
#endif
