// See planted.h.
#include "tests/fuzz/planted.h"

#include "server/store/sqlite/sqlite.h" // before what else brings tables of hashes

#include <stdbool.h>
#include <string.h>

#include "client/exchange/plan.h"
#include "common/arena.h"
#include "common/date.h"
#include "common/frame.h"
#include "common/guard.h"
#include "common/record.h"
#include "common/text.h"
#include "server/pack.h"
#include "server/session.h"

static const struct {
    const char *target, *fault;
} plants[] = {
    {"frame", "frame-too-long"},    {"frame", "body-unguarded"}, {"frame", "value-unchecked"}, {"frame", "lack-forgotten"},
    {"list", "conditions-dropped"}, {"list", "order-dropped"},   {"session", "hint-left-out"}, {"session", "gate-left-closed"},
    {"values", "day-too-late"},     {"text", "cut-too-wide"},    {"roll", "row-uncounted"},
};
static const char *planted;

int __real_frame_next(const struct buffer *in, size_t max, const uint8_t **data, size_t *size, struct problem *problem);
int __wrap_frame_next(const struct buffer *in, size_t max, const uint8_t **data, size_t *size, struct problem *problem);
int __real_guard_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict,
                       struct problem *problem);
int __wrap_guard_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict,
                       struct problem *problem);
const char *__real_value_fault(const struct field *field, struct value value, char buffer[VALUE_FAULT_MAX]);
const char *__wrap_value_fault(const struct field *field, struct value value, char buffer[VALUE_FAULT_MAX]);
struct value __real_value_copy(struct value value, struct arena *arena);
struct value __wrap_value_copy(struct value value, struct arena *arena);
void __real_query_conditions(struct sql *sql, struct view *view, const struct query *query, struct arena *arena);
void __wrap_query_conditions(struct sql *sql, struct view *view, const struct query *query, struct arena *arena);
void __real_query_order(struct sql *sql, const struct query *query, const struct order *order);
void __wrap_query_order(struct sql *sql, const struct query *query, const struct order *order);
void __real_pack_failure(const struct problem *problem, Sendco__Problem *packed, Sendco__Reply *reply, struct arena *arena);
void __wrap_pack_failure(const struct problem *problem, Sendco__Problem *packed, Sendco__Reply *reply, struct arena *arena);
void __real_session_gate(struct session *session, bool closed);
void __wrap_session_gate(struct session *session, bool closed);
int __real_date_parse(const char *text, int32_t today, int32_t *date, struct problem *problem);
int __wrap_date_parse(const char *text, int32_t today, int32_t *date, struct problem *problem);
char *__real_text_cut(const char *text, int width, struct arena *arena);
char *__wrap_text_cut(const char *text, int width, struct arena *arena);
// Only where the client is linked in.
__attribute__((weak)) int __real_plan_make(struct plan *plan, struct roll *roll, struct school *school, int32_t date, plan_ask_fn *ask,
                                           void *ask_data, struct arena *arena);
int __wrap_plan_make(struct plan *plan, struct roll *roll, struct school *school, int32_t date, plan_ask_fn *ask, void *ask_data,
                     struct arena *arena);

const char *planted_for(const char *target, unsigned at)
{
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++)
        if (strcmp(plants[i].target, target) == 0 && at-- == 0)
            return plants[i].fault;
    return NULL;
}

void planted_set(const char *fault)
{
    planted = fault;
}

static bool is_planted(const char *fault)
{
    return planted && strcmp(planted, fault) == 0;
}

// --- the decoder ---

int __wrap_frame_next(const struct buffer *in, size_t max, const uint8_t **data, size_t *size, struct problem *problem)
{
    int result = __real_frame_next(in, max, data, size, problem);
    *size += result == 1 && is_planted("frame-too-long");
    return result;
}

// Of records' bodies; frames are unpacked where the guard itself is.
int __wrap_guard_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict, struct problem *problem)
{
    return is_planted("body-unguarded") ? 0 : __real_guard_check(descriptor, data, size, strict, problem);
}

const char *__wrap_value_fault(const struct field *field, struct value value, char buffer[VALUE_FAULT_MAX])
{
    return is_planted("value-unchecked") ? NULL : __real_value_fault(field, value, buffer);
}

// What could not be copied is empty, and nobody is told.
struct value __wrap_value_copy(struct value value, struct arena *arena)
{
    bool lacked = arena->lacked;
    struct value copy = __real_value_copy(value, arena);
    if (is_planted("lack-forgotten"))
        arena->lacked = lacked;
    return copy;
}

// --- lists ---

void __wrap_query_conditions(struct sql *sql, struct view *view, const struct query *query, struct arena *arena)
{
    struct query less = *query;
    if (is_planted("conditions-dropped"))
        less.n_where -= less.n_where > 0;
    __real_query_conditions(sql, view, &less, arena);
}

void __wrap_query_order(struct sql *sql, const struct query *query, const struct order *order)
{
    if (is_planted("order-dropped"))
        sql_add(sql, "k.id");
    else
        __real_query_order(sql, query, order);
}

// --- sessions ---

void __wrap_pack_failure(const struct problem *problem, Sendco__Problem *packed, Sendco__Reply *reply, struct arena *arena)
{
    __real_pack_failure(problem, packed, reply, arena);
    if (is_planted("hint-left-out"))
        packed->hint = NULL;
}

void __wrap_session_gate(struct session *session, bool closed)
{
    __real_session_gate(session, closed || is_planted("gate-left-closed"));
}

// --- what people type ---

int __wrap_date_parse(const char *text, int32_t today, int32_t *date, struct problem *problem)
{
    int result = __real_date_parse(text, today, date, problem);
    *date += result == 0 && is_planted("day-too-late");
    return result;
}

char *__wrap_text_cut(const char *text, int width, struct arena *arena)
{
    return __real_text_cut(text, is_planted("cut-too-wide") ? width + 1 : width, arena);
}

int __wrap_plan_make(struct plan *plan, struct roll *roll, struct school *school, int32_t date, plan_ask_fn *ask, void *ask_data,
                     struct arena *arena)
{
    int result = __real_plan_make(plan, roll, school, date, ask, ask_data, arena);
    plan->counts.rows -= plan->counts.rows > 0 && is_planted("row-uncounted");
    return result;
}
