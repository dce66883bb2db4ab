// Collects, sends and tells the changes of one quick capture. Main thread.
#include "client/cli/capture.h"

#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/shape.h"
#include "common/kind.h"
#include "common/text.h"

static int no_memory(struct capture *capture)
{
    return problem_set(&capture->problem, ERR_NOMEM, "There is not enough memory for the changes.");
}

int capture_begin(struct capture *capture, struct cli *cli, const struct call *call, const char *kind)
{
    *capture = (struct capture){.cli = cli, .call = call, .reason = cli_option(cli, "reason"), .unsure = "", .replaces = ""};
    capture->writing = (struct writing){.cli = cli, .kind = kind_find(kind), .verb = "saved"};
    problem_init(&capture->problem, &cli->arena);
    int error = writing_key(cli, &capture->writing, &capture->problem);
    if (error == 0)
        error = fields_number(cli, "seen", 1, &capture->writing.seen, &capture->problem);
    return error == 0 ? cli_open(cli, &capture->problem) : error;
}

// --- changes --------------------------------------------------------------------

static struct record *change_add(struct capture *capture, struct record *record)
{
    if (capture->n == capture->size) {
        size_t size = capture->size ? capture->size * 2 : 32;
        struct cli_change *changes = arena_zero(&capture->cli->arena, size, sizeof *changes);
        struct record **records = arena_zero(&capture->cli->arena, size, sizeof *records);

        if (!changes || !records)
            return NULL;
        if (capture->n > 0) {
            memcpy(changes, capture->changes, capture->n * sizeof *changes);
            memcpy(records, capture->records, capture->n * sizeof *records);
        }
        capture->changes = changes;
        capture->records = records;
        capture->size = size;
    }
    if (!record)
        return NULL;
    capture->changes[capture->n].record = record;
    capture->records[capture->n++] = record;
    return record;
}

struct record *capture_add(struct capture *capture, const char *kind)
{
    struct record *record = change_add(capture, record_new(kind_find(kind), &capture->cli->arena));

    if (record)
        record->id = -(int64_t)capture->n;
    else
        no_memory(capture);
    return record;
}

struct record *capture_edit(struct capture *capture, const struct record *old)
{
    struct record *record = change_add(capture, record_copy(old, &capture->cli->arena));

    if (!record)
        no_memory(capture);
    return record;
}

static uint64_t *set_of(struct capture *capture, const struct record *record)
{
    for (size_t i = capture->n; i-- > 0;)
        if (capture->records[i] == record)
            return &capture->changes[i].set;
    return NULL;
}

void capture_set(struct capture *capture, struct record *record, const char *name, struct value value)
{
    const struct field *field = field_find(record->kind, name);
    uint64_t *set = set_of(capture, record);

    if (!field || !set || value_equal(record->values[field->index], value))
        return;
    record->values[field->index] = value;
    *set |= field_bit(field);
}

static bool from_input(const struct capture_late *late)
{
    for (int i = 0; i < late->argc; i++)
        if (!strcmp(strchr(late->argv[i], '='), "=-"))
            return true;
    return late->field && !strcmp(late->typed, "-");
}

static int late_add(struct capture *capture, struct capture_late late)
{
    bool any = late.field != NULL;

    for (int i = 0; i < late.argc; i++)
        any |= fields_text_late(strchr(late.argv[i], '=') + 1);
    if (!any)
        return 0;
    if (capture->n_late == CAPTURE_LATE)
        return problem_set(&capture->problem, ERR_USAGE, "More than %d texts come from files.", CAPTURE_LATE);
    for (size_t i = 0; i < capture->n_late; i++)
        if (from_input(&late) && from_input(&capture->late[i])) {
            problem_set(&capture->problem, ERR_USAGE, "Only one text can come from standard input.");
            problem_hint(&capture->problem, "Put the other text into a file, and say @FILE for it");
            return ERR_USAGE;
        }
    capture->late[capture->n_late++] = late;
    return 0;
}

