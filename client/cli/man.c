// The manual page, read from the same tables as the commands themselves. Main thread.
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/help.h"
#include "client/cli/run.h"
#include "common/kind.h"

// Text in mdoc: a backslash is doubled, and no line begins as a macro does.
static void man_text(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
    fputc('\n', out);
}

static void man_item(FILE *out, const char *term, const char *words, const char *help)
{
    fprintf(out, ".It Ic %s", term);
    if (*words)
        fprintf(out, " Ar %s", words);
    fputc('\n', out);
    man_text(out, help);
}

static void man_options(FILE *out)
{
    fprintf(out, ".Sh OPTIONS\nOptions may stand anywhere.\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < n_options; i++) {
        fprintf(out, ".It Fl Fl %s%s%s\n", options[i].name, options[i].value ? " Ar " : "", options[i].value ? options[i].value : "");
        man_text(out, options[i].help);
    }
    fprintf(out, ".El\n");
}

// A verb that only one kind has.
static void man_own(FILE *out, const struct kind *kind, const struct command *verb)
{
    fprintf(out, ".It Ic %s %s Ar %s\n", kind->noun, verb->name, verb->words);
    man_text(out, verb->help);
}

static void man_commands(FILE *out)
{
    fprintf(out, ".Sh VERBS\nFor every kind of record:\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < n_verbs; i++)
        man_item(out, verbs[i].name, verbs[i].words, verbs[i].help);
    for (size_t i = 0; i < n_own_verbs; i++) {
        const struct kind *kind = kind_find(own_verbs[i].kind);

        if (kind)
            man_own(out, kind, &own_verbs[i].command);
    }
    fprintf(out, ".El\n.Sh REPORTS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < n_report_infos; i++) {
        man_item(out, report_infos[i].name, "", report_infos[i].help);
        fprintf(out, ".Bl -tag -width Ds -compact\n");
        for (const struct report_param *param = report_infos[i].params; param && param->name; param++) {
            fprintf(out, ".It Fl Fl %s%s%s\n", param->name, *param->value ? " Ar " : "", param->value);
            man_text(out, param->help);
        }
        fprintf(out, ".El\n");
    }
    fprintf(out, ".El\n.Sh COMMANDS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < n_commands; i++)
        man_item(out, commands[i].name, commands[i].words, commands[i].help);
    fprintf(out, ".El\n");
}

static void man_kinds(FILE *out)
{
    fprintf(out, ".Sh KINDS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < n_kinds; i++) {
        man_item(out, kinds[i].noun, "", kinds[i].help && *kinds[i].help ? kinds[i].help : kinds[i].title);
        fprintf(out, "Fields:\n");
        for (size_t k = 0; k < kinds[i].n_fields; k++)
            fprintf(out, ".Cm %s%s\n", kinds[i].fields[k].name, k + 1 < kinds[i].n_fields ? " ," : " .");
    }
    fprintf(out, ".El\n");
}

static void on_exit_code(void *data, int exit, const char *code, const char *help)
{
    FILE *out = data;

    fprintf(out, ".It %d\n", exit);
    if (code)
        fprintf(out, "%s: ", code);
    man_text(out, help);
}

static void man_exit(FILE *out)
{
    fprintf(out, ".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n");
    help_exits(on_exit_code, out);
    fprintf(out, ".El\n");
}

int man_command(struct cli *cli, const struct call *call)
{
    FILE *out = cli->out;

    (void)call;
    fprintf(out,
            ".Dd " SENDCO_RELEASED "\n.Dt SENDCO 1\n.Os\n.Sh NAME\n.Nm sendco\n.Nd the SEND work of a school, from the command line\n");
    fprintf(out, ".Sh SYNOPSIS\n.Nm\n.Ar kind verb\n.Op Ar id\n.Op Ar field Ns = Ns Ar value ...\n.Nm\n.Ar report\n.Op Ar "
                 "options\n.Nm\n.Ar command\n");
    fprintf(out, ".Sh DESCRIPTION\n.Nm\nasks and tells\n.Nm sendcod ,\nthe server that holds the school's records. It keeps no record on "
                 "this machine.\n"
                 "A field's value may be\n.Cm @FILE\nor\n.Cm - ,\nstandard input; an empty one empties the field.\n");
    man_commands(out);
    man_kinds(out);
    man_options(out);
    fprintf(out, ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev SENDCO_PROFILE\nthe profile's directory\n.It Ev SENDCO_SERVER\nthe server, "
                 "as HOST:PORT\n"
                 ".It Ev SENDCO_PAGER , PAGER\nthe pager; else less\n.It Ev NO_COLOR\nno colour\n.El\n");
    fprintf(
        out,
        ".Sh FILES\n.Bl -tag -width Ds\n.It Pa ~/.local/share/sendco\nthe profile: certificate, key, profile.ini, ticket and state\n.El\n");
    man_exit(out);
    fprintf(out, ".Sh SEE ALSO\n.Ic sendco help\n");
    return 0;
}
