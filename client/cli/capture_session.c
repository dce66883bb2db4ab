// log session: the register of one session of a provision, all present but those named.
// A second time for the same day it changes only what is named. Main thread.
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "client/cli/shape.h"
#include "client/cli/table.h"
#include "common/date.h"
#include "common/kind.h"

#define SESSION_PUPILS 200

enum { MARK_PRESENT = 1, MARK_ABSENT, MARK_REFUSED, MARK_ELSEWHERE, MARK_COUNT };

struct line {
    const struct record *member;
    const struct record *there; // the mark there is; NULL: none
    struct record *record;      // as it will be; NULL: no mark
    int named;                  // the mark asked for; 0: none
    const char *as;             // by which option
    bool progress;
};

struct taking {
    struct capture capture;
    struct record *provision;
    struct record *there;   // the session there is; NULL: none
    struct record *session; // as it will be
    int32_t day;
    struct captured members;
    struct line lines[SESSION_PUPILS];
    size_t n_lines, named;
};

// --- what there is --------------------------------------------------------------

static int members_read(struct taking *taking)
{
    struct capture *capture = &taking->capture;
    int64_t provision = taking->provision->id;
    int error = capture_list(capture, "ProvisionMember", "provision", provision, taking->day, &taking->members);

    if (error == 0 && taking->members.n > SESSION_PUPILS)
        error = problem_set(&capture->problem, ERR_TOO_LARGE, "More than %d pupils are in that provision.", SESSION_PUPILS);
    for (size_t i = 0; error == 0 && i < taking->members.n; i++)
        taking->lines[taking->n_lines++].member = taking->members.list[i];
    return error;
}

static int session_read(struct taking *taking)
{
    struct capture *capture = &taking->capture;
    struct captured sessions, marks;
    int error = capture_list(capture, "ProvisionSession", "provision", taking->provision->id, DATE_NONE, &sessions);

    for (size_t i = 0; error == 0 && i < sessions.n; i++)
        if (record_number(sessions.list[i], "day") == taking->day)
            taking->there = sessions.list[i];
    if (error != 0 || !taking->there)
        return error;
    capture->writing.id = taking->there->id;
    capture->writing.version = taking->there->version;
    error = capture_list(capture, "Attendance", "session", taking->there->id, DATE_NONE, &marks);
    for (size_t i = 0; error == 0 && i < marks.n; i++)
        for (size_t k = 0; k < taking->n_lines; k++)
            if (record_number(taking->lines[k].member, "pupil") == record_number(marks.list[i], "pupil"))
                taking->lines[k].there = marks.list[i];
    return error;
}

static int taking_begin(struct taking *taking)
{
    struct capture *capture = &taking->capture;
    const struct call *call = capture->call;
    int64_t provision = 0;
    int error = 0;

    taking->day = capture->cli->today;
    if (call->argc > 1 && (error = date_parse(call->argv[1], capture->cli->today, &taking->day, &capture->problem)) != 0)
        problem_hint(&capture->problem, "How dates are typed: sendco help dates");
    if (error == 0)
        error = capture_run(capture, call->argv[0], taking->day, &provision);
    if (error == 0)
        error = capture_get(capture, "Provision", provision, &taking->provision);
    if (error == 0)
        error = members_read(taking);
    return error == 0 ? session_read(taking) : error;
}

// --- what was typed -------------------------------------------------------------

static const struct {
    const char *option;
    int mark; // 0: progress
} options_of[] = {
    {"absent", MARK_ABSENT}, {"present", MARK_PRESENT}, {"refused", MARK_REFUSED}, {"elsewhere", MARK_ELSEWHERE}, {"progress", 0}};

static int name_take(struct taking *taking, size_t option, const char *name)
{
    struct capture *capture = &taking->capture;
    size_t at = 0;
    int error = capture_pick(capture, &taking->members, "pupil", name, "in this group on that day", &at);

    if (error != 0)
        return error;
    struct line *line = &taking->lines[at];
    taking->named++;
    if (options_of[option].mark == 0) {
        line->progress = true;
        return 0;
    }
    if (line->named && line->named != options_of[option].mark)
        return problem_set(&capture->problem, ERR_USAGE, "%.200s is named twice: --%s and --%s.",
                           capture_name(&taking->members, line->member, "pupil"), line->as, options_of[option].option);
    line->named = options_of[option].mark;
    line->as = options_of[option].option;
    return 0;
}