int capture_typed(struct capture *capture, struct record *record, const char *name, const char *typed)
{
    const struct field *field = field_find(record->kind, name);
    const char *text = typed;
    struct value value;
    int error = 0;

    if (!typed || !*typed || !field)
        return 0;
    if (field->as == AS_LONG_TEXT && fields_text_late(typed))
        return late_add(capture, (struct capture_late){.record = record, .field = field, .typed = typed});
    if (field->as == AS_LONG_TEXT)
        error = fields_text(capture->cli, typed, &text, &capture->problem);
    if (error == 0)
        error = fields_value(capture->cli, record->kind, field, text, &value, &capture->problem);
    if (error == 0)
        capture_set(capture, record, name, value);
    return error;
}

int capture_option(struct capture *capture, struct record *record, const char *field, const char *option)
{
    return capture_typed(capture, record, field, cli_option(capture->cli, option));
}

int capture_fields(struct capture *capture, struct record *record, int argc, char **argv)
{
    uint64_t *set = set_of(capture, record), before = set ? *set : 0;
    int error = set ? fields_set(capture->cli, argc, argv, record, set, &capture->problem) : 0;

    if (set)
        *set |= before;
    return error != 0 ? error : late_add(capture, (struct capture_late){.record = record, .argc = argc, .argv = argv});
}

void capture_copy(struct capture *capture, struct record *to, const struct record *from, const char *fields)
{
    char *list = arena_strdup(&capture->cli->arena, fields), *rest = NULL;

    for (char *name = list ? strtok_r(list, " ", &rest) : NULL; name; name = strtok_r(NULL, " ", &rest)) {
        const struct field *field = field_find(from->kind, name);

        if (field && from->values[field->index].type != VALUE_EMPTY)
            capture_set(capture, to, name, from->values[field->index]);
    }
}

int capture_day(struct capture *capture, const char *option, int32_t otherwise, int32_t *day)
{
    return fields_day(capture->cli, option, otherwise, day, &capture->problem);
}

// --- sending and telling --------------------------------------------------------

// An edit that would change nothing is not sent.
static void changes_needed(struct capture *capture)
{
    size_t n = 0;

    for (size_t i = 0; i < capture->n; i++) {
        if (capture->records[i]->id > 0 && capture->changes[i].set == 0)
            continue;
        capture->records[n] = capture->records[i];
        capture->changes[n++] = capture->changes[i];
    }
    capture->n = n;
}

static int late_read_one(struct capture *capture, struct capture_late *late)
{
    struct value value;
    const char *text;

    if (!late->field)
        return fields_set_late(capture->cli, late->argc, late->argv, late->record, &capture->problem);
    int error = fields_text(capture->cli, late->typed, &text, &capture->problem);
    if (error == 0)
        error = fields_value(capture->cli, late->record->kind, late->field, text, &value, &capture->problem);
    if (error == 0)
        capture_set(capture, late->record, late->field->name, value);
    return error;
}

// Files first: one that is not there is found before anything is typed.
static int late_read(struct capture *capture)
{
    int error = 0;

    for (int input = 0; input < 2; input++)
        for (size_t i = 0; error == 0 && i < capture->n_late; i++)
            if (from_input(&capture->late[i]) == (input != 0))
                error = late_read_one(capture, &capture->late[i]);
    return error;
}

static int ask_names(struct capture *capture)
{
    struct cli *cli = capture->cli;

    if (!*capture->unsure || !cli_can_ask(cli) || cli->dry_run ||
        cli_confirm(cli, arena_printf(&cli->arena, "%s: is that right?", capture->unsure)))
        return 0;
    problem_set(&capture->problem, ERR_AMBIGUOUS, "A name was not meant so: %.500s.", capture->unsure);
    problem_hint(&capture->problem, "Say the whole name, or the id: sendco find TEXT shows it");
    return ERR_AMBIGUOUS;
}

static int ask_replaces(struct capture *capture)
{
    struct cli *cli = capture->cli;

    if (!*capture->replaces || cli->dry_run || cli_confirm(cli, arena_printf(&cli->arena, "%s: replace it?", capture->replaces)))
        return 0;
    problem_set(&capture->problem, ERR_USAGE, "This would replace what stands there: %.500s.", capture->replaces);
    problem_hint(&capture->problem, "If that is meant, the same with --yes; or first with --dry-run, to look at it");
    return ERR_USAGE;
}

