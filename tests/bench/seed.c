// Fills a school with targets: many in one Put, a few Puts on their way, until
// there are enough rows or the time is up. Writes the rows file that the other
// programs go on from; prints one line of JSON. One thread.
#include "records/people.pb-c.h"
#include "records/plans.pb-c.h"

#include "common/kind.h"
#include "tests/bench/client.h"
#include "tests/bench/rows.h"
#include "tests/bench/stats.h"

#define SEED_BATCH   500 // records of one Put; stays under a frame and the guard's number of fields
#define SEED_CLIENTS 3u  // one being written, one being sent, one being made
#define SEED_PUPILS  400
#define SEED_DAY     20000

static struct fleet fleet;
static struct rows rows;
static int64_t pupils[SEED_PUPILS];
static size_t n_pupils, sent;
static unsigned in_flight;
static uint64_t started, deadline;
static uint32_t pupil_kind, target_kind;

static void seed_list(struct client *client, const ProtobufCBinaryData *page)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    list.has_kind = list.has_limit = 1;
    list.kind = pupil_kind;
    list.limit = 200;
    if (page != NULL) {
        list.has_page = 1;
        list.page = *page;
    }
    request.body_case = SENDCO__REQUEST__BODY_LIST;
    request.list = &list;
    client_ask(client, &request);
}

static void seed_target(Sendco__Records__Target *target, size_t number, char aim[160], char measure[100])
{
    static const char *const verbs[] = {"Read", "Write", "Say", "Count", "Sort", "Copy", "Explain", "Follow"};
    snprintf(aim, 160, "%s %zu familiar words or steps from the class list without help on three days in a row", verbs[number % 8],
             number % 40 + 3);
    snprintf(measure, 100, "Seen by an adult %zu times out of 10, noted on the day", number % 10 + 1);
    target->has_pupil = 1;
    target->pupil = pupils[number % n_pupils];
    target->aim = aim;
    target->measure = measure;
    target->has_due = 1;
    target->due = SEED_DAY;
    target->has_status = 1;
    target->status = SENDCO__RECORDS__TARGET__STATUS__OPEN;
}

static void seed_put(struct client *client, size_t n)
{
    static Sendco__Record records[SEED_BATCH], *list[SEED_BATCH];
    static uint8_t bodies[SEED_BATCH][400];
    uint8_t key[16];
    char aim[160], measure[100];
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Put put = SENDCO__PUT__INIT;
    for (size_t i = 0; i < n; i++) {
        Sendco__Records__Target target = SENDCO__RECORDS__TARGET__INIT;
        seed_target(&target, sent + i, aim, measure);
        records[i] = (Sendco__Record)SENDCO__RECORD__INIT;
        records[i].has_kind = records[i].has_id = records[i].has_body = 1;
        records[i].kind = target_kind;
        records[i].id = -(int64_t)i - 1;
        records[i].body = (ProtobufCBinaryData){.len = sendco__records__target__pack(&target, bodies[i]), .data = bodies[i]};
        list[i] = &records[i];
    }
    rows_key(key);
    put.has_key = 1;
    put.key = (ProtobufCBinaryData){.len = sizeof key, .data = key};
    put.n_records = n;
    put.records = list;
    request.body_case = SENDCO__REQUEST__BODY_PUT;
    request.put = &put;
    client_ask(client, &request);
    client_flush(client);
    sent += n;
    in_flight++;
}

static void seed_next(struct client *client)
{
    size_t left = rows.capacity - sent;
    if (left > 0 && uv_hrtime() < deadline)
        seed_put(client, left < SEED_BATCH ? left : SEED_BATCH);
    else if (in_flight == 0)
        fleet_end(&fleet);
}

static void seed_on_pupils(struct client *client, const Sendco__Reply *reply)
{
    if (reply->body_case != SENDCO__REPLY__BODY_RECORDS)
        fail("the list of pupils was answered with something else");
    for (size_t i = 0; i < reply->records->n_records && n_pupils < SEED_PUPILS; i++)
        pupils[n_pupils++] = reply->records->records[i]->id;
    if (reply->has_more && reply->more)
        return;
    if (reply->records->has_next && n_pupils < SEED_PUPILS) {
        seed_list(client, &reply->records->next);
        return;
    }
    if (n_pupils == 0)
        fail("the school has no pupils to give targets to");
    for (unsigned i = 0; i < fleet.n; i++)
        seed_next(&fleet.clients[i]);
}

static void seed_on_reply(struct client *client, const Sendco__Reply *reply)
{
    client_expect_ok(reply, in_flight == 0 ? "The list of pupils" : "A batch of rows");
    if (in_flight == 0) {
        seed_on_pupils(client, reply);
        return;
    }
    if (reply->body_case != SENDCO__REPLY__BODY_PUT)
        fail("a batch of rows was answered with something else");
    for (size_t i = 0; i < reply->put->n_done && rows.n < rows.capacity; i++) {
        const Sendco__PutReply__Done *done = reply->put->done[i];
        if (done->kind == target_kind && done->temporary < 0)
            rows.row[rows.n++] = (struct row){.id = done->id, .version = (uint32_t)done->version, .due = SEED_DAY};
    }
    if (reply->has_more && reply->more)
        return;
    in_flight--;
    seed_next(client);
}

static void seed_on_ready(struct fleet *all)
{
    seed_list(&all->clients[0], NULL);
    client_flush(&all->clients[0]);
}

static uint32_t seed_kind(const char *name)
{
    const struct kind *kind = kind_find(name);
    if (kind == NULL)
        fail("there is no kind %s", name);
    return kind->number;
}

int main(int argc, char **argv)
{
    if (argc != 7)
        fail("usage: seed ADDRESS:PORT PROFILE TICKET-FILE ROWS-FILE ROWS SECONDS-AT-MOST");
    size_t wanted = strtoul(argv[5], NULL, 10);
    unsigned seconds = (unsigned)strtoul(argv[6], NULL, 10);
    if (wanted == 0 || seconds == 0)
        fail("rows and seconds are numbers of at least 1");
    pupil_kind = seed_kind("Pupil");
    target_kind = seed_kind("Target");
    rows_open(&rows, argv[4], wanted);
    fleet.on_ready = seed_on_ready;
    fleet.on_reply = seed_on_reply;
    started = uv_hrtime();
    deadline = started + (uint64_t)seconds * 1000000000u;
    fleet_init(&fleet, argv[1], argv[2], argv[3], SEED_CLIENTS, seconds + CLIENT_GRACE);
    fleet_run(&fleet);
    double wall = (double)(uv_hrtime() - started) / 1e9;
    if (rows.n != sent)
        fail("%zu rows were sent, but %zu acknowledged", sent, rows.n);
    rows_close(&rows, argv[4]);
    printf("{\"rows\": %zu, \"wanted\": %zu, \"seconds\": %.2f, \"rate\": %.0f}\n", rows.n, wanted, wall, (double)rows.n / wall);
    return 0;
}
