// The decoder once more in little memory: the same must come of it as with enough, or it must
// be known that memory was short. Target frame.
#ifndef TESTS_FUZZ_SCARCE_H
#define TESTS_FUZZ_SCARCE_H

#include "server/parse.h"

// Each takes at most `budget` bytes, is told what came of it with enough memory, and ends the process when that is not so.

// Unpacked, or refused as too large; `good`: it was taken.
void scarce_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict, size_t budget, bool good);
// parse_item: `item` and `told` are of one that had enough.
void scarce_item(const Sendco__Record *message, size_t budget, const struct put_item *item, const struct problem *told);
// A good item packed to wait, and opened again.
void scarce_packed(struct put_item item, size_t budget);
// parse_query, which answered `result` and `query`.
void scarce_list(const Sendco__List *list, int32_t today, size_t budget, int result, const struct query *query);

#endif
