// list, export and show, for any kind. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/draw.h"
#include "client/cli/fields.h"
#include "client/cli/history.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/clock.h"
#include "common/kind.h"
#include "common/text.h"

// --- list ---------------------------------------------------------------------

struct listed {
    struct cli *cli;
    const struct kind *kind;
    struct record **records;
    size_t n, size;
};

static int on_listed(struct record *record, void *data)
{
    struct listed *listed = data;

    if (listed->n == listed->size) {
        size_t size = listed->size ? listed->size * 2 : 256;
        struct record **more = realloc(listed->records, size * sizeof *more);

        if (!more)
            return ERR_NOMEM;
        listed->records = more;
        listed->size = size;
    }
    listed->records[listed->n++] = record;
    return 0;
}

// A column of a list: a field, the label of a reference beside its id, or one of
// the two that every record has.
struct shown {
    const struct field *field;
    bool label, id, version;
};

#define SHOWN_MAX (2 * KIND_FIELDS_MAX + 2)

static int shown_named(struct cli *cli, const struct kind *kind, const char *names, struct shown *shown, size_t *n, struct problem *problem)
{
    char *list = arena_strdup(&cli->arena, names), *rest = NULL;

    *n = 0;
    for (char *word = list ? strtok_r(list, ",", &rest) : NULL; word; word = strtok_r(NULL, ",", &rest)) {
        const struct field *field = NULL;

        if (*n == SHOWN_MAX)
            return problem_set(problem, ERR_USAGE, "--columns names too many columns.");
        if (!text_same(word, "id") && !text_same(word, "version") && !(field = fields_find(kind, word, problem)))
            return ERR_USAGE;
        shown[(*n)++] = (struct shown){.field = field, .id = text_same(word, "id"), .version = text_same(word, "version")};
    }
    return 0;
}

static void shown_all(const struct cli *cli, const struct kind *kind, struct shown *shown, size_t *n)
{
    *n = 0;
    shown[(*n)++] = (struct shown){.id = true};
    if (!cli->human)
        shown[(*n)++] = (struct shown){.version = true};
    for (size_t i = 0; i < kind->n_fields; i++) {
        shown[(*n)++] = (struct shown){.field = &kind->fields[i]};
        if (!cli->human && kind->fields[i].as == AS_REF)
            shown[(*n)++] = (struct shown){.field = &kind->fields[i], .label = true};
    }
}

static struct table_column shown_column(struct cli *cli, const struct shown *shown)
{
    if (shown->id)
        return (struct table_column){"id", "Id", false, TABLE_KEEP | TABLE_FIRM};
    if (shown->version)
        return (struct table_column){"version", "Version", true, TABLE_KEEP};
    bool right =
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is neither id nor version is a field
        shown->field->as == AS_NUMBER || shown->field->as == AS_MONEY || shown->field->as == AS_MINUTES || shown->field->as == AS_TENTHS;
    const char *name = shown->label ? arena_printf(&cli->arena, "%s_name", shown->field->name) : shown->field->name;
    return (struct table_column){name, shown->field->label, right, shown->field->as == AS_DATE ? TABLE_FIRM : 0};
}

static const char *shown_cell(struct cli *cli, const struct shown *shown, const struct record *record, struct cli_labels *labels)
{
    char id[ID_TEXT_MAX];

    if (shown->id)
        return arena_strdup(&cli->arena, id_format(record->kind, record->id, id));
    if (shown->version)
        return arena_printf(&cli->arena, "%llu", (unsigned long long)record->version);
    struct value value = record->values[shown->field->index];
    if (shown->label)
        return value.type == VALUE_EMPTY ? "" : cli_label(shown->field->ref, value.number, labels);
    return fields_cell(shown->field, value, labels, cli->human, &cli->arena);
}

