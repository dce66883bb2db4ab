// The topics of `sendco help` that are no command: dates, formats, fields, exit codes,
// errors; and how help is wrapped. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/help.h"
#include "common/text.h"

#define HELP_CODE 21

const char help_topics[] = "fields dates formats options exit";

static const char dates[] = "Dates are typed as at school, day first always:\n"
                            "  14/9  14/9/26  14.9.2026  14 sep  14 September 2026  2026-09-14\n"
                            "  today  tomorrow  yesterday  fri  next fri  last mon\n"
                            "  3d  2w  3m (from today)  +10  -1w  eow (Sunday)  eom (end of the month)\n"
                            "A year of two digits is the nearest within 50 years; without a year it is the\n"
                            "nearest such date to today. \"fri\" is the next Friday after today, \"next fri\" the\n"
                            "one of next week, \"last fri\" the one before today. What was understood is said\n"
                            "back with its weekday. Programs get 2026-09-14.\n";

static const char formats[] = "On a terminal: aligned tables, cut to fit. Elsewhere: tab separated, ISO dates,\n"
                              "nothing cut. --json: one object with schema_version; empty fields are null, ids\n"
                              "are strings. --jsonl: one object a line. --csv, and --excel for Excel.\n"
                              "A list with nothing in it is an answer: exit code 0 and an empty table.\n"
                              "CSV and TSV of a report hold its table of records; --json holds all of it.\n";

const char help_of_fields[] = "FIELD=VALUE sets a field, FIELD= empties it. FIELD=@FILE takes the text from a\n"
                              "file and FIELD=- from standard input: that keeps it out of the list of processes\n"
                              "and of the shell's history. A text that begins with @ is written @@.\n"
                              "A reference is an id (PUP-0017) or a name (\"Aisha Khan\") or a UPN; when several\n"
                              "fit, you are asked, or a script gets exit code 66 and the list. Before a change,\n"
                              "the beginning of a name is asked back; what a name was taken for is always said.\n"
                              "The codes that a field takes: sendco help need-type, by the name of their list.\n"
                              "What a text may be long is counted in characters (60 for a name): an accented\n"
                              "letter is one where Unicode has it as one (ễ), else its marks count too.\n";

void help_wrapped(const struct cli *cli, FILE *to, int at, int indent, const char *text)
{
    int width = cli->width > 0 ? cli->width : 80, column = at;

    if (indent > width / 2)
        indent = width / 2;
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " ");
        char *copy = strndup(word, length);
        int wide = copy ? text_width(copy) : (int)length;

        free(copy);
        if (column > indent && column + 1 + wide > width) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (word != text) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", (int)length, word);
        column += wide;
        word += length + strspn(word + length, " ");
    }
    fputc('\n', to);
}

void help_entry(const struct cli *cli, FILE *to, int indent, const char *name, const char *help)
{
    int at = fprintf(to, "  %s", name);

    at += text_width(name) - (int)strlen(name);
    at += fprintf(to, "%*s", indent > at + 1 ? indent - at : 1, "");
    help_wrapped(cli, to, at, indent, help);
}

char *help_word_add(char *list, const char *word)
{
    char *longer = NULL;

    if (asprintf(&longer, "%s%s%s", list ? list : "", list ? " " : "", word) < 0)
        return list;
    free(list);
    return longer;
}

// --- exit codes ---------------------------------------------------------------------

// Those of no error.
static const struct {
    int exit;
    const char *help;
} others[] = {{0, "done"},
              {1, "done, and the answer is no: find found nothing, a question was answered no"},
              {84, "a part was done: undo of a batch left alone what was changed since"}};

void help_exits(help_exit_fn *on_exit, void *data)
{
    size_t count;
    const struct error_info *list = error_list(&count);

    for (int exit = 0; exit < 256; exit++) {
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (others[i].exit == exit)
                on_exit(data, exit, NULL, others[i].help);
        for (size_t i = 0; i < count; i++)
            if (list[i].error != ERR_OK && list[i].exit == exit)
                on_exit(data, exit, list[i].code, list[i].help);
    }
}

struct exits {
    const struct cli *cli;
    FILE *to;
};

static void on_exit_code(void *data, int exit, const char *code, const char *help)
{
    const struct exits *exits = data;
    int at = fprintf(exits->to, "%4d  %s", exit, code ? code : "");

    if (code)
        at += fprintf(exits->to, "%*s", HELP_CODE > at ? HELP_CODE - at : 1, "");
    help_wrapped(exits->cli, exits->to, at, at, help);
}

static void help_exit(const struct cli *cli, FILE *to)
{
    struct exits exits = {cli, to};

    help_exits(on_exit_code, &exits);
}

bool help_error(const struct cli *cli, FILE *to, const char *topic)
{
    const struct error_info *info = error_by_code(topic);

    if (!info || info->error == ERR_OK)
        return false;
    fprintf(to, "%s (exit code %d)\n\n", info->code, info->exit);
    help_wrapped(cli, to, 0, 0, info->help);
    fprintf(to, "\nnext: ");
    help_wrapped(cli, to, 6, 6, info->hint);
    return true;
}

bool help_topic(const struct cli *cli, FILE *to, const char *topic)
{
    static const struct {
        const char *name, *text;
    } topics[] = {{"dates", dates}, {"formats", formats}, {"fields", help_of_fields}};

    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (text_same(topic, topics[i].name)) {
            fputs(topics[i].text, to);
            return true;
        }
    if (text_same(topic, "options"))
        help_options(cli, to, NULL, true);
    else if (text_same(topic, "exit"))
        help_exit(cli, to);
    else
        return false;
    return true;
}
