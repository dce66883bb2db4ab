// How soon N watchers hear of one committed change: one client edits a row, the
// others watch that kind; the next edit starts when the last watcher has heard and
// the author has the answer. Times run from the sending of the edit, so they hold
// the commit. Every watcher must get every change exactly once, ranges joining.
// Prints one line of JSON. One thread.
#include "records/plans.pb-c.h"

#include "common/kind.h"
#include "tests/bench/client.h"
#include "tests/bench/rows.h"
#include "tests/bench/stats.h"

#define NOTIFY_DAY 20000

static struct fleet fleet;
static struct rows rows;
static struct stats each, last;
static uint64_t *covered; // per watcher: its ranges reach this far
static uint64_t deadline, sent_at, seed = 1;
static unsigned watching, heard;
static bool answered;
static size_t at;
static uint32_t kind_number;

static void notify_watch(struct client *client)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Watch watch = SENDCO__WATCH__INIT;
    watch.n_kinds = 1;
    watch.kinds = &kind_number;
    request.body_case = SENDCO__REQUEST__BODY_WATCH;
    request.watch = &watch;
    client_ask(client, &request);
    client_flush(client);
}

static void notify_put(void)
{
    struct client *author = &fleet.clients[0];
    uint8_t key[16], body[32];
    Sendco__Records__Target target = SENDCO__RECORDS__TARGET__INIT;
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Put put = SENDCO__PUT__INIT;
    Sendco__Record record = SENDCO__RECORD__INIT, *records = &record;
    at = (size_t)(rows_random(&seed) % rows.n);
    target.has_due = 1;
    target.due = NOTIFY_DAY + (rows.row[at].due - NOTIFY_DAY + 1) % 2000;
    rows_key(key);
    record.has_kind = record.has_id = record.has_version = record.has_body = 1;
    record.kind = kind_number;
    record.id = rows.row[at].id;
    record.version = rows.row[at].version;
    record.body = (ProtobufCBinaryData){.len = sendco__records__target__pack(&target, body), .data = body};
    put.has_key = 1;
    put.key = (ProtobufCBinaryData){.len = sizeof key, .data = key};
    put.n_records = 1;
    put.records = &records;
    request.body_case = SENDCO__REQUEST__BODY_PUT;
    request.put = &put;
    heard = 0;
    answered = false;
    sent_at = uv_hrtime();
    client_ask(author, &request);
    client_flush(author);
}

static void notify_round(void)
{
    if (!answered || heard < fleet.n - 1)
        return;
    stats_add(&last, sent_at, uv_hrtime());
    if (uv_hrtime() < deadline)
        notify_put();
    else
        fleet_end(&fleet);
}

static void notify_on_push(struct client *client, const Sendco__Push *push)
{
    uint64_t *reach = &covered[client->index];
    if (push->resync != NULL)
        fail("watcher %u was told to read again", client->index);
    if (push->n_present > 0 && push->n_changes == 0 && !push->has_covers_to)
        return;
    if (*reach != 0 && push->covers_from != *reach + 1)
        fail("watcher %u: after %llu came %llu", client->index, (unsigned long long)*reach, (unsigned long long)push->covers_from);
    *reach = push->covers_to;
    if (push->n_changes == 0)
        return;
    if (push->n_changes != 1 || push->changes[0]->record == NULL || push->changes[0]->record->id != rows.row[at].id ||
        push->changes[0]->record->version != rows.row[at].version + (answered ? 0u : 1u))
        fail("watcher %u heard of another change than was made", client->index);
    stats_add(&each, sent_at, uv_hrtime());
    heard++;
    notify_round();
}

static void notify_on_reply(struct client *client, const Sendco__Reply *reply)
{
    client_expect_ok(reply, client->index == 0 ? "An edit" : "Watch");
    if (client->index == 0) {
        rows.row[at].version++;
        rows.row[at].due = NOTIFY_DAY + (rows.row[at].due - NOTIFY_DAY + 1) % 2000;
        answered = true;
        notify_round();
        return;
    }
    covered[client->index] = reply->seq;
    if (++watching == fleet.n - 1)
        notify_put();
}

static void notify_on_ready(struct fleet *all)
{
    for (unsigned i = 1; i < all->n; i++)
        notify_watch(&all->clients[i]);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        fail("usage: notify ADDRESS:PORT PROFILE TICKET-FILE ROWS-FILE WATCHERS SECONDS");
    unsigned watchers = (unsigned)strtoul(argv[5], NULL, 10), seconds = (unsigned)strtoul(argv[6], NULL, 10);
    const struct kind *kind = kind_find("Target");
    if (watchers == 0 || seconds == 0 || kind == NULL)
        fail("watchers and seconds are numbers of at least 1");
    kind_number = kind->number;
    covered = calloc(watchers + 1, sizeof *covered);
    rows_open(&rows, argv[4], 0);
    fleet.on_ready = notify_on_ready;
    fleet.on_reply = notify_on_reply;
    fleet.on_push = notify_on_push;
    fleet_init(&fleet, argv[1], argv[2], argv[3], watchers + 1, seconds + CLIENT_GRACE);
    if (covered == NULL)
        fail("out of memory");
    deadline = uv_hrtime() + (uint64_t)seconds * 1000000000u;
    fleet_run(&fleet);
    printf("{\"watchers\": %u, \"done\": %zu, \"heard\": %zu, ", watchers, last.n, each.n);
    stats_print(&each, "each_");
    printf(", ");
    stats_print(&last, "last_");
    printf("}\n");
    return 0;
}
