// Between write.c and write_answer.c: one change on its way to the store and back, in its
// request's arena. Loop thread.
#ifndef SERVER_HANDLERS_WRITE_H
#define SERVER_HANDLERS_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/buffer.h"
#include "server/store/store.h"

struct request;

struct writing {
    struct writing *prev, *next; // of those that may take long, while the store has them
    struct request *request;
    struct change change;
    uint8_t stage_key[STORE_KEY];
    bool staged;
    size_t held;    // bytes, as its person's changes count
    uint64_t began; // ms
    uv_work_t work; // packing a long answer
    struct buffer out;
    int packed; // 0, or why the answer could not be packed
};

// Tells what became of a change that the store made; the request is gone after it, which
// may be later: a long answer is packed on a thread. Where memory is missing it says so.
void writing_answer(struct writing *writing);

#endif
