// `sendcod init`: a school's directory from nothing: authority, server certificate,
// database, first people with their profiles. What fails is taken away again.
// Main thread.
#include "server/init.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/ca.h"
#include "common/clock.h"
#include "server/access/role.h"
#include "server/demo_world.h"
#include "server/init_files.h"
#include "server/init_options.h"
#include "server/rules/rules.h"
#include "server/store/account.h"

struct init_person {
    struct demo_person who;
    char name[160];
    char password[48];
};

struct init_work {
    const struct init_options *options;
    struct problem *problem;
    struct ca *ca;
    struct bulk bulk;
    struct demo_random random;
    struct demo_counts counts;
    struct init_person people[DEMO_PEOPLE];
    size_t n_people;
    int64_t now;            // really now: certificates know nothing of --today
    struct account account; // on its way into the database
    struct device device;
};

// --- passwords -----------------------------------------------------------------

// Three words that can be said aloud: 57 random bits.
static void password_make(char password[48])
{
    static const char consonants[] = "bdfghjklmnprstvz", vowels[] = "aeiou";
    size_t at = 0;
    for (int word = 0; word < 3; word++) {
        if (word)
            password[at++] = '-';
        for (int syllable = 0; syllable < 3; syllable++) {
            password[at++] = consonants[randombytes_uniform(sizeof consonants - 1)];
            password[at++] = vowels[randombytes_uniform(sizeof vowels - 1)];
        }
    }
    password[at] = '\0';
}

static void real_random(void *data, uint8_t *bytes, size_t size)
{
    (void)data;
    randombytes_buf(bytes, size);
}

// --- people --------------------------------------------------------------------

static int keep_person(struct view *view, void *data)
{
    struct init_work *work = data;
    int result = account_put(view, &work->account);
    return result < 0 ? result : device_put(view, &work->device);
}

static int profile_write(struct init_work *work, const struct init_person *person, const char *directory)
{
    char text[1024];
    snprintf(text, sizeof text,
             "# Who I am and where the school's server is. Made by sendcod init.\nserver = %s\nschool = %s\nperson = %s\n",
             work->options->server, work->options->school, person->name);
    int result = init_file(directory, "profile.ini", text, 0600, work->problem);
    // Only the demo keeps a password beside its profile, so that a tour needs no typing.
    if (result == 0 && work->options->demo) {
        snprintf(text, sizeof text, "%s\n", person->password);
        result = init_file(directory, "password", text, 0600, work->problem);
    }
    return result;
}

static int person_enrol(struct init_work *work, struct init_person *person)
{
    char directory[INIT_PATH];
    snprintf(person->name, sizeof person->name, "%s%s%s", person->who.forename, *person->who.forename ? " " : "", person->who.surname);
    int result = init_directory(work->options->dir, "profiles", person->who.profile, directory, work->problem);
    work->account = (struct account){.staff = person->who.staff, .role = person->who.role};
    work->device = (struct device){.staff = person->who.staff, .name = "first", .issued = work->now};
    if (result == 0)
        result = ca_issue_device(work->ca, person->name, person->who.staff, work->device.name, work->now, directory,
                                 work->device.fingerprint, work->problem);
    if (result < 0)
        return result;
    password_make(person->password);
    snprintf(work->account.login, sizeof work->account.login, "%s", person->who.profile);
    // OWASP's least for argon2id: 19 MiB and two passes.
    if (crypto_pwhash_str(work->account.password, person->password, strlen(person->password), 2, (size_t)19 << 20) != 0)
        return problem_set(work->problem, ERR_NOMEM, "There was not enough memory to hash a password.");
    result = bulk_keep(&work->bulk, keep_person, work);
    if (result < 0)
        return problem_set(work->problem, result, "The account of %s could not be kept in the database.", person->who.profile);
    return profile_write(work, person, directory);
}

// --- an empty school -----------------------------------------------------------

static void staff_done(const struct done_item *done, void *data)
{
    struct init_work *work = data;
    size_t place = (size_t)(-done->temporary - 1);
    if (done->temporary < 0 && place < work->n_people)
        work->people[place].who.staff = done->id;
}

static void name_split(const char *name, struct init_person *person, char *forename, size_t size)
{
    const char *space = strrchr(name, ' ');
    person->who.surname = space ? space + 1 : name;
    snprintf(forename, size, "%.*s", space ? (int)(space - name) : 0, name);
    person->who.forename = forename;
}