static int list_table(struct cli *cli, const struct listed *listed, const struct cli_found *found, struct problem *problem)
{
    struct shown shown[SHOWN_MAX];
    struct table_column columns[SHOWN_MAX];
    const char *cells[SHOWN_MAX];
    struct table table;
    size_t n, dropped;

    if (cli_option(cli, "columns")) {
        int error = shown_named(cli, listed->kind, cli_option(cli, "columns"), shown, &n, problem);

        if (error != 0)
            return error;
    } else {
        shown_all(cli, listed->kind, shown, &n);
    }
    for (size_t i = 0; i < n; i++) {
        columns[i] = shown_column(cli, &shown[i]);
        columns[i].how |= cli_option(cli, "columns") ? TABLE_KEEP : 0;
    }
    table_init(&table, columns, n, &cli->arena);
    for (size_t r = 0; r < listed->n; r++) {
        for (size_t i = 0; i < n; i++)
            cells[i] = shown_cell(cli, &shown[i], listed->records[r], found->labels);
        if (table_add(&table, cells) != 0)
            return problem_set(problem, ERR_NOMEM, "There is not enough memory for the table.");
    }
    dropped = table_print(cli, &table);
    if (!cli->human || cli->quiet)
        return 0;
    fprintf(cli->out, "%zu", listed->n);
    if (found->total > 0 && !cli_option(cli, "page"))
        fprintf(cli->out, " of %llu", (unsigned long long)found->total);
    fprintf(cli->out, "%s", found->next ? ", more with --limit" : "");
    if (dropped > 0)
        fprintf(cli->out, "; %zu more column%s: --columns or a wider window", dropped, dropped == 1 ? "" : "s");
    fputc('\n', cli->out);
    return 0;
}

static json_t *list_next(struct cli *cli, const struct cli_found *found)
{
    char *hex = found->next ? arena_alloc(&cli->arena, found->next_size * 2 + 1) : NULL;

    if (!hex)
        return json_null();
    for (size_t i = 0; i < found->next_size; i++)
        snprintf(hex + 2 * i, 3, "%02x", found->next[i]);
    return json_string(hex);
}

static void list_json(struct cli *cli, const struct listed *listed, const struct cli_found *found)
{
    json_t *json = shape_new(), *records = json_array();

    json_object_set_new(json, "kind", json_string(listed->kind->noun));
    json_object_set_new(json, "epoch", json_integer((json_int_t)found->epoch));
    json_object_set_new(json, "seq", json_integer((json_int_t)found->seq));
    for (size_t i = 0; i < listed->n; i++)
        json_array_append_new(records, shape_record(listed->records[i], &cli->arena));
    json_object_set_new(json, "records", records);
    json_object_set_new(json, "next", list_next(cli, found));
    shape_print(cli, json, false);
}

int list_command(struct cli *cli, const struct call *call)
{
    struct listed listed = {.cli = cli, .kind = call->kind};
    struct cli_query query;
    struct cli_found found;
    struct problem problem;
    int error, code = 0;

    problem_init(&problem, &cli->arena);
    error = fields_query(cli, call->kind, &query, &problem);
    if (error == 0)
        error = cli_list(cli, &query, on_listed, &listed, &found, &problem);
    if (error == ERR_NOMEM)
        problem_set(&problem, error, "There is not enough memory for the list.");
    if (error == 0 && cli->format == CLI_JSON)
        list_json(cli, &listed, &found);
    else if (error == 0 && cli->format == CLI_JSONL)
        for (size_t i = 0; i < listed.n; i++)
            shape_print(cli, shape_record(listed.records[i], &cli->arena), true);
    else if (error == 0)
        error = list_table(cli, &listed, &found, &problem);
    if (error != 0)
        code = cli_fail(cli, arena_printf(&cli->arena, "list %s", call->kind->plural), &problem);
    free(listed.records);
    return code;
}

// --- show ---------------------------------------------------------------------

