// The command line without a server: parsing, suggestions, tables, JSON.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "client/profile.h"
#include "common/date.h"
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

#define PARSE(args, problem, ...) parse(args, problem, (const char *const[]){__VA_ARGS__, NULL})

static int parse(struct args *args, struct problem *problem, const char *const *words)
{
    char *argv[32];
    int argc = 0;

    while (words[argc]) {
        argv[argc] = arena_strdup(&arena, words[argc]);
        argc++;
    }
    problem_init(problem, &arena);
    return args_parse(argc, argv, &command_options, &arena, args, problem);
}

// --- arguments ------------------------------------------------------------------

static void test_options_stand_anywhere(void **state)
{
    struct args args;
    struct problem problem;

    (void)state;
    assert_int_equal(
        PARSE(&args, &problem, "--json", "target", "--limit=3", "list", "--sort", "-due,aim", "--where", "a=b", "--where", "c~d"), 0);
    assert_int_equal(args.n_words, 2);
    assert_string_equal(args.words[0], "target");
    assert_string_equal(args.words[1], "list");
    assert_non_null(args_value(&args, "json"));
    assert_string_equal(args_value(&args, "limit"), "3");
    assert_string_equal(args_value(&args, "sort"), "-due,aim");
    size_t at = 0;
    assert_string_equal(args_next(&args, "where", &at), "a=b");
    assert_string_equal(args_next(&args, "where", &at), "c~d");
    assert_null(args_next(&args, "where", &at));
}

static void test_words_that_look_like_options(void **state)
{
    struct args args;
    struct problem problem;

    (void)state;
    assert_int_equal(PARSE(&args, &problem, "find", "-q", "--", "--json", "-"), 0);
    assert_int_equal(args.n_words, 3);
    assert_string_equal(args.words[1], "--json");
    assert_string_equal(args.words[2], "-");
    assert_non_null(args_value(&args, "quiet"));
    assert_null(args_value(&args, "json"));
}

static void test_wrong_options_are_named(void **state)
{
    struct args args;
    struct problem problem;

    (void)state;
    assert_int_equal(PARSE(&args, &problem, "target", "list", "--lmit", "3"), ERR_USAGE);
    assert_non_null(strstr(problem_next(&problem), "--limit"));
    assert_int_equal(PARSE(&args, &problem, "target", "list", "--limit"), ERR_USAGE);
    assert_non_null(strstr(problem.message, "--limit N"));
    assert_int_equal(PARSE(&args, &problem, "target", "list", "--json=yes"), ERR_USAGE);
    assert_int_equal(PARSE(&args, &problem, "target", "-z"), ERR_USAGE);
}

// Parameters of reports are options too, and each keeps its own name.
static void test_parameters_of_reports(void **state)
{
    struct args args;
    struct problem problem;

    (void)state;
    for (size_t i = 0; i < n_report_infos; i++)
        for (const struct report_param *param = report_infos[i].params; param && param->name; param++) {
            struct call call;
            bool flag = param->how & REPORT_FLAG;
            const char *value = flag ? "" : arena_printf(&arena, "x%s", param->name);
            const char *option = arena_printf(&arena, "--%s%s%s", param->name, flag ? "" : "=", value);
            bool word = report_word(&report_infos[i]) && !(param->how & REPORT_WORD);

            assert_int_equal(PARSE(&args, &problem, "report", report_infos[i].name, option, "--json", word ? "one" : NULL), 0);
            assert_string_equal(args_value(&args, param->name), value);
            assert_int_equal(command_resolve(&args, &call, &problem), 0);
            assert_ptr_equal(call.report, &report_infos[i]);
        }
}

// The name alone calls a report unless a kind is called so.
static void test_reports_by_name_and_word(void **state)
{
    struct args args;
    struct problem problem;
    struct call call;

    (void)state;
    for (size_t i = 0; i < n_report_infos; i++) {
        const struct report_info *info = &report_infos[i];
        const struct report_param *word = report_word(info);

        PARSE(&args, &problem, info->name, "list");
        bool known = command_resolve(&args, &call, &problem) == 0 && call.report == info;
        assert_int_equal(known, report_is_command(info) && word);
        PARSE(&args, &problem, "report", info->name);
        assert_int_equal(command_resolve(&args, &call, &problem), word && (word->how & REPORT_REQUIRED) ? ERR_USAGE : 0);
        PARSE(&args, &problem, "report", info->name, "one", "two");
        assert_int_equal(command_resolve(&args, &call, &problem), ERR_USAGE);
    }
}

