// The peer of notify: N connections that LISTEN on a PostgreSQL server over TLS,
// and one that makes the same durable edit and notifies in the same transaction.
// libpq is looked for when the program runs, so that building needs no PostgreSQL;
// exit code 77 says that it is not there. Prints one line of JSON. One thread.
#include <dlfcn.h>
#include <poll.h>

#include "tests/bench/wire.h"
#include "tests/bench/stats.h"

#define PG_MISSING   77
#define PG_TUPLES_OK 2

// As libpq documents it; opaque to us.
struct pg_connection;
struct pg_result;
struct pg_notice { // PGnotify
    char *channel;
    int process;
    char *payload;
    struct pg_notice *next;
};

static struct pg_connection *(*pg_connect)(const char *info);
static int (*pg_status)(const struct pg_connection *connection);
static char *(*pg_error)(const struct pg_connection *connection);
static int (*pg_socket)(const struct pg_connection *connection);
static int (*pg_consume)(struct pg_connection *connection);
static struct pg_notice *(*pg_notices)(struct pg_connection *connection);
static struct pg_result *(*pg_exec)(struct pg_connection *connection, const char *sql);
static struct pg_result *(*pg_prepare)(struct pg_connection *connection, const char *name, const char *sql, int n, const unsigned *types);
static int (*pg_send)(struct pg_connection *connection, const char *name, int n, const char *const *values, const int *sizes,
                      const int *formats, int format);
static int (*pg_busy)(struct pg_connection *connection);
static struct pg_result *(*pg_result)(struct pg_connection *connection);
static int (*pg_result_status)(const struct pg_result *result);
static int (*pg_tuples)(const struct pg_result *result);
static void (*pg_clear)(struct pg_result *result);
static void (*pg_free)(void *memory);
static void (*pg_finish)(struct pg_connection *connection);

static struct pg_connection **connection; // [0] edits, the others listen
static struct pollfd *polls;
static unsigned n_connections, heard;
static bool answered;
static uint64_t sent_at;
static struct stats each, last;

// POSIX lets the address of a function pass through void *; ISO C has no words for it.
static void pg_symbol(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);
    if (address == NULL) {
        fprintf(stderr, "libpq has no %s\n", name);
        exit(PG_MISSING);
    }
    memcpy(function, &address, sizeof address);
}

static void pg_load(void)
{
    void *library = dlopen("libpq.so.5", RTLD_NOW);
    if (library == NULL) {
        fputs("libpq.so.5 is not installed\n", stderr);
        exit(PG_MISSING);
    }
    pg_symbol(library, "PQconnectdb", &pg_connect);
    pg_symbol(library, "PQstatus", &pg_status);
    pg_symbol(library, "PQerrorMessage", &pg_error);
    pg_symbol(library, "PQsocket", &pg_socket);
    pg_symbol(library, "PQconsumeInput", &pg_consume);
    pg_symbol(library, "PQnotifies", &pg_notices);
    pg_symbol(library, "PQexec", &pg_exec);
    pg_symbol(library, "PQprepare", &pg_prepare);
    pg_symbol(library, "PQsendQueryPrepared", &pg_send);
    pg_symbol(library, "PQisBusy", &pg_busy);
    pg_symbol(library, "PQgetResult", &pg_result);
    pg_symbol(library, "PQresultStatus", &pg_result_status);
    pg_symbol(library, "PQntuples", &pg_tuples);
    pg_symbol(library, "PQclear", &pg_clear);
    pg_symbol(library, "PQfreemem", &pg_free);
    pg_symbol(library, "PQfinish", &pg_finish);
}

static void pg_open_all(const char *info, const char *sql)
{
    connection = calloc(n_connections, sizeof *connection);
    polls = calloc(n_connections, sizeof *polls);
    if (connection == NULL || polls == NULL)
        fail("out of memory");
    for (unsigned i = 0; i < n_connections; i++) {
        connection[i] = pg_connect(info);
        if (pg_status(connection[i]) != 0)
            fail("cannot connect to PostgreSQL: %s", pg_error(connection[i]));
        pg_clear(i == 0 ? pg_prepare(connection[0], "edit", sql, 1, NULL) : pg_exec(connection[i], "LISTEN bench"));
        polls[i] = (struct pollfd){.fd = pg_socket(connection[i]), .events = POLLIN};
    }
}

static void pg_edit(uint64_t row)
{
    char id[32];
    const char *values[] = {id};
    snprintf(id, sizeof id, "%llu", (unsigned long long)row);
    heard = 0;
    answered = false;
    sent_at = uv_hrtime();
    if (pg_send(connection[0], "edit", 1, values, NULL, NULL, 0) != 1)
        fail("cannot send an edit: %s", pg_error(connection[0]));
}

static void pg_take_answer(void)
{
    struct pg_result *result;
    while (!answered && !pg_busy(connection[0])) {
        result = pg_result(connection[0]);
        if (result == NULL) {
            answered = true;
            return;
        }
        if (pg_result_status(result) != PG_TUPLES_OK || pg_tuples(result) != 1)
            fail("an edit failed: %s", pg_error(connection[0]));
        pg_clear(result);
    }
}

static void pg_take_notices(unsigned i)
{
    struct pg_notice *notice;
    while ((notice = pg_notices(connection[i])) != NULL) {
        pg_free(notice);
        stats_add(&each, sent_at, uv_hrtime());
        heard++;
    }
}

static void pg_wait(void)
{
    while (!answered || heard < n_connections - 1) {
        if (poll(polls, n_connections, 10000) <= 0)
            fail("PostgreSQL sent nothing for 10 s: %u of %u listeners heard", heard, n_connections - 1);
        for (unsigned i = 0; i < n_connections; i++) {
            if (polls[i].revents == 0)
                continue;
            if (pg_consume(connection[i]) != 1)
                fail("connection %u was lost: %s", i, pg_error(connection[i]));
            if (i == 0)
                pg_take_answer();
            else
                pg_take_notices(i);
        }
    }
    stats_add(&last, sent_at, uv_hrtime());
}

int main(int argc, char **argv)
{
    if (argc != 6)
        fail("usage: pgnotify CONNECTION-INFO SQL ROWS LISTENERS SECONDS");
    uint64_t rows = strtoull(argv[3], NULL, 10), seed = 1;
    unsigned listeners = (unsigned)strtoul(argv[4], NULL, 10), seconds = (unsigned)strtoul(argv[5], NULL, 10);
    if (rows == 0 || listeners == 0 || seconds == 0)
        fail("rows, listeners and seconds are numbers of at least 1");
    pg_load();
    n_connections = listeners + 1;
    pg_open_all(argv[1], argv[2]);
    uint64_t deadline = uv_hrtime() + (uint64_t)seconds * 1000000000u;
    while (uv_hrtime() < deadline) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        pg_edit((seed >> 33) % rows + 1);
        pg_wait();
    }
    for (unsigned i = 0; i < n_connections; i++)
        pg_finish(connection[i]);
    printf("{\"listeners\": %u, \"done\": %zu, \"heard\": %zu, ", listeners, last.n, each.n);
    stats_print(&each, "each_");
    printf(", ");
    stats_print(&last, "last_");
    printf("}\n");
    return 0;
}
