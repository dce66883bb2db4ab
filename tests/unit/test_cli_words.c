// What the command line makes of words without a server: names, addresses, help, completion.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/help.h"
#include "client/link.h"
#include "common/kind.h"
#include "common/text.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static void test_addresses(void **state)
{
    static const struct {
        const char *text, *host, *port;
    } good[] = {{"localhost:7443", "localhost", "7443"},
                {"10.0.0.1", "10.0.0.1", "7443"},
                {"[::1]:9", "::1", "9"},
                {"[::1]", "::1", "7443"},
                {"::1", "::1", "7443"},
                {"school.local:65535", "school.local", "65535"}};
    static const char *const bad[] = {"", ":7443", "host:", "host:0", "host:65536", "host:12x", "[::1", "[::1]x", "host:-1", "[]:1"};
    char host[256], port[8];
    struct problem problem;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(link_address(good[i].text, host, port, NULL), 0);
        assert_string_equal(host, good[i].host);
        assert_string_equal(port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        problem_init(&problem, NULL);
        if (link_address(bad[i], host, port, &problem) != ERR_CONFIG)
            fail_msg("\"%s\" was taken for an address", bad[i]);
    }
}

static void test_addresses_keep_their_brackets(void **state)
{
    static const char *const all[] = {"localhost:7443", "10.0.0.1:9", "[::1]:7443", "[fe80::1%eth0]:65535"};
    char host[256], port[8], at[LINK_AT];

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(link_address(all[i], host, port, NULL), 0);
        link_address_text(host, port, at);
        assert_string_equal(at, all[i]);
    }
}

// --- names ------------------------------------------------------------------------

static void test_names_fit_by_name(void **state)
{
    static const struct {
        const char *typed, *label;
        int fits;
    } all[] = {{"Xu, Xin Yi", "Xu, Xin Yi", 2},
               {"xin yi xu", "Xu, Xin Yi", 2},
               {"xu", "Xu, Xin Yi", 1},
               {"xi", "Xu, Xin Yi", 1},
               {"yin", "Xu, Xin Yi", 0},
               {"Sian", "Siân", 2},
               {"brien", "O'Brien, Ann", 1},
               {"teacher", "Ann Bell", 0},
               {"", "Ann Bell", 0},
               {"4b", "4B", 2}};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (cli_name_fits(all[i].typed, all[i].label, &arena) != all[i].fits)
            fail_msg("\"%s\" fits \"%s\" otherwise than %d", all[i].typed, all[i].label, all[i].fits);
    assert_string_equal(cli_kind_a(kind_find("sen-status"), &arena), "a SEN status");
    assert_string_equal(cli_kind_a(kind_find("assignment"), &arena), "an assignment");
    assert_string_equal(cli_kind_a(kind_find("staff"), &arena), "a member of staff");
}

static void test_one_field_from_standard_input(void **state)
{
    struct args args = {0};
    struct cli cli = {.args = &args};
    char *argv[] = {(char *)"note=-", (char *)"progress=-", NULL};
    const struct kind *kind = kind_find("target");
    struct problem problem;
    uint64_t set;

    (void)state;
    problem_init(&problem, &arena);
    assert_int_equal(fields_set(&cli, 2, argv, record_new(kind, &arena), &set, &problem), ERR_USAGE);
    assert_non_null(strstr(problem.message, "Only one field"));
}

// Help, the man page and the completion script know every command, kind and report.
static void test_tables_reach_help(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct args args = {0};
    struct cli cli = {.args = &args, .out = out, .err = out};
    struct call call = {.argc = 1, .argv = (char *[]){(char *)"bash", NULL}};

    (void)state;
    help_all(&cli, out);
    fflush(out);
    char *all = arena_strdup(&arena, text), *rest = NULL;
    for (char *line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        assert_true(text_width(line) <= 80);
    size_t lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    assert_true(lines <= 24); // all of it on one screen
    assert_int_equal(man_command(&cli, &call), 0);
    assert_int_equal(completion_command(&cli, &call), 0);
    fclose(out);
    for (size_t i = 0; i < n_kinds; i++)
        assert_non_null(strstr(text, arena_printf(&arena, "    %s) fields=", kinds[i].noun)));
    for (size_t i = 0; i < n_commands; i++)
        assert_non_null(strstr(text, arena_printf(&arena, ".It Ic %s", commands[i].name)));
    for (size_t i = 0; i < n_own_verbs; i++)
        assert_non_null(strstr(text, arena_printf(&arena, ".It Ic %s %s", kind_find(own_verbs[i].kind)->noun, own_verbs[i].command.name)));
    for (size_t i = 0; i < n_options; i++)
        assert_non_null(strstr(text, arena_printf(&arena, ".It Fl Fl %s", options[i].name)));
    free(text);
}

// "help exit" and the manual page tell each code that a run may end with, those of no error too.
static void test_exit_codes_are_told(void **state)
{
    char *text = NULL;
    size_t size = 0, count;
    const struct error_info *list = error_list(&count);
    FILE *out = open_memstream(&text, &size);
    struct args args = {0};
    struct cli cli = {.args = &args, .out = out, .err = out};
    struct call call = {.argc = 0, .argv = (char *[]){NULL}};

    (void)state;
    assert_true(help_topic(&cli, out, "exit"));
    assert_int_equal(man_command(&cli, &call), 0);
    fclose(out);
    assert_int_equal(error_info(ERR_INTERRUPTED)->exit, 130);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(text, arena_printf(&arena, "\n%4d  %s ", list[i].exit, list[i].code)));
        assert_non_null(strstr(text, arena_printf(&arena, "\n.It %d\n%s: ", list[i].exit, list[i].code)));
    }
    assert_non_null(strstr(text, "\n  84  a part was done"));
    assert_non_null(strstr(text, "\n.It 84\na part was done"));
    free(text);
}