// The first lead and the Head; whoever they are can be typed in later.
static int school_fill(struct init_work *work)
{
    static char forenames[2][80];
    struct arena arena;
    struct put_item items[2];
    arena_init(&arena, 0);
    work->n_people = 2;
    work->people[0].who = (struct demo_person){.profile = "senco", .role = ROLE_SENDCO, .post = "SENDCO"};
    work->people[1].who = (struct demo_person){.profile = "head", .role = ROLE_HEAD, .post = "Headteacher"};
    name_split(work->options->lead, &work->people[0], forenames[0], sizeof forenames[0]);
    name_split(work->options->head, &work->people[1], forenames[1], sizeof forenames[1]);
    for (size_t i = 0; i < 2; i++) {
        struct record *record = record_new(kind_find("Staff"), &arena);
        if (!record) {
            arena_deinit(&arena);
            return problem_set(work->problem, ERR_NOMEM, "There was not enough memory.");
        }
        record->id = -(int64_t)(i + 1);
        record_set(record, "surname", value_text(work->people[i].who.surname));
        if (*work->people[i].who.forename)
            record_set(record, "forename", value_text(work->people[i].who.forename));
        record_set(record, "post", value_text(work->people[i].who.post));
        items[i] = (struct put_item){.record = record};
        for (size_t f = 0; f < record->kind->n_fields; f++)
            items[i].set |= record->values[f].type == VALUE_EMPTY ? 0 : UINT64_C(1) << f;
    }
    struct bulk_put put = {.now = work->now, .items = items, .n = 2};
    int result = bulk_write(&work->bulk, &put, staff_done, work, work->problem);
    arena_deinit(&arena);
    return result;
}

static int demo_school(struct init_work *work)
{
    struct demo_person people[DEMO_PEOPLE];
    demo_people(people);
    int result = demo_fill(&work->bulk, &work->options->filling, &work->random, people, &work->counts, work->problem);
    work->n_people = DEMO_PEOPLE;
    for (size_t i = 0; i < DEMO_PEOPLE; i++)
        work->people[i].who = people[i];
    return result;
}

// --- the whole -----------------------------------------------------------------

static int certificates(struct init_work *work)
{
    char directory[INIT_PATH], names[512], own[128] = "", host[128];
    const struct init_options *options = work->options;
    work->ca = ca_new(options->school, work->now, work->problem);
    if (!work->ca)
        return work->problem->error ? work->problem->error : ERR_INTERNAL;
    int result = init_directory(options->dir, "ca", NULL, directory, work->problem);
    if (result == 0)
        result = ca_save(work->ca, directory, work->problem);
    if (result == 0)
        result = init_directory(options->dir, "server", NULL, directory, work->problem);
    if (gethostname(own, sizeof own - 1) != 0)
        own[0] = '\0';
    snprintf(host, sizeof host, "%.*s", (int)(strrchr(options->listen, ':') - options->listen), options->listen);
    init_names(names, sizeof names, (const char *const[]){"localhost", "127.0.0.1", "::1", own, host, options->host, NULL});
    return result < 0 ? result : ca_issue_server(work->ca, names, work->now, directory, work->problem);
}

static int database(struct init_work *work)
{
    const struct init_options *options = work->options;
    struct store_options store = {.directory = options->dir, .school = options->school};
    if (options->demo) {
        // A clock that stands still, and chance from the seed: the same school again.
        clock_set(demo_moment(options->filling.today, 0));
        work->random.state = options->filling.seed ^ UINT64_C(0x5e4dc0);
        store.seed = options->filling.seed ? options->filling.seed : 1;
        store.demo = true;
    }
    int result = bulk_open(&work->bulk, store, options->demo ? demo_bytes : real_random, &work->random, work->problem);
    if (result < 0)
        return result;
    rules_register(work->bulk.store);
    return options->demo ? demo_school(work) : school_fill(work);
}

// Whatever was said of the request that met it.
static int disk_failed(struct problem *problem)
{
    problem_set(problem, ERR_IO, "The disk failed to keep the school; nothing was made.");
    problem_hint(problem, "Check the disk, and how large a file may become (ulimit -f); then make the school again.");
    return ERR_IO;
}

static int build(struct init_work *work)
{
    char directory[INIT_PATH];
    int result = certificates(work);
    if (result == 0)
        result = database(work);
    if (result == 0)
        result = init_directory(work->options->dir, "profiles", NULL, directory, work->problem);
    for (size_t i = 0; result == 0 && i < work->n_people; i++)
        result = person_enrol(work, &work->people[i]);
    bulk_close(&work->bulk);
    clock_set(-1);
    ca_free(work->ca);
    if (work->bulk.failed)
        return disk_failed(work->problem);
    return result == 0 ? init_sync(work->options->dir, work->problem) : result;
}

