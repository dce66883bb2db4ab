// From the protocol's messages to the house's structs. What is wrong is said in words that
// people may see, not in the protocol's: what, and what to do. Any thread.
#ifndef SERVER_PARSE_H
#define SERVER_PARSE_H

#include "server/store/store.h"
#include "protocol.pb-c.h"

// All return 0 or ERR_INVALID (ERR_NOMEM) with the problem set.
int parse_kind(bool has, uint32_t number, const struct kind **kind, struct problem *problem);
int parse_target(bool has_kind, uint32_t number, bool has_id, int64_t id, const struct kind **kind, struct problem *problem);
// `today`: nothing is known of what comes after it.
int parse_known(bool has, int64_t as_known, int32_t today, struct problem *problem);
int parse_key(bool has, const ProtobufCBinaryData *data, uint8_t key[STORE_KEY], struct problem *problem);
// Whom something is about: a kind that others are about, and an id.
int parse_about(const Sendco__About *about, const struct kind **kind, struct problem *problem);
int parse_query(const Sendco__List *list, int32_t today, struct arena *arena, struct query *query, struct problem *problem);
// One record of a Put. `at`: its place, from 0, for the sentence.
int parse_item(const Sendco__Record *record, size_t at, struct arena *arena, struct put_item *item, struct problem *problem);
// What parse_item made, packed into `arena`: its record may then go. ERR_NOMEM without a problem.
int parse_packed(struct put_item *item, struct arena *arena);

#endif
