// The sorts that are let in and send what is wrong: a member of staff, or a program with that
// person's profile and ticket, who means harm or is broken. Loop thread.
#include "tests/faults/siege.h"

#include <string.h>

#include <openssl/rand.h>

#include "common/frame.h"
#include "common/kind.h"

#define N_SORTS(table) (sizeof(table) / sizeof *(table))

uint32_t siege_target(void)
{
    static uint32_t number;
    const struct kind *kind = number ? NULL : kind_find("Target");
    if (kind)
        number = kind->number;
    return number;
}

void siege_once(struct actor *actor, const Sendco__Reply *reply)
{
    char words[sizeof actor->said];
    memcpy(words, actor->said, sizeof words);
    actor_leave(actor, reply->outcome == SENDCO__OUTCOME__OK ? "ANSWERED" : words);
}

// --- lengths ---

static void begin_too_long(struct actor *actor)
{
    static const uint8_t head[] = {0, FRAME_MAX >> 16, 0, 1, 'x', 'x', 'x'};
    actor_plain(actor, head, sizeof head);
}

static void begin_longest(struct actor *actor)
{
    static const uint8_t head[] = {0xff, 0xff, 0xff, 0xff, 'x'};
    actor_plain(actor, head, sizeof head);
}

static void begin_zero(struct actor *actor)
{
    static const uint8_t head[4] = {0};
    actor_plain(actor, head, sizeof head);
}

static void begin_length(struct actor *actor)
{
    static const uint8_t head[] = {0, 0, 4, 0, 0x0a};
    actor_plain(actor, head, sizeof head);
}

static void tick_byte(struct actor *actor)
{
    actor_plain(actor, "\x0a", 1);
}

// --- frames that are none ---

