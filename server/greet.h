// Handshakes take turns. Each costs the loop half a millisecond, and hundreds may arrive at once: a
// turn of the loop gives them a little of its time and the rest wait for the next one, so that
// whoever is in is answered first, whatever comes to the door. Whoever has had a first turn and
// answered it comes before those who had none, once: else all that come are begun and none is done,
// and not again, else bytes sent one by one would jump the line. Loop thread.
#ifndef SERVER_GREET_H
#define SERVER_GREET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GREET_LEAST UINT64_C(2000000) // ns of processor that a turn gives to handshakes
#define GREET_MOST  UINT64_C(5000000) // … when all else in the turn takes as long
#define GREET_PART  8                 // … or this part of all else, where that is more: else nobody comes in while turns are long
// Of one that waits: with so many nothing more is read before its turn. One read comes on top of fewer:
// SERVER_READ and these, 80 KiB, are the most that wait.
#define GREET_BYTES ((size_t)16 << 10)

struct session;

struct greeting {
    struct session *again, *first; // for a second turn, and for any other; who has waited longest is first
    uint64_t ended;                // ns of processor when the last turn's time was over; 0: nobody had to wait
};

// What has arrived of its handshake waits for its turn, and its time stands still. 0 or ERR_NOMEM.
int greet_later(struct session *session, const uint8_t *data, size_t size);
// It goes: in no queue any more. Once more does no harm.
void greet_leave(struct session *session);
// Gives the bytes of those whose turn it is to `got`. True: others wait still.
bool greet_turn(struct greeting *greeting, void (*got)(struct session *session, const uint8_t *data, size_t size));

#endif
