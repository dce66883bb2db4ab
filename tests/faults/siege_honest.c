// Honest people at work while others besiege: each asks every 200 ms, whether the last answer
// has come or not (then it queues, and the wait counts from when it should have been asked): a
// page of a list, a target of their own, an edit of it (who may only read reads it), the target
// again. Latency from the intended time, by phase; beside it that of siege_yardstick. One thread.
//
//   siege_honest ADDRESS:PORT PEOPLE    PEOPLE: a file of lines PROFILE-DIRECTORY TICKET-FILE TARGET edit|read
//
// On standard output "ready", then a line of JSON at the end; on standard input the names of
// phases, a line each, the last of them "end".
#include <signal.h>

#include "records/plans.pb-c.h"

#include "common/kind.h"
#include "tests/bench/rows.h"
#include "tests/bench/stats.h"
#include "tests/bench/wire.h"
#include "tests/faults/siege_yardstick.h"

#include "common/arena.h"
#include "common/frame.h"

#define HONEST_EVERY  200 // ms
#define HONEST_MOST   200
#define HONEST_PHASES 8
#define HONEST_NOTE   1900 // characters: subscribers are told of each

struct phase {
    char name[32];
    struct stats stats, yard;
    unsigned errors;
};

struct person {
    struct wire wire; // first: wire callbacks cast back
    struct tls_context *context;
    uint8_t ticket[64];
    size_t ticket_size;
    int64_t target;
    uint64_t version, id, since, next; // ns: since when the one in flight should be; the next one's
    unsigned step;
    bool asking, ready, lost, edits;
};

static uv_loop_t loop;
static uv_timer_t beat;
static uv_pipe_t orders;
static struct person people[HONEST_MOST];
static unsigned n_people, n_ready, n_phases;
static struct phase phases[HONEST_PHASES];
static struct sockaddr_in server;
static uint32_t target_kind, pupil_kind;
static struct arena arena;
static char last_fault[256];

static struct phase *phase_now(void)
{
    return &phases[n_phases - 1];
}

static void person_ask(struct person *person, Sendco__Request *request)
{
    static struct buffer out;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    request->id = ++person->id;
    request->has_id = 1;
    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = request;
    if (frame_append(&out, &frame, FRAME_MAX) != 0)
        fail("a request is larger than a frame");
    wire_put(&person->wire, buffer_head(&out), buffer_size(&out));
    buffer_consume(&out, buffer_size(&out));
}

// --- what people do ---

static void ask_list(struct person *person)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    list.has_kind = list.has_limit = 1;
    list.kind = pupil_kind;
    list.limit = 20;
    request.body_case = SENDCO__REQUEST__BODY_LIST;
    request.list = &list;
    person_ask(person, &request);
}

static void ask_get(struct person *person)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Get get = SENDCO__GET__INIT;
    get.has_kind = get.has_id = 1;
    get.kind = target_kind;
    get.id = person->target;
    request.body_case = SENDCO__REQUEST__BODY_GET;
    request.get = &get;
    person_ask(person, &request);
}

static void ask_put(struct person *person)
{
    static char note[HONEST_NOTE + 32];
    uint8_t key[16], body[HONEST_NOTE + 64];
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Put put = SENDCO__PUT__INIT;
    Sendco__Record record = SENDCO__RECORD__INIT, *records = &record;
    Sendco__Records__Target target = SENDCO__RECORDS__TARGET__INIT;
    int size = snprintf(note, sizeof note, "after version %llu: ", (unsigned long long)person->version);
    memset(note + size, 'n', HONEST_NOTE - (size_t)size);
    note[HONEST_NOTE] = '\0';
    target.note = note;
    rows_key(key);
    record.has_kind = record.has_id = record.has_version = record.has_body = 1;
    record.kind = target_kind;
    record.id = person->target;
    record.version = person->version;
    record.body = (ProtobufCBinaryData){.len = sendco__records__target__pack(&target, body), .data = body};
    put.has_key = 1;
    put.key = (ProtobufCBinaryData){.len = sizeof key, .data = key};
    put.n_records = 1;
    put.records = &records;
    request.body_case = SENDCO__REQUEST__BODY_PUT;
    request.put = &put;
    person_ask(person, &request);
}

