// log contact: one call, message or talk with home, in one line. Main thread.
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"

// The words after the channel, or --message: a sentence need not be quoted.
static int summary_of(struct capture *capture, const char **text)
{
    const struct call *call = capture->call;

    *text = cli_option(capture->cli, "message");
    if (*text && call->argc > 2)
        return problem_set(&capture->problem, ERR_USAGE, "The text is given twice: as \"%.60s\" and with --message.", call->argv[2]);
    for (int i = 2; i < call->argc; i++)
        *text = *text ? arena_printf(&capture->cli->arena, "%s %s", *text, call->argv[i]) : call->argv[i];
    if (*text && **text)
        return 0;
    problem_set(&capture->problem, ERR_USAGE, "What was said is missing: sendco log contact PUPIL HOW TEXT");
    problem_hint(&capture->problem, "TEXT may be - (standard input) or @FILE, which keeps it out of the shell's history");
    return ERR_USAGE;
}

// One of the pupil's own contacts; "mother" says as much as a name.
static int contact_of(struct capture *capture, struct record *entry, int64_t pupil)
{
    const char *text = cli_option(capture->cli, "with");
    struct captured contacts;
    size_t at = 0;

    if (!text)
        return 0;
    int error = capture_list(capture, "Contact", "pupil", pupil, DATE_NONE, &contacts);
    if (error == 0)
        error = capture_pick(capture, &contacts, NULL, text, "among the pupil's contacts", &at);
    if (error == ERR_NOT_FOUND && contacts.n == 0)
        problem_hint(&capture->problem, "No contact is recorded yet: sendco contact add pupil=%s name=… relationship=MOTHER",
                     capture_id_text(capture, kind_find("Pupil"), pupil));
    if (error == 0)
        capture_set(capture, entry, "contact", value_number(contacts.list[at]->id));
    return error;
}

static int contact_fill(struct capture *capture, struct record *entry)
{
    const struct call *call = capture->call;
    const char *summary;
    int64_t pupil = 0;
    int32_t day;
    int error = summary_of(capture, &summary);

    if (error == 0)
        error = capture_typed(capture, entry, "channel", call->argv[1]);
    if (error == 0)
        error = capture_day(capture, "day", capture->cli->today, &day);
    if (error == 0)
        error = capture_resolve(capture, "Pupil", call->argv[0], &pupil);
    if (error != 0)
        return error;
    capture_set(capture, entry, "pupil", value_number(pupil));
    capture_set(capture, entry, "day", value_number(day));
    if (capture->cli->staff > 0)
        capture_set(capture, entry, "staff", value_number(capture->cli->staff));
    error = contact_of(capture, entry, pupil);
    if (error == 0)
        error = capture_typed(capture, entry, "summary", summary);
    if (error == 0)
        error = capture_option(capture, entry, "agreed", "agreed");
    return error == 0 ? capture_option(capture, entry, "follow_up", "follow-up") : error;
}

static const char *contact_line(struct capture *capture, const struct record *entry)
{
    struct arena *arena = &capture->cli->arena;
    char day[DATE_TEXT_MAX], until[DATE_TEXT_MAX];
    const char *follow = record_has(entry, "follow_up")
                             ? arena_printf(arena, "; follow up by %s", date_human((int32_t)record_number(entry, "follow_up"), until))
                             : "";

    return arena_printf(
        arena, "Contact log entry %s about %s: %s, %s%s.", capture_id(capture, entry),
        capture_label(capture, "Pupil", record_number(entry, "pupil")),
        fields_shown(field_find(entry->kind, "channel"), entry->values[field_find(entry->kind, "channel")->index], NULL, true, arena),
        date_human((int32_t)record_number(entry, "day"), day), follow ? follow : "");
}

int log_contact_command(struct cli *cli, const struct call *call)
{
    struct capture capture;
    struct record *entry = NULL;
    int error = capture_begin(&capture, cli, call, "ContactLog");

    if (error == 0 && !(entry = capture_add(&capture, "ContactLog")))
        error = ERR_NOMEM;
    if (error == 0)
        error = contact_fill(&capture, entry);
    if (error == 0)
        error = capture_send(&capture);
    return error != 0 ? capture_failed(&capture, "log the contact") : capture_done(&capture, contact_line(&capture, entry));
}