int capture_ask(struct capture *capture)
{
    int error = ask_names(capture);

    if (error == 0)
        error = ask_replaces(capture);
    capture->unsure = capture->replaces = "";
    return error;
}

int capture_send(struct capture *capture)
{
    struct cli *cli = capture->cli;
    struct cli_put put = {.dry_run = cli->dry_run, .batch = capture->batch, .reason = capture->reason};

    // What comes late is a change to be; else nothing is asked about when there is nothing to do.
    if (capture->n_late == 0)
        changes_needed(capture);
    if (capture->n == 0)
        return 0;
    int error = capture_ask(capture);
    if (error == 0)
        error = late_read(capture);
    if (error != 0)
        return error;
    changes_needed(capture);
    if (capture->n == 0)
        return 0;
    if (capture->writing.seen == 0)
        capture->writing.seen = cli->seq;
    put.changes = capture->changes;
    put.n = capture->n;
    put.seen = capture->writing.seen;
    memcpy(put.key, capture->writing.key, CLI_KEY);
    return cli_put(cli, &put, &capture->reply, &capture->problem);
}

const char *capture_id_text(const struct capture *capture, const struct kind *kind, int64_t id)
{
    char text[ID_TEXT_MAX];
    const char *copy = id > 0 ? arena_strdup(&capture->cli->arena, id_format(kind, id, text)) : NULL;

    return copy ? copy : "new";
}

const char *capture_id(const struct capture *capture, const struct record *record)
{
    int64_t id = record->id;

    for (size_t i = 0; id < 0 && capture->reply && i < capture->reply->n_done; i++) {
        const Sendco__PutReply__Done *done = capture->reply->done[i];

        if (done->temporary == record->id && done->kind == record->kind->number && !done->caused)
            id = done->id;
    }
    return capture_id_text(capture, record->kind, capture->cli->dry_run && record->id < 0 ? 0 : id);
}

int capture_done(struct capture *capture, const char *line)
{
    static Sendco__PutReply nothing = SENDCO__PUT_REPLY__INIT;
    const Sendco__PutReply *reply = capture->reply ? capture->reply : &nothing;
    struct cli *cli = capture->cli;
    char id[ID_TEXT_MAX];

    if (cli->format == CLI_JSON || cli->format == CLI_JSONL) {
        shape_print(cli, writing_shape(&capture->writing, capture->reply), false);
        return 0;
    }
    if (!cli->human) {
        writing_row(&capture->writing, reply);
        cli_note(cli, "%s", line);
        return 0;
    }
    fprintf(cli->out, "%s\n", text_safe(line, true, &cli->arena));
    for (size_t i = 0; i < cli->n_named; i++)
        fprintf(cli->out, "  %s: %s (%s)\n", cli->named[i].kind->title, text_safe(cli->named[i].label, false, &cli->arena),
                id_format(cli->named[i].kind, cli->named[i].id, id));
    writing_more(&capture->writing, reply);
    if (cli->dry_run)
        fprintf(cli->out, "A dry run: nothing was changed.\n");
    else if (reply->batch)
        fprintf(cli->out, "To take it back: sendco undo %llu\n", (unsigned long long)reply->batch);
    return 0;
}

int capture_failed(struct capture *capture, const char *doing)
{
    return writing_failed(&capture->writing, doing, &capture->problem);
}

char *capture_next(char **rest)
{
    char *word = *rest;

    while (word) {
        char *end = strchr(word, ';');

        *rest = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        word += strspn(word, " ");
        for (size_t length = strlen(word); length > 0 && word[length - 1] == ' ';)
            word[--length] = '\0';
        if (*word)
            return word;
        word = *rest;
    }
    return NULL;
}

char *capture_score(char *name)
{
    char *equals = strrchr(name, '=');

    if (equals)
        *equals = '\0';
    return equals ? equals + 1 : NULL;
}
