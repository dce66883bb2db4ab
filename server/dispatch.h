// Which handler takes which request, and in which state of the session. Loop thread.
#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

struct session;

// One whole frame that arrived. Answers, or ends the session when it breaks the protocol.
void dispatch_frame(struct session *session, const uint8_t *data, size_t size);

#endif