// A report of a kind's name shows its records: it is about them, or about whom they are about.
static void test_reports_of_kinds(void **state)
{
    (void)state;
    assert_ptr_equal(report_of_kind(kind_find("Pupil")), report_info_find("pupil"));
    assert_ptr_equal(report_of_kind(kind_find("Profile")), report_info_find("profile"));
    assert_null(report_of_kind(kind_find("Target")));
}

// --- which command ----------------------------------------------------------------

static void test_every_kind_and_verb_resolves(void **state)
{
    struct args args;
    struct problem problem;
    struct call call;

    (void)state;
    for (size_t k = 0; k < n_kinds; k++)
        for (size_t v = 0; v < n_verbs; v++) {
            int error = PARSE(&args, &problem, kinds[k].noun, verbs[v].name, "one", "f=v");

            assert_int_equal(error, 0);
            args.n_words = 2 + verbs[v].least;
            args.words[args.n_words] = NULL;
            assert_int_equal(command_resolve(&args, &call, &problem), 0);
            assert_ptr_equal(call.kind, &kinds[k]);
            assert_ptr_equal(call.command, &verbs[v]);
            assert_int_equal(call.argc, verbs[v].least);
        }
}

static void test_no_command_hides_a_kind(void **state)
{
    (void)state;
    for (size_t k = 0; k < n_kinds; k++) {
        assert_null(command_find(kinds[k].noun));
        if (report_info_find(kinds[k].noun)) // then it must be what shows such a record
            assert_ptr_equal(report_of_kind(&kinds[k]), report_info_find(kinds[k].noun));
    }
}

// Verbs that one kind has are its alone, and hide none that all have.
static void test_verbs_of_one_kind(void **state)
{
    struct args args;
    struct problem problem;
    struct call call;

    (void)state;
    for (size_t i = 0; i < n_own_verbs; i++) {
        const struct kind *kind = kind_find(own_verbs[i].kind);
        const struct command *verb = &own_verbs[i].command;

        assert_non_null(kind);
        assert_null(verb_find(NULL, verb->name));
        assert_int_equal(PARSE(&args, &problem, kind->noun, verb->name, "one", "two", "three"), 0);
        args.n_words = 2 + verb->least;
        assert_int_equal(command_resolve(&args, &call, &problem), 0);
        assert_ptr_equal(call.command, verb);
        assert_ptr_equal(call.kind, kind);
        for (size_t k = 0; k < n_kinds; k++)
            if (&kinds[k] != kind)
                assert_ptr_not_equal(verb_find(&kinds[k], verb->name), verb);
    }
}

static void test_commands_of_two_words(void **state)
{
    struct args args;
    struct problem problem;
    struct call call;

    (void)state;
    assert_int_equal(PARSE(&args, &problem, "log", "session", "Blue", "mon", "--absent", "A", "--absent", "B; C"), 0);
    assert_int_equal(command_resolve(&args, &call, &problem), 0);
    assert_ptr_equal(call.command, command_find("log session"));
    assert_int_equal(call.argc, 2);
    assert_int_equal(PARSE(&args, &problem, "log", "contact", "Khan", "phone", "-m", "Rang"), 0);
    assert_int_equal(command_resolve(&args, &call, &problem), 0);
    assert_string_equal(args_value(&args, "message"), "Rang");
}

static void test_options_of_commands_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_commands + n_verbs + n_own_verbs; i++) {
        const struct command *command = i < n_commands             ? &commands[i]
                                        : i < n_commands + n_verbs ? &verbs[i - n_commands]
                                                                   : &own_verbs[i - n_commands - n_verbs].command;
        char *list = arena_strdup(&arena, command->options), *rest = NULL;

        for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
            if (!command_options.find(name))
                fail_msg("%s takes --%s, which is no option", command->name, name);
        assert_true(strlen(command->help) > 0 && strlen(command->example) > 0);
    }
}

static void usage(const char *expected, const char *const *words)
{
    struct args args;
    struct problem problem;
    struct call call;
    int error = parse(&args, &problem, words);

    if (error == 0)
        error = command_resolve(&args, &call, &problem);
    assert_int_equal(error, ERR_USAGE);
    if (!strstr(problem.message, expected) && !strstr(problem_next(&problem), expected))
        fail_msg("\"%s\" is in neither \"%s\" nor \"%s\"", expected, problem.message, problem_next(&problem));
}
#define USAGE(expected, ...) usage(expected, (const char *const[]){__VA_ARGS__, NULL})