static int names_take(struct taking *taking)
{
    struct cli *cli = taking->capture.cli;

    for (size_t i = 0; i < sizeof options_of / sizeof *options_of; i++) {
        const char *value;

        for (size_t at = 0; (value = cli_option_next(cli, options_of[i].option, &at));) {
            char *rest = arena_strdup(&cli->arena, value), *name;

            while ((name = capture_next(&rest))) {
                int error = name_take(taking, i, name);

                if (error != 0)
                    return error;
            }
        }
    }
    return 0;
}

static int taking_check(struct taking *taking)
{
    struct problem *problem = &taking->capture.problem;
    const char *lost = cli_option(taking->capture.cli, "lost");
    char day[DATE_TEXT_MAX];

    if (lost && *lost && taking->named > 0)
        return problem_set(problem, ERR_USAGE, "A session that was not held has no marks: give --lost or names, not both.");
    if (taking->n_lines == 0 && !(lost && *lost)) {
        problem_set(problem, ERR_INVALID, "Nobody is in %.100s on %s.", record_text(taking->provision, "name"),
                    date_human(taking->day, day));
        problem_hint(problem, "sendco member add provision=… pupil=… starts=…, or another day");
        return ERR_INVALID;
    }
    for (size_t i = 0; lost && *lost && i < taking->n_lines; i++)
        if (taking->lines[i].there) {
            problem_set(problem, ERR_INVALID, "That session was held: there are marks for it.");
            problem_hint(problem, "When they are wrong, remove them first: sendco attendance list --where session=%s",
                         capture_id_text(&taking->capture, taking->there->kind, taking->there->id));
            return ERR_INVALID;
        }
    return 0;
}

// --- what will be ---------------------------------------------------------------

static int session_set(struct taking *taking)
{
    struct capture *capture = &taking->capture;
    const char *lost = cli_option(capture->cli, "lost");
    bool held = !(lost && *lost);

    taking->session = taking->there ? capture_edit(capture, taking->there) : capture_add(capture, "ProvisionSession");
    if (!taking->session)
        return ERR_NOMEM;
    if (!taking->there) {
        capture_set(capture, taking->session, "provision", value_number(taking->provision->id));
        capture_set(capture, taking->session, "day", value_number(taking->day));
    }
    // Looking again at a session that was lost does not make it one that was held.
    if (!taking->there || lost || taking->named > 0)
        capture_set(capture, taking->session, "held", value_number(held));
    if (record_number(taking->session, "held"))
        capture_set(capture, taking->session, "lost_to", (struct value){.type = VALUE_EMPTY});
    int error = capture_typed(capture, taking->session, "lost_to", lost);
    if (error == 0)
        error = capture_option(capture, taking->session, "minutes", "minutes");
    if (error == 0)
        error = capture_option(capture, taking->session, "note", "note");
    return error == 0 ? capture_option(capture, taking->session, "staff", "by") : error;
}

static int line_set(struct taking *taking, struct line *line)
{
    struct capture *capture = &taking->capture;

    line->record = line->there ? capture_edit(capture, line->there) : capture_add(capture, "Attendance");
    if (!line->record)
        return ERR_NOMEM;
    if (!line->there) {
        capture_set(capture, line->record, "session", value_number(taking->session->id));
        capture_set(capture, line->record, "pupil", line->member->values[field_find(line->member->kind, "pupil")->index]);
    }
    if (line->named || !line->there)
        capture_set(capture, line->record, "mark", value_number(line->named ? line->named : MARK_PRESENT));
    if (line->progress)
        capture_set(capture, line->record, "progress", value_number(1));
    return 0;
}

static int taking_set(struct taking *taking)
{
    int error = session_set(taking);

    for (size_t i = 0; error == 0 && record_number(taking->session, "held") && i < taking->n_lines; i++)
        error = line_set(taking, &taking->lines[i]);
    return error;
}

// --- telling --------------------------------------------------------------------

static const char *mark_text(struct cli *cli, const struct record *record, bool human)
{
    const struct field *field = record ? field_find(record->kind, "mark") : NULL;

    return field ? fields_shown(field, record->values[field->index], NULL, human, &cli->arena) : "";
}

