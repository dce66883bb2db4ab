// Sustained load by N clients on one loop, each with one request in flight: edits
// of one field of a random row with its version given (write: a date, which no
// index of words holds; text: a searched text), reads by id, or echoes. Rows are
// dealt out to the clients, so that no two ever meet in one. Afterwards the change
// log must have grown by exactly what was acknowledged, and rows are read back.
// Prints one line of JSON. One thread.
#include "records/plans.pb-c.h"

#include "common/kind.h"
#include "tests/bench/client.h"
#include "tests/bench/rows.h"
#include "tests/bench/stats.h"

#define LOAD_ECHO_BYTES 300
#define LOAD_SAMPLE     200u  // rows read back at the end
#define LOAD_DAY        20000 // a civil date to begin with

enum load_mode { LOAD_WRITE, LOAD_TEXT, LOAD_READ, LOAD_ECHO };
enum load_phase { LOAD_BEFORE, LOAD_RUNNING, LOAD_AFTER, LOAD_CHECKING };

static struct fleet fleet;
static struct rows rows;
static struct stats stats;
static enum load_mode mode;
static enum load_phase phase;
static unsigned seconds, in_flight, checked;
static bool stopping;
static uint64_t started, ended, changes_before, changes_after, cpu_ended_us, seed = UINT64_C(0x9E3779B97F4A7C15), bytes;
static double cpu_started;
static uv_timer_t stop;
static uint32_t kind_number;

static void load_status(struct client *client)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Status status = SENDCO__STATUS__INIT;
    request.body_case = SENDCO__REQUEST__BODY_STATUS;
    request.status = &status;
    client_ask(client, &request);
}

static void load_get(struct client *client, size_t at)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Get get = SENDCO__GET__INIT;
    client->at = at;
    get.has_kind = get.has_id = 1;
    get.kind = kind_number;
    get.id = rows.row[at].id;
    request.body_case = SENDCO__REQUEST__BODY_GET;
    request.get = &get;
    client_ask(client, &request);
}

// A date (or text) that the row does not hold yet: an edit that changes nothing
// would be no work.
static size_t load_edit(const struct row *row, uint8_t *body)
{
    char text[64];
    Sendco__Records__Target target = SENDCO__RECORDS__TARGET__INIT;
    if (mode == LOAD_TEXT) {
        snprintf(text, sizeof text, "Reads %u words a minute, mostly unaided", row->version + 1);
        target.progress = text;
    } else {
        target.has_due = 1;
        target.due = LOAD_DAY + (row->due - LOAD_DAY + 1) % 2000;
    }
    return sendco__records__target__pack(&target, body);
}

static void load_put(struct client *client, size_t at)
{
    uint8_t key[16], body[256];
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Put put = SENDCO__PUT__INIT;
    Sendco__Record record = SENDCO__RECORD__INIT, *records = &record;
    client->at = at;
    rows_key(key);
    record.has_kind = record.has_id = record.has_version = record.has_body = 1;
    record.kind = kind_number;
    record.id = rows.row[at].id;
    record.version = rows.row[at].version;
    record.body = (ProtobufCBinaryData){.len = load_edit(&rows.row[at], body), .data = body};
    put.has_key = 1;
    put.key = (ProtobufCBinaryData){.len = sizeof key, .data = key};
    put.n_records = 1;
    put.records = &records;
    request.body_case = SENDCO__REQUEST__BODY_PUT;
    request.put = &put;
    client_ask(client, &request);
}

static void load_echo(struct client *client)
{
    static uint8_t message[LOAD_ECHO_BYTES];
    client->sent = uv_hrtime();
    wire_put(&client->wire, message, sizeof message);
}

static void load_next(struct client *client)
{
    size_t share = rows.n / fleet.n;
    size_t at = share == 0 ? 0 : client->index + fleet.n * (size_t)(rows_random(&seed) % share);
    in_flight++;
    if (mode == LOAD_ECHO)
        load_echo(client);
    else if (mode == LOAD_READ)
        load_get(client, at);
    else
        load_put(client, at);
}

static void load_print(void)
{
    double wall = (double)(ended - started) / 1e9;
    printf("{\"clients\": %u, \"seconds\": %.3f, \"done\": %zu, \"rate\": %.1f, ", fleet.n, wall, stats.n, (double)stats.n / wall);
    printf("\"reply_bytes\": %.0f, \"load_cpu_s\": %.2f, \"rows\": %zu, \"stored\": %llu, \"checked\": %u, ",
           stats.n > 0 ? (double)bytes / (double)stats.n : 0.0, (double)cpu_ended_us / 1e6 - cpu_started, rows.n,
           (unsigned long long)(changes_after < changes_before ? 0 : changes_after - changes_before), checked);
    stats_print(&stats, "");
    printf("}\n");
}

// All answers are in. Echo and reading need no more; writing is checked.
static void load_finished(void)
{
    ended = uv_hrtime();
    cpu_ended_us = (uint64_t)(stats_cpu() * 1e6);
    bytes = fleet.received - bytes;
    if (mode == LOAD_ECHO || mode == LOAD_READ) {
        fleet_end(&fleet);
        return;
    }
    phase = LOAD_AFTER;
    load_status(&fleet.clients[0]);
    client_flush(&fleet.clients[0]);
}

static void load_answered(struct client *client)
{
    stats_add(&stats, client->sent, uv_hrtime());
    in_flight--;
    if (!stopping)
        load_next(client);
    else if (in_flight == 0)
        load_finished();
}

