// Who may: every cell of the matrix against a second telling of it in words, the
// life of a ticket, the pause after wrong passwords.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "server/access/access.h"
#include "server/access/login.h"
#include "server/access/matrix.h"
#include "server/access/pass.h"
#include "server/changed.h"
#include "server/live.h"
#include "server/server.h"
#include "server/session.h"

// --- the matrix, told by role and not by table ---

static enum reach told_read(enum role role, enum record_class class, enum subject subject)
{
    bool person = subject == SUBJECT_PUPIL || subject == SUBJECT_CLASS;
    bool group = subject == SUBJECT_GROUP;
    switch (role) {
    case ROLE_SENDCO:
    case ROLE_CNPL:
    case ROLE_HEAD:
        return REACH_ALL;
    case ROLE_TEACHER:
        if (class > CLASS_C2 && class != CLASS_W1 && class != CLASS_W2)
            return REACH_NONE;
        if (group) // runs of a provision hold no plain facts that all may see
            return class == CLASS_C0 ? REACH_NONE : REACH_OWN;
        if (person)
            return REACH_OWN;
        if (class == CLASS_C0) // code lists and the staff directory
            return REACH_ALL;
        // what the school offers to all, but not what is to be done in it: that is the leads'
        return subject == SUBJECT_SCHOOL && class == CLASS_C1 ? REACH_ALL : REACH_NONE;
    case ROLE_TA:
        if (class == CLASS_C0)
            return group ? REACH_NONE : person ? REACH_OWN : REACH_ALL;
        if (class != CLASS_C1 && class != CLASS_W1)
            return REACH_NONE;
        if (subject == SUBJECT_SCHOOL)
            return class == CLASS_C1 ? REACH_ALL : REACH_NONE;
        return group || subject == SUBJECT_PUPIL ? REACH_OWN : REACH_NONE;
    case ROLE_MEDICAL:
        return class == CLASS_C0 && !group ? REACH_ALL : REACH_NONE;
    case ROLE_GOVERNOR:
        return class == CLASS_C0 && subject == SUBJECT_SCHOOL ? REACH_ALL : REACH_NONE;
    default:
        return REACH_NONE;
    }
}

static enum reach told_write(enum role role, enum record_class class, enum subject subject)
{
    if (role == ROLE_SENDCO || role == ROLE_CNPL)
        return REACH_ALL;
    if (role != ROLE_TEACHER && role != ROLE_TA)
        return REACH_NONE;
    if (class == CLASS_W1) // both keep sessions and pupils' actions
        return subject == SUBJECT_PUPIL || subject == SUBJECT_GROUP ? REACH_OWN : REACH_NONE;
    return role == ROLE_TEACHER && (class == CLASS_C1 || class == CLASS_W2) && subject == SUBJECT_PUPIL ? REACH_OWN : REACH_NONE;
}

static void test_every_cell(void **state)
{
    (void)state;
    for (int role = ROLE_NONE; role < ROLE_COUNT; role++) {
        struct scope scope = {0};
        matrix_fill(&scope, (enum role)role);
        for (int class = CLASS_C0; class < CLASS_COUNT; class ++) {
            for (int subject = 0; subject < SUBJECT_COUNT; subject++) {
                enum reach read = told_read((enum role)role, (enum record_class) class, (enum subject)subject);
                enum reach write = told_write((enum role)role, (enum record_class) class, (enum subject)subject);
                if (matrix_read((enum role)role, (enum record_class) class, (enum subject)subject) != read ||
                    matrix_write((enum role)role, (enum record_class) class, (enum subject)subject) != write ||
                    scope.read[class][subject] != read || scope.write[class][subject] != write)
                    fail_msg("%s, class %d, subject %d", role_word((enum role)role), class, subject);
                assert_true(write <= read); // nobody writes what he may not read
            }
        }
    }
}