static void test_typing_slips_are_understood(void **state)
{
    (void)state;
    USAGE("sendco target", "tagret", "list");
    USAGE("sendco target history", "target", "histroy", "TGT-1");
    USAGE("sendco status", "stauts");
    USAGE("sendco register", "regsiter");
    USAGE("ID", "target", "show");
    USAGE("one word too many", "target", "show", "a", "b");
    USAGE("does not go with", "target", "show", "a", "--strict");
    USAGE("verb is missing", "target");
    USAGE("sendco log contact", "log");
    USAGE("sendco log session", "log", "nothing");
    USAGE("sendco report pupil", "report", "pupl");
    USAGE("register", "report");
    USAGE("PUPIL", "report", "pupil");
    USAGE("sendco provision start", "provision", "strat", "a", "b");
    USAGE("are the same", "report", "pupil", "one", "--pupil", "two");
}

// --- tables -----------------------------------------------------------------------

static char *drawn(const struct table *table, int width, bool people)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (people)
        table_text(table, width, false, out);
    else
        table_tsv(table, out);
    fclose(out);
    char *kept = arena_strdup(&arena, text);
    free(text);
    return kept;
}

static const struct table_column columns[] = {
    {"id", "Id", false, TABLE_KEEP}, {"name", "Name", false, TABLE_KEEP}, {"n", "N", true, 0}, {"e", "Empty", false, 0}};

static void test_table_for_people(void **state)
{
    struct table table;

    (void)state;
    table_init(&table, columns, 4, &arena);
    assert_int_equal(table_add(&table, (const char *const[]){"A-1", "Siân 李明", "7", ""}), 0);
    assert_int_equal(table_add(&table, (const char *const[]){"A-22", "Bo", "123", NULL}), 0);
    assert_string_equal(drawn(&table, 80, true), "Id    Name         N\n"
                                                 "A-1   Siân 李明    7\n"
                                                 "A-22  Bo         123\n");
}

static void test_table_fits_the_terminal(void **state)
{
    struct table table;

    (void)state;
    table_init(&table, columns, 4, &arena);
    assert_int_equal(table_add(&table, (const char *const[]){"A-1", "a name that is far too long for a narrow terminal", "7", "x"}), 0);
    for (int width = 24; width < 100; width++) {
        char *text = drawn(&table, width, true), *rest = NULL;

        for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
            assert_true(text_width(line) <= width);
    }
}

// What matters least goes first, and before anything is cut.
static void test_table_drops_by_importance(void **state)
{
    static const struct table_column some[] = {{"pupil", "Pupil", false, TABLE_KEEP},
                                               {"upn", "UPN", false, TABLE_DROP(TABLE_EXTRA + 1)},
                                               {"since", "Since", false, TABLE_DROP(2) | TABLE_FIRM},
                                               {"needs", "Needs", false, TABLE_DROP(1)}};
    struct table table;

    (void)state;
    table_init(&table, some, 4, &arena);
    assert_int_equal(table_add(&table, (const char *const[]){"Okonkwo, Adaeze", "T839900226000", "14 Sep 2026", "SLCN, SPLD"}), 0);
    assert_string_equal(drawn(&table, 60, true), "Pupil            UPN            Since        Needs\n"
                                                 "Okonkwo, Adaeze  T839900226000  14 Sep 2026  SLCN, SPLD\n");
    assert_string_equal(drawn(&table, 50, true), "Pupil            Since        Needs\n"
                                                 "Okonkwo, Adaeze  14 Sep 2026  SLCN, SPLD\n");
    assert_string_equal(drawn(&table, 30, true), "Pupil            Needs\n"
                                                 "Okonkwo, Adaeze  SLCN, SPLD\n");
}

