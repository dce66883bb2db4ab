// A wheel of deadlines: one timer for ten thousand sessions. Setting and clearing
// cost the same however many there are. Loop thread.
#ifndef SERVER_DEADLINE_H
#define SERVER_DEADLINE_H

#include <stdint.h>

#define WHEEL_STEP  250 // milliseconds
#define WHEEL_SLOTS 512 // 128 s; what is due later comes by and is put back

struct deadline {
    struct deadline *prev, *next;
    uint64_t due; // step in which it fires; 0: not set
};

struct wheel {
    struct deadline slots[WHEEL_SLOTS]; // heads of circular lists
    uint64_t step;                      // everything up to here has fired
};

typedef void deadline_fn(struct deadline *deadline, void *data);

void wheel_init(struct wheel *wheel, uint64_t now);                               // `now` in ms
void deadline_set(struct wheel *wheel, struct deadline *deadline, uint64_t when); // moves it when it is set already
void deadline_clear(struct deadline *deadline);
// Fires all that is due; each is cleared before its call and may set itself again.
void wheel_turn(struct wheel *wheel, uint64_t now, deadline_fn *on_due, void *data);

#endif