static void load_on_written(struct client *client, const Sendco__Reply *reply)
{
    struct row *row = &rows.row[client->at];
    const Sendco__PutReply *put = reply->put;
    if (reply->body_case != SENDCO__REPLY__BODY_PUT || put->n_done != 1 || put->done[0]->id != row->id ||
        put->done[0]->action != SENDCO__ACTION__EDIT || put->done[0]->version != row->version + 1u)
        fail("row %lld was not edited as asked: %zu results", (long long)row->id,
             reply->body_case == SENDCO__REPLY__BODY_PUT ? put->n_done : 0);
    row->version++;
    if (mode == LOAD_WRITE)
        row->due = LOAD_DAY + (row->due - LOAD_DAY + 1) % 2000;
    load_answered(client);
}

static const Sendco__Record *load_record(struct client *client, const Sendco__Reply *reply)
{
    if (reply->body_case != SENDCO__REPLY__BODY_RECORDS || reply->records->n_records != 1 ||
        reply->records->records[0]->id != rows.row[client->at].id)
        fail("row %lld was not answered with itself", (long long)rows.row[client->at].id);
    return reply->records->records[0];
}

static void load_check(struct client *client)
{
    if (checked == LOAD_SAMPLE || checked == rows.n) {
        fleet_end(&fleet);
        return;
    }
    checked++;
    load_get(client, (size_t)(rows_random(&seed) % rows.n));
}

static void load_on_checked(struct client *client, const Sendco__Reply *reply)
{
    const struct row *row = &rows.row[client->at];
    const Sendco__Record *record = load_record(client, reply);
    Sendco__Records__Target *target = sendco__records__target__unpack(NULL, record->body.len, record->body.data);
    if (target == NULL || record->version != row->version || target->due != row->due)
        fail("row %lld is not as acknowledged: version %llu, not %u", (long long)row->id, (unsigned long long)record->version,
             row->version);
    sendco__records__target__free_unpacked(target, NULL);
    load_check(client);
}

static void load_on_stop(uv_timer_t *timer)
{
    (void)timer;
    stopping = true;
}

static void load_start(void)
{
    phase = LOAD_RUNNING;
    started = uv_hrtime();
    cpu_started = stats_cpu();
    bytes = fleet.received;
    uv_timer_start(&stop, load_on_stop, (uint64_t)seconds * 1000, 0);
    for (unsigned i = 0; i < fleet.n; i++) {
        load_next(&fleet.clients[i]);
        client_flush(&fleet.clients[i]);
    }
}

static uint64_t load_changes(const Sendco__Reply *reply)
{
    if (reply->body_case != SENDCO__REPLY__BODY_STATUS || !reply->status->has_changes)
        fail("Status does not say how many changes there are");
    return reply->status->changes;
}

static void load_on_reply(struct client *client, const Sendco__Reply *reply)
{
    client_expect_ok(reply, "A request");
    if (phase == LOAD_BEFORE) {
        changes_before = load_changes(reply);
        load_start();
    } else if (phase == LOAD_AFTER) {
        changes_after = load_changes(reply);
        if (changes_after - changes_before != stats.n)
            fail("%llu changes are stored, but %zu were acknowledged", (unsigned long long)(changes_after - changes_before), stats.n);
        phase = LOAD_CHECKING;
        load_check(client);
    } else if (phase == LOAD_CHECKING) {
        load_on_checked(client, reply);
    } else if (mode == LOAD_READ) {
        load_record(client, reply);
        load_answered(client);
    } else {
        load_on_written(client, reply);
    }
}

static void load_on_echo(struct client *client)
{
    if (buffer_size(&client->wire.plain) < LOAD_ECHO_BYTES)
        return;
    buffer_consume(&client->wire.plain, LOAD_ECHO_BYTES);
    fleet.received += LOAD_ECHO_BYTES;
    load_answered(client);
}

static void load_on_ready(struct fleet *all)
{
    if (mode == LOAD_ECHO)
        load_start();
    else
        load_status(&all->clients[0]);
    client_flush(&all->clients[0]);
}

static enum load_mode load_mode_find(const char *name)
{
    static const char *const names[] = {"write", "text", "read", "echo"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum load_mode)i;
    fail("%s: is no mode; there are write, text, read and echo", name);
}

int main(int argc, char **argv)
{
    if (argc != 8)
        fail("usage: load write|text|read|echo ADDRESS:PORT PROFILE TICKET-FILE ROWS-FILE CLIENTS SECONDS");
    mode = load_mode_find(argv[1]);
    unsigned clients = (unsigned)strtoul(argv[6], NULL, 10);
    seconds = (unsigned)strtoul(argv[7], NULL, 10);
    if (clients == 0 || seconds == 0)
        fail("clients and seconds are numbers of at least 1");
    fleet.bare = mode == LOAD_ECHO;
    fleet.on_ready = load_on_ready;
    fleet.on_reply = load_on_reply;
    fleet.on_bytes = load_on_echo;
    fleet_init(&fleet, argv[2], argv[3], fleet.bare ? NULL : argv[4], clients, seconds + CLIENT_GRACE);
    if (!fleet.bare) {
        const struct kind *kind = kind_find("Target");
        if (kind == NULL)
            fail("there is no kind Target");
        kind_number = kind->number;
        rows_open(&rows, argv[5], 0);
        if (rows.n < clients)
            fail("%s holds fewer rows than there are clients", argv[5]);
    }
    uv_timer_init(&fleet.loop, &stop);
    fleet_run(&fleet);
    load_print();
    return 0;
}