static void person_work(struct person *person)
{
    static void (*const asks[])(struct person *) = {ask_list, ask_get, ask_put, ask_get};
    if (person->lost || person->asking || !person->ready || uv_hrtime() < person->next)
        return;
    person->since = person->next;
    person->next += (uint64_t)HONEST_EVERY * 1000000;
    person->asking = true;
    unsigned what = person->step++ % 4;
    asks[what == 2 && !person->edits ? 1 : what](person);
    wire_flush(&person->wire);
}

static void on_beat(uv_timer_t *timer)
{
    (void)timer;
    for (unsigned i = 0; i < n_people && n_phases > 0; i++)
        person_work(&people[i]);
}

// --- what they are told ---

static void person_error(struct person *person, const char *what)
{
    snprintf(last_fault, sizeof last_fault, "person %u: %s", (unsigned)(person - people), what);
    if (n_phases == 0)
        fail("%s", last_fault);
    phase_now()->errors++;
}

static void person_hello(struct person *person)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Hello hello = SENDCO__HELLO__INIT;
    hello.has_protocol = 1;
    hello.protocol = PROTOCOL_VERSION;
    hello.client = "honest 1";
    request.body_case = SENDCO__REQUEST__BODY_HELLO;
    request.hello = &hello;
    person_ask(person, &request);
    Sendco__Request second = SENDCO__REQUEST__INIT;
    Sendco__Resume resume = SENDCO__RESUME__INIT;
    resume.has_ticket = 1;
    resume.ticket = (ProtobufCBinaryData){.len = person->ticket_size, .data = person->ticket};
    second.body_case = SENDCO__REQUEST__BODY_RESUME;
    second.resume = &resume;
    person_ask(person, &second);
}

static void person_open(unsigned i);

static void person_in(struct person *person)
{
    person->ready = true;
    if (++n_ready < n_people) {
        person_open(n_ready);
        return;
    }
    for (unsigned i = 0; i < n_people; i++) // each at a moment of its own
        people[i].next = uv_hrtime() + (uint64_t)HONEST_EVERY * 1000000 * (i + 1) / n_people;
    printf("ready\n");
    fflush(stdout);
}

static void person_on_reply(struct person *person, const Sendco__Reply *reply)
{
    bool good = reply->outcome == SENDCO__OUTCOME__OK;
    if (!good)
        person_error(person, reply->problem && reply->problem->message ? reply->problem->message : "refused");
    if (!person->ready) {
        if (reply->id == 2)
            person_in(person);
        return;
    }
    if (reply->body_case == SENDCO__REPLY__BODY_PUT && reply->put->n_done == 1)
        person->version = reply->put->done[0]->version;
    if (reply->body_case == SENDCO__REPLY__BODY_RECORDS && reply->records->n_records == 1)
        person->version = reply->records->records[0]->version;
    person->asking = false;
    stats_add(&phase_now()->stats, person->since, uv_hrtime());
    person_work(person);
}

static void on_yard(uint64_t from, uint64_t to)
{
    if (n_phases > 0)
        stats_add(&phase_now()->yard, from, to);
}

static void person_on_bytes(struct wire *wire)
{
    struct person *person = (struct person *)wire;
    const uint8_t *data;
    size_t size;
    while (!wire->closing && frame_next(&wire->plain, FRAME_MAX, &data, &size, NULL) == 1) {
        Sendco__Frame *frame;
        arena_reset(&arena);
        if (frame_unpack(data, size, false, &arena, &frame, NULL) != 0)
            fail("a frame from the server cannot be read");
        if (frame->kind_case == SENDCO__FRAME__KIND_REPLY && !frame->reply->more)
            person_on_reply(person, frame->reply);
        buffer_consume(&wire->plain, size + 4);
    }
}

static void person_on_tls(struct wire *wire)
{
    person_hello((struct person *)wire);
}

static void person_on_lost(struct wire *wire, const char *why)
{
    struct person *person = (struct person *)wire;
    person->lost = true;
    person_error(person, why);
}

static void person_open(unsigned i)
{
    struct person *person = &people[i];
    person->wire.on_ready = person_on_tls;
    person->wire.on_bytes = person_on_bytes;
    person->wire.on_lost = person_on_lost;
    wire_init(&person->wire, &loop, person->context, "127.0.0.1");
    wire_connect(&person->wire, (const struct sockaddr *)&server);
}

// --- phases ---