static void send_frame(struct actor *actor, const uint8_t *data, size_t size)
{
    uint8_t head[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    if (buffer_append(&actor->last, head, sizeof head) != 0 || buffer_append(&actor->last, data, size) != 0)
        siege_fail("out of memory");
    actor_plain(actor, buffer_head(&actor->last), buffer_size(&actor->last));
    buffer_consume(&actor->last, buffer_size(&actor->last));
}

static void begin_bad(struct actor *actor)
{
    uint8_t data[300];
    RAND_bytes(data, sizeof data);
    data[0] = 0xff; // a tag of no message
    send_frame(actor, data, sizeof data);
}

// Groups in groups, which have no length and so cost a byte each.
static void begin_deep(struct actor *actor)
{
    static uint8_t data[200000];
    memset(data, 0x0b, sizeof data);
    send_frame(actor, data, sizeof data);
}

static void begin_unknown_field(struct actor *actor)
{
    static const uint8_t data[] = {0x0a, 0x07, 0x08, 0x05, 0x9a, 0x06, 0x02, 'x', 'y'}; // request 5 with a field 99
    send_frame(actor, data, sizeof data);
}

static void begin_unknown_enum(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    Sendco__Condition condition = SENDCO__CONDITION__INIT, *where = &condition;
    condition.has_field = condition.has_op = 1;
    condition.field = 4;
    condition.op = (Sendco__Condition__Op)99;
    list.has_kind = 1;
    list.kind = siege_target();
    list.n_where = 1;
    list.where = &where;
    request.body_case = SENDCO__REQUEST__BODY_LIST;
    request.list = &list;
    actor_ask(actor, &request);
}

static void begin_a_reply(struct actor *actor)
{
    static const uint8_t data[] = {0x12, 0x04, 0x08, 0x01, 0x18, 0x01}; // Reply, id 1, OK
    send_frame(actor, data, sizeof data);
}

static void begin_hello_again(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Hello hello = SENDCO__HELLO__INIT;
    hello.has_protocol = 1;
    hello.protocol = PROTOCOL_VERSION;
    request.body_case = SENDCO__REQUEST__BODY_HELLO;
    request.hello = &hello;
    actor_ask(actor, &request);
}

// --- good frames, wrongly ---

// So many in one record of TLS.
static void send_pings(struct actor *actor, int n)
{
    static struct buffer out;
    static Sendco__Ping ping = SENDCO__PING__INIT;
    if (actor_unsent(actor) > 0)
        return;
    for (int i = 0; i < n; i++) {
        Sendco__Request request = SENDCO__REQUEST__INIT;
        Sendco__Frame frame = SENDCO__FRAME__INIT;
        request.id = ++actor->id;
        request.has_id = 1;
        request.body_case = SENDCO__REQUEST__BODY_PING;
        request.ping = &ping;
        frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
        frame.request = &request;
        if (frame_append(&out, &frame, FRAME_MAX) != 0)
            siege_fail("out of memory");
        siege_frames++;
    }
    actor_plain(actor, buffer_head(&out), buffer_size(&out));
    buffer_consume(&out, buffer_size(&out));
}

static void tick_tiny(struct actor *actor)
{
    send_pings(actor, 50);
}

static void tick_flood(struct actor *actor)
{
    send_pings(actor, 1400);
}

// Two with one id in one record of TLS: the second comes while the first is in flight.
static void begin_same_id(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    list.has_kind = 1;
    list.kind = siege_target();
    request.has_id = 1;
    request.id = ++actor->id;
    request.body_case = SENDCO__REQUEST__BODY_LIST;
    request.list = &list;
    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = &request;
    if (frame_append(&actor->last, &frame, FRAME_MAX) != 0 || frame_append(&actor->last, &frame, FRAME_MAX) != 0)
        siege_fail("out of memory");
    actor_plain(actor, buffer_head(&actor->last), buffer_size(&actor->last));
    buffer_consume(&actor->last, buffer_size(&actor->last));
}

static void reply_same_id(struct actor *actor, const Sendco__Reply *reply)
{
    if (reply->outcome != SENDCO__OUTCOME__OK)
        siege_once(actor, reply);
    else if (!reply->more && ++actor->step == 2)
        actor_leave(actor, "BOTH WERE ANSWERED");
}

// Whoever is held long is one of several people: no one person may have more than 64 connections.
const struct sort siege_inside[] = {
    {.name = "a length one too long", .share = 10, .stage = STAGE_IN, .begin = begin_too_long},
    {.name = "the longest length", .share = 5, .stage = STAGE_IN, .begin = begin_longest},
    {.name = "a length of nothing", .share = 10, .stage = STAGE_IN, .begin = begin_zero},
    {.name = "a length, then silence", .share = 40, .stage = STAGE_IN, .who = "quiet", .begin = begin_length},
    {.name = "a frame at a byte a second",
     .share = 40,
     .stage = STAGE_IN,
     .who = "slow",
     .every = 1000,
     .begin = begin_length,
     .tick = tick_byte},
    {.name = "tiny frames", .share = 20, .stage = STAGE_IN, .who = "quiet", .every = 50, .tick = tick_tiny},
    {.name = "a flood of frames", .share = 4, .stage = STAGE_IN, .who = "slow", .every = 500, .tick = tick_flood},
    {.name = "bad protobuf", .share = 10, .stage = STAGE_IN, .begin = begin_bad},
    {.name = "deep nesting", .share = 10, .stage = STAGE_IN, .begin = begin_deep},
    {.name = "an unknown field", .share = 5, .stage = STAGE_IN, .begin = begin_unknown_field},
    {.name = "an unknown enum number", .share = 5, .stage = STAGE_IN, .begin = begin_unknown_enum, .reply = siege_once},
    {.name = "a reply for a request", .share = 5, .stage = STAGE_IN, .begin = begin_a_reply},
    {.name = "Hello out of order", .share = 5, .stage = STAGE_IN, .begin = begin_hello_again, .reply = siege_once},
    {.name = "a request id in use", .share = 10, .stage = STAGE_IN, .begin = begin_same_id, .reply = reply_same_id},
};
const size_t siege_n_inside = N_SORTS(siege_inside);
