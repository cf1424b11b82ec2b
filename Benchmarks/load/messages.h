// The messages that the generator sends. A message is a function of its run's prefix, its connection and its number, so
// that it can be sent again as it was, and so that its messageId says which one it is.
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stddef.h>
#include <stdint.h>

enum mix { MIX_TRACK, MIX_MIXED, MIX_USERS, MIX_GROUP };

struct messages {
    enum mix mix;
    const char *prefix;
    uint64_t first, users;      // the known people: user-`first` and those after it
    uint64_t group, members;    // the first `members` of them are in group-`group`, the next ones in the next group, …
};

// Writes message `number` of `lane`, as JSON with its own "type"; returns the bytes written. *path is that of a single
// call. `out` has room for MESSAGE_BYTES.
#define MESSAGE_BYTES 2048
size_t message_write(const struct messages *messages, uint32_t lane, uint64_t number, char *out, const char **path);

#endif
