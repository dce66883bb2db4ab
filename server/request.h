// One request on its way to its answer. A handler owns it until it ends it, once,
// with request_end or request_fail. It holds its session's id, never the session:
// when that is gone, the answer is dropped. Loop thread, but for `read` functions,
// which use message, arena, problem and data on a reader thread meanwhile.
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/error.h"
#include "server/store/store.h"
#include "protocol.pb-c.h"

struct buffer;
struct person;
struct server;
struct session;

#define REQUEST_BUDGET ((size_t)64 << 20)  // memory of one request and its answer
#define REQUEST_LARGE  ((size_t)8 << 20)   // memory that is worth giving back to the system
#define REQUEST_PART   ((size_t)192 << 10) // an answer longer than this goes in several replies

struct request {
    struct server *server;
    uint64_t session, id;
    struct actor actor;
    struct person *person;          // who is logged in there; NULL: nobody yet
    const Sendco__Request *message; // in the arena
    struct arena arena;
    struct problem problem;
    int64_t now;
    int32_t today;
    uint64_t epoch;
    uint64_t seq; // of the snapshot that answered; 0: the store's newest
    int lost;     // why a part was not told: what was told is not all; 0: it is
    void *data;   // the handler's own
};

struct request *request_new(struct session *session);
void request_free(struct request *request);
struct session *request_session(const struct request *request); // NULL when it is gone

// An initialised, empty reply in the request's arena.
Sendco__Reply *request_reply(struct request *request);
// One of several: more will follow. One that fits into no frame, or that memory was missing for, is noted: then the
// answer ends as TOO_LARGE or NOMEM.
void request_part(struct request *request, Sendco__Reply *reply);
// One that only says that the work goes on: while another thread has the request's memory, and lost without harm.
void request_sign(struct request *request, Sendco__Reply *reply);
// The last one; the request is gone after it. `reply` NULL: just OK. Never half an answer: where the arena lacked
// something, or a part was not told, it is a failure instead.
void request_end(struct request *request, Sendco__Reply *reply);
// A reply as a frame behind what is in `out`, for an answer so long that it is packed on a thread; request->seq must
// be set. Any thread. 0, ERR_TOO_LARGE or ERR_NOMEM.
int request_pack(const struct request *request, Sendco__Reply *reply, bool more, struct buffer *out);
// Sends what was packed, the last one included; the request is gone after it.
void request_end_packed(struct request *request, const struct buffer *out);
// Answers with the request's problem (or the error's own sentence); gone after it.
void request_fail(struct request *request, int error);
// The same for one that session_begin did not take.
void request_refuse(struct request *request);

// store_read for this request; `data` of both functions is the request.
void request_read(struct request *request, store_read_fn *read, store_done_fn *done);
// store_keep, likewise.
void request_keep(struct request *request, store_read_fn *keep, store_done_fn *done);

#endif
