// Stage: pieces of a large put (stage.h). Loop thread.
#include "server/handlers/stage.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "server/handlers/handlers.h"
#include "server/parse.h"
#include "server/request.h"
#include "server/server.h"

struct stages {
    struct stage *all;
};

struct stages *stages_new(void)
{
    return calloc(1, sizeof(struct stages));
}

static void stage_drop(struct stages *stages, struct stage *stage)
{
    LL_DELETE(stages->all, stage);
    arena_deinit(&stage->arena);
    free(stage->items);
    free(stage->parts);
    free(stage);
}

void stages_free(struct stages *stages)
{
    while (stages && stages->all)
        stage_drop(stages, stages->all);
    free(stages);
}

void stages_sweep(struct stages *stages, uint64_t now)
{
    struct stage *stage, *next;
    LL_FOREACH_SAFE(stages->all, stage, next)
    {
        if (!stage->applying && now - stage->since > (uint64_t)STAGE_SECONDS * 1000)
            stage_drop(stages, stage);
    }
}

struct stage *stage_find(const struct stages *stages, int64_t staff, const uint8_t key[STORE_KEY])
{
    struct stage *stage;
    LL_FOREACH(stages->all, stage)
    {
        if (stage->staff == staff && memcmp(stage->key, key, STORE_KEY) == 0)
            return stage;
    }
    return NULL;
}

void stage_answered(struct stages *stages, int64_t staff, const uint8_t key[STORE_KEY], int result, bool dry_run)
{
    struct stage *stage = stage_find(stages, staff, key);
    if (!stage)
        return;
    stage->applying = false;
    stage->answered |= result != ERR_BUSY;
    stage->applied |= !result && !dry_run;
    if (dry_run && result != ERR_BUSY && !stage->applied)
        stage_drop(stages, stage);
}

static size_t stage_bytes(const struct stage *stage)
{
    return sizeof *stage + stage->arena.used + stage->capacity * sizeof *stage->items + stage->parts_capacity * sizeof *stage->parts;
}

// What this person has staged, and how many; what was answered already, refused or not,
// makes room for what is new, the oldest first.
static size_t stages_bytes(struct stages *stages, int64_t staff, const struct stage *keep, size_t *n)
{
    size_t bytes = 0;
    struct stage *stage, *next;
    *n = 0;
    LL_FOREACH_SAFE(stages->all, stage, next)
    {
        if (stage->staff == staff) {
            bytes += stage_bytes(stage);
            ++*n;
        }
    }
    LL_FOREACH_SAFE(stages->all, stage, next)
    {
        if ((bytes < STAGE_BYTES / 2 && *n < STAGES_MAX) || stage->staff != staff || !stage->answered || stage->applying || stage == keep)
            continue;
        bytes -= stage_bytes(stage);
        --*n;
        stage_drop(stages, stage);
    }
    return bytes;
}

int stage_hash_record(crypto_hash_sha256_state *state, const Sendco__Record *record, struct arena *scratch)
{
    size_t size = sendco__record__get_packed_size(record);
    uint8_t *packed = arena_alloc(scratch, size + 8);
    if (!packed)
        return ERR_NOMEM;
    // the length first: two records never look like one
    for (size_t i = 0; i < 8; i++)
        packed[i] = (uint8_t)((uint64_t)size >> (8 * i));
    sendco__record__pack(record, packed + 8);
    crypto_hash_sha256_update(state, packed, size + 8);
    return 0;
}

static struct stage *stage_new(struct stages *stages, int64_t staff, const uint8_t key[STORE_KEY], uint64_t now)
{
    struct stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return NULL;
    stage->staff = staff;
    stage->since = now;
    memcpy(stage->key, key, STORE_KEY);
    arena_init(&stage->arena, STAGE_BYTES);
    crypto_hash_sha256_init(&stage->hash);
    LL_APPEND(stages->all, stage);
    return stage;
}

static int stage_room(struct stage *stage, size_t n)
{
    if (stage->n_items + n > stage->capacity) {
        size_t capacity = 2 * stage->capacity + n;
        struct put_item *items = realloc(stage->items, capacity * sizeof *items);
        if (!items)
            return ERR_NOMEM;
        stage->items = items;
        stage->capacity = capacity;
    }
    if (stage->n_parts == stage->parts_capacity) {
        size_t capacity = 2 * stage->parts_capacity + 16;
        struct stage_part *parts = realloc(stage->parts, capacity * sizeof *parts);
        if (!parts)
            return ERR_NOMEM;
        stage->parts = parts;
        stage->parts_capacity = capacity;
    }
    return 0;
}