static void test_nothing_outside_the_table(void **state)
{
    (void)state;
    assert_int_equal(matrix_read(ROLE_COUNT, CLASS_C0, SUBJECT_SCHOOL), REACH_NONE);
    assert_int_equal(matrix_read((enum role)99, CLASS_C0, SUBJECT_SCHOOL), REACH_NONE);
    assert_int_equal(matrix_read(ROLE_SENDCO, CLASS_COUNT, SUBJECT_SCHOOL), REACH_NONE);
    assert_int_equal(matrix_read(ROLE_SENDCO, (enum record_class)0, SUBJECT_SCHOOL), REACH_NONE);
    assert_int_equal(matrix_write(ROLE_SENDCO, CLASS_C0, SUBJECT_COUNT), REACH_NONE);
}

// Every kind and every field of it, for every role: what the matrix says is what a
// scope made of it lets through.
static void test_every_field_of_every_kind(void **state)
{
    (void)state;
    const int64_t own = 7, other = 8;
    for (int role = ROLE_NONE; role < ROLE_COUNT; role++) {
        struct scope scope = {0};
        matrix_fill(&scope, (enum role)role);
        for (size_t i = 0; i < SUBJECT_COUNT; i++)
            scope.own[i] = (struct id_set){&own, 1};
        for (size_t i = 0; i < n_kinds; i++) {
            const struct kind *kind = &kinds[i];
            for (size_t j = 0; j < kind->n_fields; j++) {
                const struct field *field = &kind->fields[j];
                for (size_t k = 0; k < (kind->about.optional ? 3 : 2); k++) { // one's own, another's, nobody's
                    const int64_t about[] = {own, other, 0};
                    enum subject subject = about[k] ? kind->about.subject : SUBJECT_SCHOOL;
                    // a field is seen only in a record that is seen
                    enum reach whole = told_read((enum role)role, kind->class, subject);
                    enum reach reach = told_read((enum role)role, field->class, subject);
                    reach = reach < whole ? reach : whole;
                    bool seen = scope_reads_record(&scope, kind, about[k]) && !(scope_withheld(&scope, kind, about[k]) & field_bit(field));
                    assert_int_equal(seen, about[k] == own ? reach != REACH_NONE : reach == REACH_ALL);
                }
            }
        }
    }
}

static void test_who_depends_on_assignments(void **state)
{
    (void)state;
    for (int role = ROLE_NONE; role < ROLE_COUNT; role++) {
        struct scope scope = {0};
        matrix_fill(&scope, (enum role)role);
        assert_int_equal(access_uses_own(&scope), role == ROLE_TEACHER || role == ROLE_TA);
    }
    size_t n = 0;
    for (size_t i = 0; i < n_kinds; i++)
        n += access_kind_matters(&kinds[i]);
    assert_int_equal(n, 4); // assignments and memberships of classes; provisions and their members
}

static void test_role_words(void **state)
{
    (void)state;
    for (int role = ROLE_NONE + 1; role < ROLE_COUNT; role++)
        for (int other = ROLE_NONE; other < role; other++)
            assert_string_not_equal(role_word((enum role)role), role_word((enum role)other));
    assert_string_equal(role_word(ROLE_SENDCO), "sendco");
    assert_string_equal(role_word(ROLE_COUNT), "none");
}

static void test_a_scope_of_ones_own(void **state)
{
    (void)state;
    int64_t ids[] = {3, 5, 9};
    struct scope scope = {0}, copy;
    struct arena arena;
    arena_init(&arena, 0);
    matrix_fill(&scope, ROLE_TEACHER);
    scope.own[SUBJECT_PUPIL] = (struct id_set){ids, 3};
    assert_int_equal(access_scope_copy(&scope, &arena, &copy), 0);
    assert_true(scope_equal(&scope, &copy));
    assert_ptr_not_equal(copy.own[SUBJECT_PUPIL].ids, ids);
    ids[1] = 6;
    assert_false(scope_equal(&scope, &copy));
    arena_deinit(&arena);
}

// --- tickets ---

static void test_a_ticket_ends(void **state)
{
    (void)state;
    struct ticket row = {.issued = 1000, .used = 1000};
    assert_true(ticket_alive(&row, 1000 + PASS_IDLE - 1));
    assert_false(ticket_alive(&row, 1000 + PASS_IDLE));
    row.used = 1000 + PASS_LIFE - 1;
    assert_true(ticket_alive(&row, 1000 + PASS_LIFE - 1));
    assert_false(ticket_alive(&row, 1000 + PASS_LIFE));
}

