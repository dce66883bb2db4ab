// What provision copy says: what would be copied, which runs and pupils are left out and
// why, and the question before it. Main thread.
#include <string.h>

#include "client/cli/capture_copy.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/date.h"
#include "common/kind.h"

static const char *day_text(struct cli *cli, const struct record *run, const char *field)
{
    char day[DATE_TEXT_MAX];
    int32_t date = run && record_has(run, field) ? (int32_t)record_number(run, field) : DATE_NONE;
    const char *text = date == DATE_NONE ? NULL : cli->human ? strchr(date_human(date, day), ' ') + 1 : date_iso(date, day);
    const char *copy = text ? arena_strdup(&cli->arena, text) : NULL; // columns are narrow: without the weekday

    return copy ? copy : "";
}

static void copying_table(struct copying *copying)
{
    static const struct table_column columns[] = {{"provision", "Provision", false, TABLE_KEEP}, {"pupils", "Pupils", true, TABLE_KEEP},
                                                  {"starts", "From", false, TABLE_FIRM},         {"ends", "Until", false, TABLE_FIRM},
                                                  {"left_out", "Left out", false, TABLE_KEEP},   {"id", "Id", false, TABLE_FIRM}};
    struct cli *cli = copying->capture.cli;
    struct table table;

    table_init(&table, columns, 6, &cli->arena);
    for (size_t i = 0; i < copying->n; i++) {
        const struct copied *copy = &copying->copies[i];
        const char *cells[] = {record_text(copy->from, "name"),   copy->to ? arena_printf(&cli->arena, "%zu", copy->pupils) : "",
                               day_text(cli, copy->to, "starts"), day_text(cli, copy->to, "ends"),
                               copy->why ? copy->why : "",        capture_id_text(&copying->capture, copy->from->kind, copy->from->id)};

        if (table_add(&table, cells) != 0)
            return;
    }
    if (table.n_rows > 0)
        table_print(cli, &table);
}

// Who does not go on with a run that does.
static void copying_gone(struct copying *copying)
{
    static const struct table_column columns[] = {
        {"pupil", "Pupil left out", false, TABLE_KEEP}, {"why", "Why", false, TABLE_KEEP}, {"provision", "Provision", false, TABLE_KEEP}};
    struct cli *cli = copying->capture.cli;
    const struct record *member;
    struct table table;

    table_init(&table, columns, 3, &cli->arena);
    for (size_t i = 0; i < copying->n; i++)
        for (size_t at = 0; copying->copies[i].to && (member = member_next(copying, &copying->copies[i], &at));) {
            const char *cells[] = {capture_name(&copying->members, member, "pupil"), member_not(copying, member),
                                   record_text(copying->copies[i].from, "name")};

            if (cells[1] && table_add(&table, cells) != 0)
                return;
        }
    if (table.n_rows == 0)
        return;
    fputc('\n', cli->out);
    table_print(cli, &table);
}

// The same for programs.
static json_t *copying_left(struct copying *copying)
{
    struct capture *capture = &copying->capture;
    json_t *left = json_array();

    for (size_t i = 0; i < copying->n; i++) {
        const struct copied *copy = &copying->copies[i];
        const struct record *member;

        if (copy->why)
            json_array_append_new(left, json_pack("{s:s, s:s, s:s}", "id", capture_id_text(capture, copy->from->kind, copy->from->id),
                                                  "name", record_text(copy->from, "name"), "why", copy->why));
        for (size_t at = 0; copy->to && (member = member_next(copying, copy, &at));)
            if (member_not(copying, member))
                json_array_append_new(left,
                                      json_pack("{s:s, s:s, s:s}", "id", capture_id_text(capture, member->kind, member->id), "name",
                                                capture_name(&copying->members, member, "pupil"), "why", member_not(copying, member)));
    }
    return left;
}

int copying_agreed(struct copying *copying)
{
    struct capture *capture = &copying->capture;
    struct cli *cli = capture->cli;

    if (cli->human) {
        copying_table(copying);
        copying_gone(copying);
    }
    capture->unsure = ""; // the table says whom names were taken for
    if (cli->dry_run || cli->yes)
        return 0;
    if (copying->made == 0 && copying->n_there > 0) {
        problem_set(&capture->problem, ERR_INVALID, "Already copied as %.300s.", copying->there);
        problem_hint(&capture->problem,
                     "Another first day makes another copy; undo of its batch takes the first one back: sendco provision "
                     "history ID says which batch");
        return ERR_INVALID;
    }
    if (copying->made == 0)
        return 0;
    if (cli_can_ask(cli))
        return cli_confirm(cli, arena_printf(&cli->arena, "Copy %zu provision%s with %zu pupil%s?", copying->made,
                                             copying->made == 1 ? "" : "s", copying->placed, copying->placed == 1 ? "" : "s"))
                   ? 0
                   : 1;
    problem_set(&capture->problem, ERR_USAGE, "%zu provisions with %zu pupils would be copied; nobody is here to say yes.", copying->made,
                copying->placed);
    problem_hint(&capture->problem, "The same with --yes; or first with --dry-run, to look at it");
    return ERR_USAGE;
}

int copying_done(struct copying *copying)
{
    struct capture *capture = &copying->capture;
    struct cli *cli = capture->cli;

    if (cli->format == CLI_JSON || cli->format == CLI_JSONL) {
        json_t *json = writing_shape(&capture->writing, capture->reply);

        json_object_set_new(json, "left_out", copying_left(copying));
        shape_print(cli, json, false);
        return 0;
    }
    for (size_t i = 0; !cli->human && i < copying->n; i++)
        if (copying->copies[i].why)
            cli_note(cli, "Left out: %s (%s): %s", record_text(copying->copies[i].from, "name"),
                     capture_id_text(capture, copying->copies[i].from->kind, copying->copies[i].from->id), copying->copies[i].why);
    return capture_done(capture, arena_printf(&cli->arena, "%zu provision%s copied, with %zu pupil%s; %zu left out.", copying->made,
                                              copying->made == 1 ? "" : "s", copying->placed, copying->placed == 1 ? "" : "s",
                                              copying->n - copying->made));
}