static const char *show_value(struct cli *cli, const struct record *record, const struct field *field, struct cli_labels *labels)
{
    struct value value = record->values[field->index];
    const char *shown, *title;

    if (record->withheld & field_bit(field))
        return cli->human ? "(not for you to see)" : "";
    shown = fields_shown(field, value, labels, cli->human, &cli->arena);
    if (!cli->human || value.type == VALUE_EMPTY)
        return shown;
    if (field->as == AS_REF) {
        char id[ID_TEXT_MAX];

        return arena_printf(&cli->arena, "%s (%s)", shown, id_format(field->ref, value.number, id));
    }
    if (field->as == AS_CODE && (title = fields_code_title(field, value.text)))
        return arena_printf(&cli->arena, "%s (%s)", shown, title);
    return shown;
}

// Long texts keep their lines, under one another.
static void show_line(struct cli *cli, const char *label, int width, const char *text)
{
    const char *shown = text_safe(text, true, &cli->arena), *padded = text_pad(label, width, false, &cli->arena);

    fprintf(cli->out, "%s%s%s  ", cli->colour ? "\033[1m" : "", padded ? padded : label, cli->colour ? "\033[0m" : "");
    for (; shown && *shown; shown++) {
        fputc(*shown, cli->out);
        if (*shown == '\n')
            fprintf(cli->out, "%*s", width + 2, "");
    }
    fputc('\n', cli->out);
}

static void show_page(struct cli *cli, const struct record *record, struct cli_labels *labels, const struct versions *versions)
{
    const struct kind *kind = record->kind;
    const struct version *last = versions->n > 0 ? &versions->list[versions->n - 1] : NULL;
    char id[ID_TEXT_MAX], when[32];
    int width = 0;

    for (size_t i = 0; i < kind->n_fields; i++)
        width = text_width(kind->fields[i].label) > width ? text_width(kind->fields[i].label) : width;
    cli_mark(cli);
    fprintf(cli->out, "%s %s, version %llu\n", kind->title, id_format(kind, record->id, id), (unsigned long long)record->version);
    for (size_t i = 0; i < kind->n_fields; i++)
        show_line(cli, kind->fields[i].label, width, show_value(cli, record, &kind->fields[i], labels));
    if (last && !cli_option(cli, "as-known"))
        fprintf(cli->out, "Last changed by %s, %s\n", text_safe(last->who ? last->who : "somebody", false, &cli->arena),
                clock_text(last->at, when));
}

static int show_rows(struct cli *cli, const struct record *record, struct cli_labels *labels)
{
    static const struct table_column columns[] = {{"field", "Field", false, TABLE_KEEP}, {"value", "Value", false, TABLE_KEEP}};
    char id[ID_TEXT_MAX];
    struct table table;
    const char *about[] = {"id", id_format(record->kind, record->id, id)};
    const char *version[] = {"version", arena_printf(&cli->arena, "%llu", (unsigned long long)record->version)};

    table_init(&table, columns, 2, &cli->arena);
    if (table_add(&table, about) != 0 || table_add(&table, version) != 0)
        return ERR_NOMEM;
    for (size_t i = 0; i < record->kind->n_fields; i++) {
        const char *cells[] = {record->kind->fields[i].name, show_value(cli, record, &record->kind->fields[i], labels)};

        if (table_add(&table, cells) != 0)
            return ERR_NOMEM;
    }
    table_print(cli, &table);
    return 0;
}

static void show_json(struct cli *cli, const struct record *record)
{
    json_t *json = shape_new();

    json_object_set_new(json, "kind", json_string(record->kind->noun));
    json_object_set_new(json, "epoch", json_integer((json_int_t)cli->epoch));
    json_object_set_new(json, "seq", json_integer((json_int_t)cli->seq));
    json_object_set_new(json, "record", shape_record(record, &cli->arena));
    shape_print(cli, json, false);
}