static void test_use_keeps_it_alive_everywhere(void **state)
{
    (void)state;
    struct passes *passes = passes_new(NULL);
    passes_stop(passes); // no store to write to
    struct ticket row = {.hash = {1}, .issued = 1000, .used = 1000};
    struct pass *one = pass_take(passes, &row), *two = pass_take(passes, &row);
    assert_ptr_equal(one, two);
    assert_true(pass_use(one, 1500));
    assert_true(pass_alive(two, 2000));
    assert_int_equal(pass_expires(one), 1000 + PASS_LIFE);
    pass_end(one);
    assert_false(pass_alive(two, 1501));
    assert_false(pass_use(two, 1501));
    passes_sweep(passes, 1501);
    passes_sweep(passes, 1502);
    assert_ptr_equal(pass_find(passes, row.hash), one); // in use
    pass_release(one);
    pass_release(two);
    passes_sweep(passes, 1503);
    assert_false(pass_alive(pass_find(passes, row.hash), 1503)); // remembered as ended
    passes_sweep(passes, 1500 + PASS_IDLE);                      // no row of it could be good any more
    passes_sweep(passes, 1500 + PASS_IDLE + 30);
    assert_null(pass_find(passes, row.hash));
    assert_false(pass_use(NULL, 0));
    passes_free(passes);
}

// --- accounts and devices that change ---

static int made_scope(struct view *view, const struct actor *actor, struct arena *arena, struct scope *scope)
{
    (void)view;
    (void)actor;
    (void)arena;
    *scope = scope_all;
    return 0;
}

static struct session *connected(struct server *server, int64_t staff, enum role role)
{
    struct session *session = calloc(1, sizeof *session);
    session->server = server;
    session->id = ++server->next_session;
    session->staff = staff;
    session->role = (int)role;
    session->state = role ? SESSION_READY : SESSION_LOGIN;
    session->fingerprint[0] = (uint8_t)staff;
    uv_tcp_init(&server->loop, &session->tcp);
    session->tcp.data = session;
    HASH_ADD(hh, server->sessions, id, sizeof session->id, session);
    server->n_sessions++;
    return session;
}

static int keep_people(struct view *view, void *data)
{
    const int64_t *round = data;
    int result = 0;
    for (int64_t staff = 1; !result && staff <= 5; staff++) {
        struct device device = {.id = staff, .staff = staff, .fingerprint = {(uint8_t)staff}, .name = "first"};
        struct account account = {.staff = staff, .role = ROLE_TEACHER};
        snprintf(account.login, sizeof account.login, "t%d", (int)staff);
        device.revoked = *round == 1 && (staff == 1 || staff == 5);
        account.blocked = *round == 1 && staff == 2;
        account.role = *round == 1 && staff == 3 ? ROLE_TA : ROLE_TEACHER;
        result = account_put(view, &account);
        if (!result)
            result = device_put(view, &device);
    }
    return result;
}

static void on_kept(int result, void *data)
{
    (void)data;
    assert_int_equal(result, 0);
}

static void on_shut(void *data)
{
    *(bool *)data = true;
}