static void test_hostile_text_is_harmless(void **state)
{
    struct table table;
    const char *evil = "a\tb\nc\033]0;x\007\xe2\x80\xae"
                       "d";
    char *text = NULL;
    size_t size = 0;

    (void)state;
    table_init(&table, columns, 2, &arena);
    assert_int_equal(table_add(&table, (const char *const[]){"A-1", evil}), 0);
    for (int people = 0; people < 2; people++) {
        char *out = drawn(&table, 200, people);

        assert_null(strchr(out, '\033'));
        assert_null(strchr(out, '\007'));
        assert_null(strstr(out, "\xe2\x80\xae"));
    }
    assert_int_equal(table_add(&table, (const char *const[]){"=1+1", "@x"}), 0);
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(table_csv(&table, false, true, out), 0);
    fclose(out);
    assert_non_null(strstr(text, "\xef\xbb\xbfid,name\r\n"));
    assert_non_null(strstr(text, "'=1+1,'@x\r\n"));
    assert_null(strchr(text, '\033'));
    free(text);
}

// --- JSON -------------------------------------------------------------------------

static struct value no_pick(const struct field *field, uint64_t random, void *data)
{
    (void)data;
    return field->as == AS_REF ? value_number((int64_t)(random % 1000 + 1)) : value_text("X");
}

static void test_json_of_every_kind(void **state)
{
    (void)state;
    for (size_t k = 0; k < n_kinds; k++) {
        struct record *record = record_sample(&kinds[k], 5, no_pick, NULL, &arena);

        assert_non_null(record);
        record->id = 4711;
        record->version = 3;
        record->values[0] = (struct value){.type = VALUE_EMPTY};
        record->withheld = kinds[k].n_fields > 1 ? 2 : 0;
        json_t *json = shape_record(record, &arena), *fields = json_object_get(json, "fields");
        char id[ID_TEXT_MAX];

        assert_string_equal(json_string_value(json_object_get(json, "id")), id_format(&kinds[k], 4711, id));
        assert_int_equal(json_integer_value(json_object_get(json, "version")), 3);
        assert_true(json_is_null(json_object_get(fields, kinds[k].fields[0].name)));
        assert_int_equal(json_object_size(fields), kinds[k].n_fields - (kinds[k].n_fields > 1));
        assert_int_equal(json_array_size(json_object_get(json, "withheld")), kinds[k].n_fields > 1);
        for (size_t i = 2; i < kinds[k].n_fields; i++) {
            json_t *value = json_object_get(fields, kinds[k].fields[i].name);

            if (kinds[k].fields[i].as == AS_REF || field_is_text(&kinds[k].fields[i]) || kinds[k].fields[i].as == AS_DATE)
                assert_true(json_is_string(value) || json_is_null(value));
            if (kinds[k].fields[i].as == AS_BOOL)
                assert_true(json_is_boolean(value) || json_is_null(value));
        }
        json_decref(json);
    }
}

static void test_json_of_values(void **state)
{
    struct field date = {.name = "d", .as = AS_DATE}, tenths = {.name = "t", .as = AS_TENTHS}, number = {.name = "n", .as = AS_NUMBER};
    json_t *json;

    (void)state;
    json = shape_value(&date, value_number(date_make(2026, 9, 14)), &arena);
    assert_string_equal(json_string_value(json), "2026-09-14");
    json_decref(json);
    json = shape_value(&tenths, value_number(941), &arena);
    char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    assert_string_equal(text, "94.1");
    free(text);
    json_decref(json);
    json = shape_value(&number, value_number(INT64_C(9007199254740993)), &arena);
    assert_true(json_integer_value(json) == INT64_C(9007199254740993));
    json_decref(json);
}

static void test_json_of_a_conflict(void **state)
{
    const struct kind *kind = &kinds[0];
    struct problem problem;

    (void)state;
    problem_init(&problem, &arena);
    problem_set(&problem, ERR_CONFLICT, "Somebody was faster.");
    problem_field_add(&problem, &(struct problem_field){.kind = kind,
                                                        .id = 7,
                                                        .field = 0,
                                                        .base = value_text("a"),
                                                        .theirs = value_text("b"),
                                                        .yours = value_text("c"),
                                                        .who = "J. Okoro",
                                                        .when = 1790000000});
    json_t *json = shape_problem(&problem, &arena), *field = json_array_get(json_object_get(json, "fields"), 0);
    assert_string_equal(json_string_value(json_object_get(json, "code")), "E-CONFLICT");
    assert_string_equal(json_string_value(json_object_get(field, "field")), kind->fields[0].name);
    assert_string_equal(json_string_value(json_object_get(field, "theirs")), "b");
    assert_string_equal(json_string_value(json_object_get(field, "who")), "J. Okoro");
    assert_string_equal(json_string_value(json_object_get(field, "when")), "2026-09-21T14:13:20Z");
    json_decref(json);
}