static const char *taking_line(struct taking *taking)
{
    static const char *const words[MARK_COUNT] = {"", "present", "absent", "refused", "elsewhere"};
    struct capture *capture = &taking->capture;
    struct arena *arena = &capture->cli->arena;
    size_t counts[MARK_COUNT] = {0};
    const char *text = "";
    char day[DATE_TEXT_MAX];

    for (size_t i = 0; i < taking->n_lines; i++)
        if (taking->lines[i].record && record_number(taking->lines[i].record, "mark") < MARK_COUNT)
            counts[record_number(taking->lines[i].record, "mark")]++;
    for (size_t i = 1; i < MARK_COUNT && text; i++)
        if (counts[i] > 0)
            text = arena_printf(arena, "%s%s%zu %s", text, *text ? ", " : "", counts[i], words[i]);
    if (!record_number(taking->session, "held")) {
        const char *lost = record_text(taking->session, "lost_to");
        const char *title = lost ? fields_code_title(field_find(taking->session->kind, "lost_to"), lost) : NULL;

        text = arena_printf(arena, "not held: %s", title ? title : lost ? lost : "no reason given");
    }
    return arena_printf(arena, "Session %s of %s, %s%s: %s.", capture_id(capture, taking->session), record_text(taking->provision, "name"),
                        date_human(taking->day, day), capture->reply ? "" : ", nothing had to change", text ? text : "");
}

static void taking_table(struct taking *taking)
{
    static const struct table_column columns[] = {{"pupil", "Pupil", false, TABLE_KEEP},
                                                  {"mark", "Mark", false, TABLE_KEEP},
                                                  {"progress", "Progress", false, 0},
                                                  {"was", "Was", false, 0},
                                                  {"id", "Id", false, TABLE_FIRM}};
    struct capture *capture = &taking->capture;
    struct cli *cli = capture->cli;
    struct table table;

    table_init(&table, columns, 5, &cli->arena);
    for (size_t i = 0; i < taking->n_lines; i++) {
        const struct line *line = &taking->lines[i];
        bool changed = line->there && line->record && record_number(line->there, "mark") != record_number(line->record, "mark");
        const char *cells[] = {capture_name(&taking->members, line->member, "pupil"), mark_text(cli, line->record, cli->human),
                               line->record && record_number(line->record, "progress") ? cli->human ? "yes" : "true" : "",
                               changed ? mark_text(cli, line->there, cli->human) : "",
                               line->record ? capture_id(capture, line->record) : ""};

        if (line->record && table_add(&table, cells) != 0)
            return;
    }
    if (table.n_rows > 0 || !cli->human)
        table_print(cli, &table);
}

static void taking_json(struct taking *taking)
{
    struct capture *capture = &taking->capture;
    json_t *json = writing_shape(&capture->writing, capture->reply), *marks = json_array();

    json_object_set_new(json, "day", shape_date(taking->day));
    json_object_set_new(json, "held", json_boolean(record_number(taking->session, "held") != 0));
    for (size_t i = 0; i < taking->n_lines; i++) {
        const struct line *line = &taking->lines[i];

        if (!line->record)
            continue;
        json_t *mark = json_object();
        json_object_set_new(mark, "pupil", shape_id(kind_find("Pupil"), record_number(line->member, "pupil")));
        json_object_set_new(mark, "name", shape_text(capture_name(&taking->members, line->member, "pupil")));
        json_object_set_new(mark, "mark", shape_text(mark_text(capture->cli, line->record, false)));
        json_object_set_new(mark, "progress", json_boolean(record_number(line->record, "progress") != 0));
        json_object_set_new(mark, "was", line->there ? shape_text(mark_text(capture->cli, line->there, false)) : json_null());
        json_array_append_new(marks, mark);
    }
    json_object_set_new(json, "marks", marks);
    shape_print(capture->cli, json, false);
}

static int taking_tell(struct taking *taking)
{
    struct cli *cli = taking->capture.cli;
    int code = 0;

    if (cli->human && !cli->marked)
        cli_mark(cli);
    if (cli->format == CLI_JSON || cli->format == CLI_JSONL) {
        taking_json(taking);
    } else if (cli->human) {
        code = capture_done(&taking->capture, taking_line(taking));
    } else {
        cli_note(cli, "%s", taking_line(taking));
        writing_named(cli);
    }
    if (cli->format != CLI_JSON && cli->format != CLI_JSONL)
        taking_table(taking);
    return code;
}

int log_session_command(struct cli *cli, const struct call *call)
{
    struct taking *taking = arena_zero(&cli->arena, 1, sizeof *taking);
    struct capture *capture = &taking->capture;

    if (!taking)
        return error_info(ERR_NOMEM)->exit;
    int error = capture_begin(capture, cli, call, "ProvisionSession");
    if (error == 0)
        error = taking_begin(taking);
    if (error == 0)
        error = names_take(taking);
    if (error == 0)
        error = taking_check(taking);
    if (error == 0)
        error = taking_set(taking);
    if (error == 0)
        error = capture_send(capture);
    return error != 0 ? capture_failed(capture, "take the register") : taking_tell(taking);
}
