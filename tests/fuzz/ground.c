// See ground.h.
#include "tests/fuzz/ground.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/clock.h"
#include "server/access/pass.h"
#include "server/access/role.h"
#include "server/demo.h"
#include "tests/fuzz/item.h"

static char directory[256];
static uint8_t *database; // of the school in the beginning
static size_t database_size;
static struct demo_person people[DEMO_PEOPLE];

static void ground_path(char path[300], const char *end)
{
    snprintf(path, 300, "%s/sendco.db%s", directory, end);
}

static void ground_sweep(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[300];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        ground_path(path, ends[i]);
        unlink(path);
    }
}

static void ground_remove(void)
{
    ground_sweep();
    rmdir(directory);
    free(database);
}

void ground_fingerprint(unsigned person, uint8_t fingerprint[32])
{
    memset(fingerprint, (int)(0x10 + person % GROUND_PEOPLE), 32);
}

void ground_ticket(unsigned person, uint8_t ticket[32])
{
    memset(ticket, (int)(0x50 + person % GROUND_PEOPLE), 32);
}

int64_t ground_staff(unsigned person)
{
    return people[person % GROUND_PEOPLE].staff;
}

static int keep_people(struct view *view, void *data)
{
    (void)data;
    int result = 0;
    for (unsigned i = 0; !result && i < GROUND_PEOPLE; i++) {
        uint8_t raw[32];
        struct account account = {.staff = people[i].staff, .role = people[i].role};
        struct device device = {.staff = people[i].staff, .name = "first", .issued = GROUND_NOW - 86400};
        struct ticket ticket = {.staff = people[i].staff, .issued = GROUND_NOW - 60, .used = GROUND_NOW - 10};
        snprintf(account.login, sizeof account.login, "%s", people[i].profile);
        DEMAND(crypto_pwhash_str(account.password, "right", 5, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN) == 0);
        ground_fingerprint(i, device.fingerprint);
        ground_ticket(i, raw);
        pass_hash(raw, sizeof raw, ticket.hash);
        result = account_put(view, &account);
        if (!result)
            result = device_put(view, &device);
        ticket.device = device.id;
        if (!result)
            result = ticket_put(view, &ticket);
    }
    return result;
}

static void ground_read(void)
{
    char path[300];
    ground_path(path, "");
    FILE *file = fopen(path, "rb");
    DEMAND(file && fseek(file, 0, SEEK_END) == 0);
    database_size = (size_t)ftell(file);
    database = malloc(database_size);
    rewind(file);
    DEMAND(database && fread(database, 1, database_size, file) == database_size);
    fclose(file);
}

static void ground_fill(size_t pupils)
{
    struct bulk bulk;
    struct problem problem;
    struct demo_counts counts;
    struct demo_random random = {7};
    struct demo_options filling = {.pupils = pupils, .seed = 7, .today = GROUND_TODAY};
    struct store_options options = {.directory = directory, .school = "Test", .seed = 7, .demo = true};
    problem_init(&problem, NULL);
    int result = bulk_open(&bulk, options, demo_bytes, &random, &problem);
    if (!result)
        result = demo_fill(&bulk, &filling, &random, people, &counts, &problem);
    if (!result)
        result = bulk_keep(&bulk, keep_people, NULL);
    bulk_close(&bulk);
    if (result)
        fprintf(stderr, "%s\n", problem.message);
    DEMAND(result == 0);
}

void ground_make(size_t pupils)
{
    const char *where = getenv("TMPDIR");
    DEMAND(sodium_init() >= 0);
    clock_set(GROUND_NOW);
    snprintf(directory, sizeof directory, "%.200s/sendco-fuzz-XXXXXX", where ? where : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    DEMAND(mkdtemp(directory) != NULL);
    demo_people(people);
    ground_fill(pupils);
    ground_read();
    atexit(ground_remove);
}

const char *ground_lay(void)
{
    char path[300];
    ground_sweep();
    ground_path(path, "");
    FILE *file = fopen(path, "wb");
    DEMAND(file && fwrite(database, 1, database_size, file) == database_size && fclose(file) == 0);
    return directory;
}