// --- the rest -----------------------------------------------------------------------

static void test_keys_begin_with_the_time(void **state)
{
    uint8_t a[CLI_KEY], b[CLI_KEY], back[CLI_KEY];
    char text[CLI_KEY * 2 + 1];

    (void)state;
    cli_key_make(a);
    cli_key_make(b);
    assert_true(memcmp(a, b, CLI_KEY) != 0);
    assert_true(memcmp(a, b, 4) <= 0);
    assert_int_equal(a[6] >> 4, 7);
    assert_int_equal(fields_hex(cli_key_text(a, text), back, CLI_KEY), CLI_KEY);
    assert_memory_equal(a, back, CLI_KEY);
    assert_int_equal(fields_hex("xy", back, CLI_KEY), -1);
    assert_int_equal(fields_hex("abc", back, CLI_KEY), -1);
}

static void test_profile_goes_forward_only(void **state)
{
    char directory[] = "/tmp/sendco-profile-XXXXXX";
    struct profile profile;
    struct problem problem;
    uint8_t ticket[PROFILE_TICKET];
    uint64_t epoch, seq;

    (void)state;
    assert_non_null(mkdtemp(directory));
    problem_init(&problem, NULL);
    assert_int_equal(profile_load(&profile, directory, &problem), ERR_CONFIG);
    FILE *ini = fopen(arena_printf(&arena, "%s/profile.ini", directory), "w");
    fprintf(ini, "# made by a test\nserver = 127.0.0.1:7443\nschool = A School\nlater = unknown words are left alone\n");
    fclose(ini);
    assert_int_equal(profile_load(&profile, directory, &problem), 0);
    assert_string_equal(profile.server, "127.0.0.1:7443");
    assert_string_equal(profile.school, "A School");
    assert_int_equal(profile_state(&profile, &epoch, &seq, &problem), 0);
    assert_int_equal(epoch, 0);
    assert_int_equal(profile_state_keep(&profile, 3, 100, false, &problem), 0);
    assert_int_equal(profile_state_keep(&profile, 3, 90, false, &problem), 0);
    assert_int_equal(profile_state(&profile, &epoch, &seq, &problem), 0);
    assert_int_equal(epoch, 3);
    assert_int_equal(seq, 100);
    assert_int_equal(profile_state_keep(&profile, 4, 20, true, &problem), 0);
    assert_int_equal(profile_state(&profile, &epoch, &seq, &problem), 0);
    assert_int_equal(seq, 20);
    assert_int_equal(profile_ticket(&profile, ticket, &problem), 0);
    assert_int_equal(profile_ticket_keep(&profile, (const uint8_t *)"\0\1\xfe", 3, &problem), 0);
    assert_int_equal(profile_ticket(&profile, ticket, &problem), 3);
    assert_memory_equal(ticket, "\0\1\xfe", 3);
    assert_int_equal(profile_ticket_keep(&profile, NULL, 0, &problem), 0);
    assert_int_equal(profile_ticket(&profile, ticket, &problem), 0);
    remove(arena_printf(&arena, "%s/profile.ini", directory));
    remove(arena_printf(&arena, "%s/state", directory));
    assert_int_equal(remove(directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_stand_anywhere),
        cmocka_unit_test(test_words_that_look_like_options),
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_parameters_of_reports),
        cmocka_unit_test(test_every_kind_and_verb_resolves),
        cmocka_unit_test(test_no_command_hides_a_kind),
        cmocka_unit_test(test_verbs_of_one_kind),
        cmocka_unit_test(test_commands_of_two_words),
        cmocka_unit_test(test_reports_by_name_and_word),
        cmocka_unit_test(test_reports_of_kinds),
        cmocka_unit_test(test_options_of_commands_exist),
        cmocka_unit_test(test_typing_slips_are_understood),
        cmocka_unit_test(test_table_for_people),
        cmocka_unit_test(test_table_fits_the_terminal),
        cmocka_unit_test(test_table_drops_by_importance),
        cmocka_unit_test(test_hostile_text_is_harmless),
        cmocka_unit_test(test_json_of_every_kind),
        cmocka_unit_test(test_json_of_values),
        cmocka_unit_test(test_json_of_a_conflict),
        cmocka_unit_test(test_keys_begin_with_the_time),
        cmocka_unit_test(test_profile_goes_forward_only),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