// The hash of one part, and the stage's hash with that part added.
static int part_hash(size_t n, Sendco__Record *const *records, crypto_hash_sha256_state *whole, uint8_t hash[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    struct arena scratch;
    arena_init(&scratch, 0);
    int result = 0;
    for (size_t i = 0; !result && i < n; i++) {
        result = stage_hash_record(&state, records[i], &scratch);
        if (!result)
            result = stage_hash_record(whole, records[i], &scratch);
    }
    arena_deinit(&scratch);
    crypto_hash_sha256_final(&state, hash);
    return result;
}

// Every record is judged now, and kept as the bytes it takes: opened it would be ten times as much.
static int stage_parse(struct stage *stage, size_t n, Sendco__Record *const *records, struct problem *problem)
{
    size_t before = stage->n_items;
    struct arena scratch;
    arena_init(&scratch, 0);
    int result = 0;
    for (size_t i = 0; !result && i < n; i++) {
        struct put_item *item = &stage->items[stage->n_items];
        result = parse_item(records[i], stage->n_items, &scratch, item, problem);
        if (!result && parse_packed(item, &stage->arena))
            result = stage->arena.spent ? problem_set(problem, ERR_TOO_LARGE, "More than %zu MiB would be sent ahead.", STAGE_BYTES >> 20)
                                        : problem_set(problem, ERR_NOMEM, "The server is out of memory.");
        arena_reset(&scratch);
        stage->n_items++;
    }
    arena_deinit(&scratch);
    if (result)
        stage->n_items = before;
    return result;
}

// The part, checked, at the end of the stage.
static int stage_append(struct stage *stage, uint32_t part, size_t n, Sendco__Record *const *records, struct problem *problem)
{
    crypto_hash_sha256_state whole = stage->hash;
    uint8_t hash[32];
    if (part_hash(n, records, &whole, hash))
        return problem_set(problem, ERR_NOMEM, "The server is out of memory.");
    if (part < stage->n_parts)
        return memcmp(hash, stage->parts[part].hash, sizeof hash) == 0
                   ? 0
                   : problem_set(problem, ERR_INVALID, "Part %u was sent before with other records.", (unsigned)part);
    if (part > stage->n_parts)
        return problem_set(problem, ERR_INVALID, "Part %u came where part %zu was next.", (unsigned)part, stage->n_parts);
    if (stage->applying || stage->applied)
        return problem_set(problem, ERR_INVALID, "What was sent ahead under this key has been applied; nothing can be added.");
    if (stage_room(stage, n))
        return problem_set(problem, ERR_NOMEM, "The server is out of memory.");
    int result = stage_parse(stage, n, records, problem);
    if (result)
        return result;
    memcpy(stage->parts[stage->n_parts++].hash, hash, sizeof hash);
    stage->hash = whole;
    return 0;
}

int stage_add(struct stages *stages, int64_t staff, const uint8_t key[STORE_KEY], uint32_t part, size_t n, Sendco__Record *const *records,
              uint64_t now, struct stage **found, struct problem *problem)
{
    if (n == 0)
        return problem_set(problem, ERR_INVALID, "There is no record in part %u.", (unsigned)part);
    struct stage *stage = stage_find(stages, staff, key);
    if (!stage && part != 0) {
        problem_set(problem, ERR_INVALID, "Nothing was sent ahead under this key; it may have been dropped after an hour.");
        problem_hint(problem, "Send it again from the beginning.");
        return ERR_INVALID;
    }
    size_t n_stages;
    if (stages_bytes(stages, staff, stage, &n_stages) >= STAGE_BYTES)
        return problem_set(problem, ERR_TOO_LARGE, "More than %zu MiB were sent ahead already.", STAGE_BYTES >> 20);
    bool fresh = !stage;
    if (fresh && n_stages >= STAGES_MAX) {
        problem_set(problem, ERR_TOO_LARGE, "%d changes were sent ahead already and not put.", STAGES_MAX);
        problem_hint(problem, "Put one of them; what is not put is dropped after an hour.");
        return ERR_TOO_LARGE;
    }
    if (fresh && !(stage = stage_new(stages, staff, key, now)))
        return problem_set(problem, ERR_NOMEM, "The server is out of memory.");
    int result = stage_append(stage, part, n, records, problem);
    if (!result)
        *found = stage;
    else if (fresh)
        stage_drop(stages, stage); // refused, it leaves nothing
    return result;
}

void handle_stage(struct request *request)
{
    const Sendco__Stage *message = request->message->stage;
    uint8_t key[STORE_KEY];
    struct stage *stage = NULL;
    int result = parse_key(message->has_key, &message->key, key, &request->problem);
    if (!result && !message->has_part)
        result = problem_set(&request->problem, ERR_INVALID, "It does not say which part this is; they are numbered from 0.");
    if (!result)
        result = stage_add(request->server->stages, request->actor.staff, key, message->part, message->n_records, message->records,
                           uv_now(&request->server->loop), &stage, &request->problem);
    Sendco__Reply *reply = request_reply(request);
    Sendco__StageReply *body = arena_alloc(&request->arena, sizeof *body);
    if (result || !reply || !body) {
        request_fail(request, result ? result : ERR_NOMEM);
        return;
    }
    sendco__stage_reply__init(body);
    body->has_records = 1;
    body->records = stage->n_items;
    reply->body_case = SENDCO__REPLY__BODY_STAGE;
    reply->stage = body;
    request_end(request, reply);
}