// What bash offers for a line; "=" and ":" part words as they do there.
static char *offered(const char *script, const char *line)
{
    const char *command = arena_printf(&arena,
                                       "bash --norc -c '. %s; COMP_LINE=$1; COMP_POINT=${#1}; COMP_WORDBREAKS=\"=:\"; COMP_WORDS=();"
                                       " for w in $1; do while [[ $w == *=* ]]; do COMP_WORDS+=(\"${w%%%%=*}\" \"=\"); w=${w#*=}; done;"
                                       " [[ -n $w ]] && COMP_WORDS+=(\"$w\"); done; [[ $1 == *\" \" ]] && COMP_WORDS+=(\"\");"
                                       " COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sendco; echo \"${COMPREPLY[*]}\"' - \"%s\"",
                                       script, line);
    char *text = arena_zero(&arena, 4096, 1);
    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    size_t n = fread(text, 1, 4095, pipe);
    assert_int_equal(pclose(pipe), 0);
    text[n > 0 ? n - 1 : 0] = '\0';
    return text;
}

static void test_completion(void **state)
{
    char script[] = "/tmp/sendco-completion-XXXXXX";
    int fd = mkstemp(script);
    FILE *out = fdopen(fd, "w");
    struct args args = {0};
    struct cli cli = {.args = &args, .out = out, .err = out};
    struct call call = {.argc = 1, .argv = (char *[]){(char *)"bash", NULL}};

    (void)state;
    assert_int_equal(completion_command(&cli, &call), 0);
    fclose(out);
    assert_string_equal(offered(script, "sendco tar"), "target target-review");
    assert_string_equal(offered(script, "sendco target ed"), "edit");
    assert_string_equal(offered(script, "sendco --profile /x/y target hi"), "history");
    assert_string_equal(offered(script, "sendco --profile /x/y target list --sor"), "--sort");
    assert_string_equal(offered(script, "sendco target edit TGT-04K7 stat"), "status=");
    assert_string_equal(offered(script, "sendco target edit TGT-04K7 status="), "open met partly-met not-met stopped");
    assert_string_equal(offered(script, "sendco target edit TGT-04K7 aim=x status=par"), "partly-met");
    assert_string_equal(offered(script, "sendco pupil edit PUP-04K7 eal="), "yes no");
    assert_non_null(strstr(offered(script, "sendco need add need="), "SLCN"));
    assert_string_equal(offered(script, "sendco register --status "), "");
    assert_string_equal(offered(script, "sendco target show TGT-04K7 "), "");
    assert_string_equal(offered(script, "sendco help E-CONFL"), "E-CONFLICT");
    assert_string_equal(offered(script, "sendco help dat"), "dates");
    assert_string_equal(offered(script, "sendco completion "), "bash");
    assert_string_equal(offered(script, "sendco log "), "contact session");
    assert_string_equal(offered(script, "sendco log session Blue --abs"), "--absent");
    assert_string_equal(offered(script, "sendco provision sta"), "start");
    assert_string_equal(offered(script, "sendco target sta"), "");
    assert_string_equal(offered(script, "sendco provision start a b --pup"), "--pupils");
    assert_string_equal(offered(script, "sendco report reg"), "register");
    assert_string_equal(offered(script, "sendco report register --stat"), "--status");
    remove(script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),         cmocka_unit_test(test_addresses_keep_their_brackets),
        cmocka_unit_test(test_names_fit_by_name), cmocka_unit_test(test_one_field_from_standard_input),
        cmocka_unit_test(test_tables_reach_help), cmocka_unit_test(test_exit_codes_are_told),
        cmocka_unit_test(test_completion),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