static void test_who_is_connected_is_judged_anew(void **state)
{
    (void)state;
    char directory[] = "/tmp/sendco-access-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct server *server = calloc(1, sizeof *server);
    struct problem problem;
    problem_init(&problem, NULL);
    uv_loop_init(&server->loop);
    wheel_init(&server->wheel, 0);
    server->live = live_new(server);
    struct store_options options = {.directory = directory, .create = true, .school = "Test", .scope = made_scope};
    assert_int_equal(store_open(&options, &server->loop, &server->store, &problem), 0);
    // the fifth has said Hello and no more
    uint64_t ids[6] = {0};
    for (int64_t staff = 1; staff <= 5; staff++)
        ids[staff] = connected(server, staff, staff == 5 ? ROLE_NONE : ROLE_TEACHER)->id;
    for (int64_t round = 0; round < 2; round++) {
        store_keep(server->store, keep_people, on_kept, &round);
        for (int i = 0; i < 200; i++) {
            uv_run(&server->loop, UV_RUN_NOWAIT);
            uv_sleep(1);
        }
        access_changed(server);
        access_changed(server); // while it reads: once more after it
        while (server->access_checking)
            uv_run(&server->loop, UV_RUN_ONCE);
        for (size_t i = 1; i <= 5; i++)
            assert_int_equal(session_find(server, ids[i]) != NULL, round == 0 || i == 4);
    }
    session_cut(session_find(server, ids[4]));
    bool shut = false;
    store_close(server->store, on_shut, &shut);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    assert_true(shut);
    assert_int_equal(server->n_sessions, 0);
    assert_int_equal(uv_loop_close(&server->loop), 0);
    live_free(server->live);
    free(server);
    char path[64];
    snprintf(path, sizeof path, "%s/sendco.db", directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/sendco.db-wal", directory);
    unlink(path);
    rmdir(directory);
}

// --- passwords ---

static void test_the_pause_grows(void **state)
{
    (void)state;
    struct login *login = login_new(uv_default_loop());
    static const unsigned pauses[] = {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    uint64_t now = 10000;
    assert_int_equal(login_pause(login, 5, now), 0);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        login_result(login, 5, false, now);
        assert_int_equal(login_pause(login, 5, now), pauses[i]);
        assert_int_equal(login_pause(login, 6, now), 0); // nobody else waits
        now += pauses[i] * 1000;
        assert_int_equal(login_pause(login, 5, now), 0); // and nobody for ever
    }
    login_result(login, 5, true, now);
    login_result(login, 5, false, now);
    assert_int_equal(login_pause(login, 5, now), 0);
    login_free(login);
}

struct verdict {
    int result, calls;
};

static void on_verdict(int result, void *data)
{
    struct verdict *verdict = data;
    verdict->result = result;
    verdict->calls++;
}

static int verify(struct login *login, const char *hash, const char *password)
{
    struct verdict verdict = {0};
    assert_int_equal(login_verify(login, hash, password, on_verdict, &verdict), 0);
    assert_int_equal(verdict.calls, 0); // never before it has returned
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    assert_int_equal(verdict.calls, 1);
    return verdict.result;
}

static void test_passwords_are_verified_and_queued(void **state)
{
    (void)state;
    struct login *login = login_new(uv_default_loop());
    char hash[crypto_pwhash_STRBYTES];
    assert_int_equal(crypto_pwhash_str(hash, "right", 5, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN), 0);
    assert_int_equal(verify(login, hash, "right"), 0);
    assert_int_equal(verify(login, hash, "wrong"), ERR_PASSWORD);
    assert_int_equal(verify(login, "", "right"), ERR_PASSWORD);
    assert_int_equal(verify(login, "no hash at all", "right"), ERR_PASSWORD);
    struct verdict verdicts[LOGIN_AT_ONCE + LOGIN_QUEUE + 1] = {0};
    size_t n = 0; // those at once, as many as this machine has processors for, and the queue
    while (n < LOGIN_AT_ONCE + LOGIN_QUEUE && login_verify(login, hash, "right", on_verdict, &verdicts[n]) == 0)
        n++;
    assert_true(n > LOGIN_QUEUE);
    assert_int_equal(login_verify(login, hash, "right", on_verdict, &verdicts[n]), ERR_BUSY);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    for (size_t i = 0; i <= n; i++)
        assert_int_equal(verdicts[i].calls, i < n);
    login_free(login);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_nothing_outside_the_table),
        cmocka_unit_test(test_every_field_of_every_kind),
        cmocka_unit_test(test_who_depends_on_assignments),
        cmocka_unit_test(test_role_words),
        cmocka_unit_test(test_a_scope_of_ones_own),
        cmocka_unit_test(test_a_ticket_ends),
        cmocka_unit_test(test_use_keeps_it_alive_everywhere),
        cmocka_unit_test(test_who_is_connected_is_judged_anew),
        cmocka_unit_test(test_the_pause_grows),
        cmocka_unit_test(test_passwords_are_verified_and_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
