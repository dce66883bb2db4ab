// The wheel of deadlines (deadline.h). Loop thread.
#include "server/deadline.h"

#include <stddef.h>

void wheel_init(struct wheel *wheel, uint64_t now)
{
    for (size_t i = 0; i < WHEEL_SLOTS; i++) {
        struct deadline *head = &wheel->slots[i];
        head->prev = head->next = head;
        head->due = 0;
    }
    wheel->step = now / WHEEL_STEP;
}

void deadline_clear(struct deadline *deadline)
{
    if (!deadline->due)
        return;
    deadline->prev->next = deadline->next;
    deadline->next->prev = deadline->prev;
    deadline->due = 0;
}

void deadline_set(struct wheel *wheel, struct deadline *deadline, uint64_t when)
{
    // never early: the step after the one it falls into, and never one that has fired
    uint64_t due = when / WHEEL_STEP + 1;
    if (due <= wheel->step)
        due = wheel->step + 1;
    if (due >= wheel->step + WHEEL_SLOTS)
        due = wheel->step + WHEEL_SLOTS - 1;
    if (deadline->due == due)
        return;
    deadline_clear(deadline);
    struct deadline *head = &wheel->slots[due % WHEEL_SLOTS];
    deadline->due = due;
    deadline->prev = head->prev;
    deadline->next = head;
    head->prev->next = deadline;
    head->prev = deadline;
}

void wheel_turn(struct wheel *wheel, uint64_t now, deadline_fn *on_due, void *data)
{
    uint64_t target = now / WHEEL_STEP;
    while (wheel->step < target) {
        wheel->step++;
        struct deadline *head = &wheel->slots[wheel->step % WHEEL_SLOTS];
        while (head->next != head) {
            struct deadline *deadline = head->next;
            deadline_clear(deadline);
            on_due(deadline, data);
        }
    }
}
