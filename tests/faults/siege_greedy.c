// The sorts that are let in and take more than anybody needs: many requests at once, answers that
// nobody reads, what is kept for a person; and those whose device is withdrawn meanwhile. Loop thread.
#include "tests/faults/siege.h"

#include <string.h>
#include <sys/socket.h>

#include "records/plans.pb-c.h"

#define N_SORTS(table) (sizeof(table) / sizeof *(table))
#define MANY           64 // requests in flight

// --- many requests ---

static void ask_list(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    Sendco__Order order = SENDCO__ORDER__INIT, *orders = &order;
    order.has_about = order.about = 1;
    list.has_kind = list.has_limit = list.has_labels = list.labels = 1;
    list.kind = siege_target();
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
        all[i].kind = siege_target();
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
        siege_once(actor, reply);
}

// --- whose device is withdrawn meanwhile ---

static void tick_ping(struct actor *actor)
{
    ask_ping(actor);
}

const struct sort siege_greedy[] = {
    {.name = "a subscriber that never reads",
     .share = 40,
     .stage = STAGE_IN,
     .who = "deaf",
     .small = true,
     .every = 500,
     .begin = ask_watch,
     .tick = tick_deaf,
     .reply = reply_deaf},
    {.name = "long lists that are not read",
     .share = 20,
     .stage = STAGE_IN,
     .who = "deaf",
     .small = true,
     .every = 500,
     .begin = begin_deaf_lists,
     .tick = tick_deaf},
    {.name = "staging without end", .share = 2, .stage = STAGE_IN, .begin = ask_stage, .reply = reply_stage},
    {.name = "watches without end", .share = 40, .stage = STAGE_IN, .who = "watching", .begin = ask_watch, .reply = reply_watches},
    {.name = "reports, 64 at once", .share = 10, .stage = STAGE_IN, .who = "asking", .begin = begin_reports, .reply = reply_report},
    {.name = "searches, 64 at once", .share = 10, .stage = STAGE_IN, .who = "asking", .begin = begin_searches, .reply = reply_search},
    {.name = "long lists, 64 at once", .share = 10, .stage = STAGE_IN, .who = "asking", .begin = begin_lists, .reply = reply_list},
    {.name = "a device that is revoked", .share = 10, .stage = STAGE_IN, .who = "revoked", .every = 200, .tick = tick_ping},
};
const size_t siege_n_greedy = N_SORTS(siege_greedy);