static void honest_print(void)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < n_people; i++)
        waiting += people[i].asking && uv_hrtime() - people[i].since > UINT64_C(5000000000);
    printf("{\"people\": %u, \"cpu_s\": %.2f, \"unanswered\": %u, \"last_fault\": \"%s\", \"phases\": [", n_people, stats_cpu(), waiting,
           last_fault);
    for (unsigned i = 0; i < n_phases; i++) {
        printf("%s{\"name\": \"%s\", \"n\": %zu, \"errors\": %u, ", i ? ", " : "", phases[i].name, phases[i].stats.n, phases[i].errors);
        stats_print(&phases[i].stats, "");
        printf(", ");
        stats_print(&phases[i].yard, "yard_");
        printf("}");
    }
    printf("]}\n");
}

static void honest_order(const char *name)
{
    if (strcmp(name, "end") == 0) {
        honest_print();
        exit(0);
    }
    if (n_phases == HONEST_PHASES)
        fail("there are too many phases");
    snprintf(phases[n_phases++].name, sizeof phases[0].name, "%s", name);
    for (unsigned i = 0; n_phases == 1 && i < n_people; i++) // nobody has waited yet
        people[i].next = uv_hrtime() + (uint64_t)HONEST_EVERY * 1000000 * (i + 1) / n_people;
}

static void on_order_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char room[256];
    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(room, sizeof room - 1);
}

static void on_order(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    (void)stream;
    if (size < 0)
        fail("standard input ended before \"end\"");
    buffer->base[size] = '\0';
    for (char *line = strtok(buffer->base, "\n"); line; line = strtok(NULL, "\n"))
        honest_order(line);
}

// --- the beginning ---

static struct tls_context *profile_open(const char *profile)
{
    static char known[16][300];
    static struct tls_context *contexts[16];
    char ca[400], certificate[400], key[400];
    struct problem problem;
    problem_init(&problem, NULL);
    unsigned i = 0;
    while (i < 15 && known[i][0] && strcmp(known[i], profile) != 0)
        i++;
    if (known[i][0])
        return contexts[i];
    snprintf(known[i], sizeof known[i], "%s", profile);
    snprintf(ca, sizeof ca, "%s/ca.pem", profile);
    snprintf(certificate, sizeof certificate, "%s/cert.pem", profile);
    snprintf(key, sizeof key, "%s/key.pem", profile);
    contexts[i] = tls_context_new(TLS_CLIENT, ca, certificate, key, &problem);
    if (!contexts[i])
        fail("%s", problem.message);
    return contexts[i];
}

static void people_read(const char *path)
{
    char profile[300], ticket[300], does[8];
    long long target;
    FILE *file = fopen(path, "r");
    while (file && n_people < HONEST_MOST && fscanf(file, "%299s %299s %lld %7s", profile, ticket, &target, does) == 4) {
        struct person *person = &people[n_people++];
        int fd = open(ticket, O_RDONLY | O_CLOEXEC);
        ssize_t size = fd < 0 ? -1 : read(fd, person->ticket, sizeof person->ticket);
        if (size <= 0)
            fail("%s: no ticket", ticket);
        close(fd);
        person->ticket_size = (size_t)size;
        person->context = profile_open(profile);
        person->target = target;
        person->version = 1;
        person->edits = strcmp(does, "edit") == 0;
        person->step = n_people; // not all the same at once
    }
    if (n_people == 0)
        fail("%s: names nobody", path);
    fclose(file);
}

int main(int argc, char **argv)
{
    char host[64];
    const char *colon = argc == 3 ? strrchr(argv[1], ':') : NULL;
    if (!colon || (size_t)(colon - argv[1]) >= sizeof host)
        fail("usage: siege_honest ADDRESS:PORT PEOPLE");
    snprintf(host, sizeof host, "%.*s", (int)(colon - argv[1]), argv[1]);
    yardstick_fork();
    if (uv_loop_init(&loop) < 0 || uv_ip4_addr(host, atoi(colon + 1), &server) < 0)
        fail("%s: is no numeric IPv4 address", argv[1]);
    target_kind = kind_find("Target")->number;
    pupil_kind = kind_find("Pupil")->number;
    signal(SIGPIPE, SIG_IGN); // libuv does not see to it
    arena_init(&arena, 0);
    people_read(argv[2]);
    person_open(0);
    yardstick_begin(&loop, on_yard);
    uv_timer_init(&loop, &beat);
    uv_timer_start(&beat, on_beat, 1, 2);
    uv_pipe_init(&loop, &orders, 0);
    uv_pipe_open(&orders, 0);
    uv_read_start((uv_stream_t *)&orders, on_order_room, on_order);
    return uv_run(&loop, UV_RUN_DEFAULT);
}
