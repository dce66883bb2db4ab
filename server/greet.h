// Handshakes take turns. Each costs the loop half a millisecond, and hundreds may arrive at once: a
// turn of the loop gives them a little of its time and the rest wait for the next one, so that
// whoever is in is answered first, whatever comes to the door. Loop thread.
#ifndef SERVER_GREET_H
#define SERVER_GREET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GREET_LEAST UINT64_C(2000000)  // ns of processor that a turn gives to handshakes
#define GREET_MOST  UINT64_C(5000000)  // … when all else in the turn takes as long
#define GREET_BYTES ((size_t)16 << 10) // of one that waits: no more is read before its turn

struct session;

struct greeting {
    struct session *first; // who has waited longest is first
    uint64_t ended;        // ns of processor when the last turn's time was over; 0: nobody had to wait
};

// What has arrived of its handshake waits for its turn. 0 or ERR_NOMEM.
int greet_later(struct session *session, const uint8_t *data, size_t size);
// It goes: in no queue any more. Once more does no harm.
void greet_leave(struct session *session);
// Gives the bytes of those whose turn it is to `got`. True: others wait still.
bool greet_turn(struct greeting *greeting, void (*got)(struct session *session, const uint8_t *data, size_t size));

#endif