// Whom the report of the kind's name is to show.
static int64_t page_of(const struct kind *kind, const struct record *record)
{
    const struct report_param *word = report_word(report_of_kind(kind));

    return kind_find(word->kind) == kind ? record->id : record->values[kind->about.path[0]].number;
}

// The report of the kind's name, under a line that says which record this is. ERR_DENIED: it is not for this reader.
static int show_report(struct cli *cli, const struct record *record, const struct versions *versions, struct problem *problem)
{
    const struct kind *kind = record->kind;
    const struct report_info *info = report_of_kind(kind);
    const struct version *last = versions->n > 0 ? &versions->list[versions->n - 1] : NULL;
    char id[ID_TEXT_MAX], when[32];
    struct drawing drawing;

    id_format(kind_find(report_word(info)->kind), page_of(kind, record), id);
    int error = drawing_prepare(&drawing, cli, info, id, problem);
    if (error == 0)
        error = drawing_ask(&drawing, false, NULL);
    if (error != 0)
        return error;
    if (!cli->marked)
        cli_mark(cli);
    fprintf(cli->out, "%s %s, version %llu", kind->title, id_format(kind, record->id, id), (unsigned long long)record->version);
    if (last && !cli_option(cli, "as-known"))
        fprintf(cli->out, ", last changed by %s, %s", text_safe(last->who ? last->who : "somebody", false, &cli->arena),
                clock_text(last->at, when));
    fputs("\n\n", cli->out);
    return drawing_draw(&drawing);
}

static int show_human(struct cli *cli, const struct record *record, struct cli_labels *labels, const struct versions *versions,
                      struct problem *problem)
{
    if (report_of_kind(record->kind) && !cli_flag(cli, "fields")) {
        int error = show_report(cli, record, versions, problem);

        if (error != ERR_DENIED)
            return error;
    }
    show_page(cli, record, labels, versions);
    return 0;
}

// A section is of a page that is a report.
static int show_section(struct cli *cli, const struct call *call, struct problem *problem)
{
    const struct report_info *info = report_of_kind(call->kind);

    if (!cli_option(cli, "section") || (info && cli->human && !cli_flag(cli, "fields")))
        return 0;
    problem_set(problem, ERR_USAGE, "--section: that is of a page that is a report, and %s.",
                !info                     ? "this kind of record has none"
                : cli_flag(cli, "fields") ? "--fields shows none"
                                          : "this is the record itself");
    if (info)
        problem_hint(problem, "sendco report %s %s --section NAME", info->name, call->argv[0]);
    else
        problem_hint(problem, "Without --section; which pages have sections: sendco help report");
    return ERR_USAGE;
}

int show_command(struct cli *cli, const struct call *call)
{
    struct cli_labels *labels = cli_labels_new(cli);
    struct versions versions = {.n = 0};
    struct record *record = NULL;
    struct problem problem;
    int64_t id = 0, as_known = 0;
    int error;

    problem_init(&problem, &cli->arena);
    error = cli_open(cli, &problem);
    if (error == 0)
        error = fields_as_known(cli, &as_known, &problem);
    if (error == 0)
        error = cli_resolve(cli, call->kind, call->argv[0], &id, &problem);
    if (error == 0)
        error = cli_get(cli, call->kind, id, as_known, &record, labels, &problem);
    if (error == 0)
        error = show_section(cli, call, &problem);
    if (error == 0 && cli->human)
        error = history_get(cli, call->kind, id, &versions, &problem);
    if (error == 0 && cli->human)
        error = show_human(cli, record, labels, &versions, &problem);
    if (error != 0)
        return cli_fail(cli, arena_printf(&cli->arena, "show %s %s", cli_kind_word(call->kind, &cli->arena), call->argv[0]), &problem);
    if (cli->format == CLI_JSON)
        show_json(cli, record);
    else if (!cli->human && show_rows(cli, record, labels) != 0)
        return error_info(ERR_NOMEM)->exit;
    return 0;
}
