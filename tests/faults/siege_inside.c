// The sorts that are let in: a member of staff, or a program with that person's profile and
// ticket, who means harm or is broken. Loop thread.
#include "tests/faults/siege.h"

#include <string.h>
#include <sys/socket.h>

#include <openssl/rand.h>

#include "common/frame.h"
#include "common/kind.h"
#include "records/plans.pb-c.h"

#define N_SORTS(table) (sizeof(table) / sizeof *(table))
#define MANY           64 // requests in flight

static uint32_t target_kind(void)
{
    static uint32_t number;
    const struct kind *kind = number ? NULL : kind_find("Target");
    if (kind)
        number = kind->number;
    return number;
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
    list.kind = target_kind();
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

static void reply_once(struct actor *actor, const Sendco__Reply *reply)
{
    char words[sizeof actor->said];
    memcpy(words, actor->said, sizeof words);
    actor_leave(actor, reply->outcome == SENDCO__OUTCOME__OK ? "ANSWERED" : words);
}

// --- many requests ---

static void ask_list(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    Sendco__Order order = SENDCO__ORDER__INIT, *orders = &order;
    order.has_about = order.about = 1;
    list.has_kind = list.has_limit = list.has_labels = list.labels = 1;
    list.kind = target_kind();
    list.limit = 200;
    list.n_order = 1;
    list.order = &orders;
    request.body_case = SENDCO__REQUEST__BODY_LIST;
    request.list = &list;
    actor_ask(actor, &request);
    siege_frames++;
}

static void ask_search(struct actor *actor)
{
    static const char *const words[] = {"reads", "the", "a", "maths", "to", "e"};
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Search search = SENDCO__SEARCH__INIT;
    search.text = (char *)(uintptr_t)words[actor->step++ % N_SORTS(words)];
    search.has_limit = 1;
    search.limit = 200;
    request.body_case = SENDCO__REQUEST__BODY_SEARCH;
    request.search = &search;
    actor_ask(actor, &request);
    siege_frames++;
}

static void ask_report(struct actor *actor)
{
    static const char *const names[] = {"map", "register", "impact", "gaps", "actions", "today"};
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__ReportRequest report = SENDCO__REPORT_REQUEST__INIT;
    report.name = (char *)(uintptr_t)names[actor->step++ % N_SORTS(names)];
    request.body_case = SENDCO__REQUEST__BODY_REPORT;
    request.report = &report;
    actor_ask(actor, &request);
    siege_frames++;
}

static void ask_ping(struct actor *actor)
{
    static Sendco__Ping ping = SENDCO__PING__INIT;
    Sendco__Request request = SENDCO__REQUEST__INIT;
    request.body_case = SENDCO__REQUEST__BODY_PING;
    request.ping = &ping;
    actor_ask(actor, &request);
    siege_frames++;
}

static void begin_lists(struct actor *actor)
{
    for (int i = 0; i < MANY; i++)
        ask_list(actor);
}

static void begin_searches(struct actor *actor)
{
    for (int i = 0; i < MANY; i++)
        ask_search(actor);
}

static void begin_reports(struct actor *actor)
{
    for (int i = 0; i < MANY; i++)
        ask_report(actor);
}

// For each that was answered another, so that there are always as many.
static void reply_list(struct actor *actor, const Sendco__Reply *reply)
{
    if (!reply->more)
        ask_list(actor);
}

static void reply_search(struct actor *actor, const Sendco__Reply *reply)
{
    if (!reply->more)
        ask_search(actor);
}

static void reply_report(struct actor *actor, const Sendco__Reply *reply)
{
    if (!reply->more)
        ask_report(actor);
}

// Fifty in one record of TLS.
static void tick_tiny(struct actor *actor)
{
    static struct buffer out;
    static Sendco__Ping ping = SENDCO__PING__INIT;
    if (actor_unsent(actor) > 0)
        return;
    for (int i = 0; i < 50; i++) {
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

// Two with one id in one record of TLS: the second comes while the first is in flight.
static void begin_same_id(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    list.has_kind = 1;
    list.kind = target_kind();
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
        reply_once(actor, reply);
    else if (!reply->more && ++actor->step == 2)
        actor_leave(actor, "BOTH WERE ANSWERED");
}

// --- who does not read ---

static void ask_watch(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Watch watch = SENDCO__WATCH__INIT;
    request.body_case = SENDCO__REQUEST__BODY_WATCH;
    request.watch = &watch;
    actor_ask(actor, &request);
}

static void reply_deaf(struct actor *actor, const Sendco__Reply *reply)
{
    (void)reply;
    actor_deaf(actor);
}

static void begin_deaf_lists(struct actor *actor)
{
    actor_deaf(actor);
    begin_lists(actor);
}

// What would be its end is only seen by who reads: now and then it looks.
static void tick_deaf(struct actor *actor)
{
    uv_os_fd_t fd;
    if (!actor->deaf || uv_fileno((uv_handle_t *)&actor->tcp, &fd) != 0)
        return;
    int fault = 0;
    socklen_t size = sizeof fault;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size) == 0 && fault != 0)
        actor_leave(actor, "cut");
}

static void reply_watches(struct actor *actor, const Sendco__Reply *reply)
{
    if (reply->outcome == SENDCO__OUTCOME__OK && actor->step++ < 10000)
        ask_watch(actor);
}

// --- what is kept for a person ---

static void ask_stage(struct actor *actor)
{
    static uint8_t body[2048];
    enum { RECORDS = 100 };
    static Sendco__Record all[RECORDS], *records[RECORDS];
    uint8_t key[16];
    char text[991];
    memset(text, 'm', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    Sendco__Records__Target target = SENDCO__RECORDS__TARGET__INIT;
    target.aim = target.measure = text;
    target.has_pupil = 1;
    target.pupil = 1;
    size_t size = sendco__records__target__pack(&target, body);
    for (int i = 0; i < RECORDS; i++) {
        sendco__record__init(&all[i]);
        all[i].has_kind = all[i].has_id = all[i].has_body = 1;
        all[i].kind = target_kind();
        all[i].id = -1 - (int64_t)i - (int64_t)actor->step * RECORDS;
        all[i].body = (ProtobufCBinaryData){.len = size, .data = body};
        records[i] = &all[i];
    }
    memset(key, (int)(actor->index & 0xff), sizeof key);
    key[0] = (uint8_t)(actor->began >> 8);
    key[1] = (uint8_t)actor->began;
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Stage stage = SENDCO__STAGE__INIT;
    stage.has_key = stage.has_part = 1;
    stage.key = (ProtobufCBinaryData){.len = sizeof key, .data = key};
    stage.part = actor->step++;
    stage.n_records = RECORDS;
    stage.records = records;
    request.body_case = SENDCO__REQUEST__BODY_STAGE;
    request.stage = &stage;
    actor_ask(actor, &request);
    siege_frames++;
}

// Until it is told that there is no more room, and again and again after that.
static void reply_stage(struct actor *actor, const Sendco__Reply *reply)
{
    if (reply->outcome == SENDCO__OUTCOME__OK)
        ask_stage(actor);
    else
        reply_once(actor, reply);
}

// --- whose device is withdrawn meanwhile ---

static void tick_ping(struct actor *actor)
{
    ask_ping(actor);
}

const struct sort siege_inside[] = {
    {.name = "a length one too long", .share = 10, .stage = STAGE_IN, .begin = begin_too_long},
    {.name = "the longest length", .share = 5, .stage = STAGE_IN, .begin = begin_longest},
    {.name = "a length of nothing", .share = 10, .stage = STAGE_IN, .begin = begin_zero},
    {.name = "a length, then silence", .share = 40, .stage = STAGE_IN, .begin = begin_length},
    {.name = "a frame at a byte a second", .share = 40, .stage = STAGE_IN, .every = 1000, .begin = begin_length, .tick = tick_byte},
    {.name = "tiny frames", .share = 20, .stage = STAGE_IN, .every = 50, .tick = tick_tiny},
    {.name = "bad protobuf", .share = 10, .stage = STAGE_IN, .begin = begin_bad},
    {.name = "deep nesting", .share = 10, .stage = STAGE_IN, .begin = begin_deep},
    {.name = "an unknown field", .share = 5, .stage = STAGE_IN, .begin = begin_unknown_field},
    {.name = "an unknown enum number", .share = 5, .stage = STAGE_IN, .begin = begin_unknown_enum, .reply = reply_once},
    {.name = "a reply for a request", .share = 5, .stage = STAGE_IN, .begin = begin_a_reply},
    {.name = "Hello out of order", .share = 5, .stage = STAGE_IN, .begin = begin_hello_again, .reply = reply_once},
    {.name = "a request id in use", .share = 10, .stage = STAGE_IN, .begin = begin_same_id, .reply = reply_same_id},
    {.name = "a subscriber that never reads",
     .share = 40,
     .stage = STAGE_IN,
     .small = true,
     .every = 500,
     .begin = ask_watch,
     .tick = tick_deaf,
     .reply = reply_deaf},
    {.name = "long lists that are not read",
     .share = 20,
     .stage = STAGE_IN,
     .small = true,
     .every = 500,
     .begin = begin_deaf_lists,
     .tick = tick_deaf},
    {.name = "staging without end", .share = 2, .stage = STAGE_IN, .begin = ask_stage, .reply = reply_stage},
    {.name = "watches without end", .share = 40, .stage = STAGE_IN, .begin = ask_watch, .reply = reply_watches},
    {.name = "reports, 64 at once", .share = 10, .stage = STAGE_IN, .begin = begin_reports, .reply = reply_report},
    {.name = "searches, 64 at once", .share = 10, .stage = STAGE_IN, .begin = begin_searches, .reply = reply_search},
    {.name = "long lists, 64 at once", .share = 10, .stage = STAGE_IN, .begin = begin_lists, .reply = reply_list},
    {.name = "a device that is revoked", .share = 10, .stage = STAGE_IN, .who = "revoked", .every = 200, .tick = tick_ping},
};
const size_t siege_n_inside = N_SORTS(siege_inside);