// What an empty school needs first.
static void tell_first_steps(const char *dir)
{
    printf("      sendco --profile %s/profiles/senco login\n", dir);
    printf("          asks for the password above, and again after ten minutes without use\n");
    printf("      sendco --profile %s/profiles/senco import ROLL.csv --dry-run\n", dir);
    printf("          the roll as your MIS exports it; what is said is well: again without --dry-run\n");
    printf("      sendco --profile %s/profiles/senco help\n", dir);
    printf("          then the rest. There are no types of provision yet (sendco help provision-type), and\n"
           "          the lists of codes can be made your own (sendco code list, sendco help code)\n");
}

static void tell(const struct init_work *work)
{
    const struct init_options *options = work->options;
    if (options->demo)
        printf("A demo school is in %s: %zu pupils, %zu on the register (%zu K, %zu E), %zu staff, %zu records.\n", options->dir,
               work->counts.pupils, work->counts.support + work->counts.plan, work->counts.support, work->counts.plan, work->counts.staff,
               work->counts.records);
    else
        printf("%s is in %s, empty as yet.\n", options->school, options->dir);
    printf("\nProfiles (each a directory to copy to that person's own computer):\n");
    for (size_t i = 0; i < work->n_people; i++)
        printf("  %-9s %s/profiles/%s%s%s\n", work->people[i].who.profile, options->dir, work->people[i].who.profile,
               options->demo ? "" : "   password, shown only this once: ", options->demo ? "" : work->people[i].password);
    printf("\nnext: sendcod serve --dir %s --listen %s\n", options->dir, options->listen);
    if (options->demo)
        printf("      sendco --profile %s/profiles/senco register\n", options->dir);
    else
        tell_first_steps(options->dir);
}

static const char help[] =
    "sendcod init makes a school's directory: its authority and certificates, its database, and the first people with\n"
    "their profiles. DIR must be new or empty; what fails is taken away again.\n"
    "\n"
    "  sendcod init --dir DIR --school NAME [--lead NAME] [--head NAME] [--listen HOST:PORT] [--host NAMES]\n"
    "  sendcod init --dir DIR --demo [--pupils N] [--seed N] [--today DATE] [--listen HOST:PORT] [--host NAMES]\n"
    "\n"
    "  --school NAME        the school's name; it begins empty\n"
    "  --lead NAME          the SENDCO, as a name (default SENDCO)\n"
    "  --head NAME          the Headteacher, as a name (default Headteacher)\n"
    "  --demo               a made-up school instead, full of everything\n"
    "  --pupils N           so many pupils in it (default 420)\n"
    "  --seed N             the same number makes the same school (default 1)\n"
    "  --today DATE         the day its records go up to (default today)\n"
    "  --listen HOST:PORT   where it will be served, for the profiles (default 127.0.0.1:7443; with --host 0.0.0.0:7443)\n"
    "  --host NAMES         names and addresses by which other computers find it, with commas between them\n";

static int fail(const struct problem *problem)
{
    const char *next = problem->error == ERR_USAGE && !problem->hint[0]
                           ? "sendcod init --dir DIR --demo, or sendcod init --dir DIR --school NAME [--listen HOST:PORT] [--host NAMES]"
                           : problem_next(problem);
    fprintf(stderr, "sendcod: %s\n  next: %s\n", problem->message, next);
    return error_info(problem->error)->exit;
}

int init_main(int argc, char **argv)
{
    struct problem problem;
    struct init_options options;
    problem_init(&problem, NULL);
    umask(077);
    signal(SIGXFSZ, SIG_IGN); // a file that may grow no more is an error, after which all is taken away
    if (init_options_read(&options, argc, argv, &problem) < 0)
        return fail(&problem);
    if (options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (sodium_init() < 0)
        return fail((problem_set(&problem, ERR_INTERNAL, "libsodium found no source of randomness."), &problem));
    bool made = false;
    if (init_begin(options.dir, &made, &problem) < 0)
        return fail(&problem);
    struct init_work *work = calloc(1, sizeof *work);
    if (!work)
        return fail((problem_set(&problem, ERR_NOMEM, "There was not enough memory."), &problem));
    work->options = &options;
    work->problem = &problem;
    work->now = clock_real();
    int result = build(work);
    if (result == 0)
        tell(work);
    sodium_memzero(work, sizeof *work);
    free(work);
    if (result == 0)
        return 0;
    // It was empty when we came: everything in it is ours.
    init_clear(options.dir, made);
    if (!problem.error)
        problem_set(&problem, result, "The school could not be made.");
    return fail(&problem);
}
