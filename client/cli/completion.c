// The completion script, read from the same tables as the commands themselves. It
// asks no server: no name of a pupil is ever offered. Main thread.
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/kind.h"

// Words as typed so far: what bash took apart at = and : is one again, and options
// with their values are left out, wherever they stand.
static const char taken_apart[] = "    local joined=() words=() word=\"\" last=\"\" i option=\"\" blank=1\n"
                                  "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
                                  "        word=${COMP_WORDS[i]}\n"
                                  "        blank=1\n"
                                  "        [[ $i == \"$COMP_CWORD\" && -z $word && ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && blank=\n"
                                  "        if [[ ${#joined[@]} -gt 0 && -n $blank && ( $word == [=:]* || $last == *[=:] ) ]]; then\n"
                                  "            joined[${#joined[@]}-1]+=$word\n"
                                  "        else\n"
                                  "            joined+=(\"$word\")\n"
                                  "        fi\n"
                                  "        last=$word\n"
                                  "    done\n"
                                  "    word=${joined[${#joined[@]}-1]}\n"
                                  "    for ((i = 0; i < ${#joined[@]} - 1; i++)); do\n"
                                  "        if [[ -n $option ]]; then\n"
                                  "            option=\n"
                                  "        elif [[ ${joined[i]} == --*=* ]]; then\n"
                                  "            :\n"
                                  "        elif [[ ${joined[i]} == -?* ]]; then\n"
                                  "            [[ \" $valued \" == *\" ${joined[i]} \"* ]] && option=${joined[i]}\n"
                                  "        else\n"
                                  "            words+=(\"${joined[i]}\")\n"
                                  "        fi\n"
                                  "    done\n"
                                  "    local first=${words[0]} second=${words[1]} n=${#words[@]}\n";

static const char answered[] = "    if [[ -n $option ]]; then\n"
                               "        case \"$option\" in\n"
                               "        --profile) COMPREPLY=($(compgen -d -- \"$word\")) ;;\n"
                               "        --password-file) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
                               "        --kind) COMPREPLY=($(compgen -W \"$kinds\" -- \"$word\")) ;;\n"
                               "        esac\n"
                               "    elif [[ $word == -* ]]; then\n"
                               "        [[ $word == *=* ]] || COMPREPLY=($(compgen -W \"$options $always\" -- \"$word\"))\n"
                               "    elif [[ $n == 0 ]]; then\n"
                               "        COMPREPLY=($(compgen -W \"$kinds $others\" -- \"$word\"))\n"
                               "    elif [[ -n $seconds && $n == 1 ]]; then\n"
                               "        COMPREPLY=($(compgen -W \"$seconds\" -- \"$word\"))\n"
                               "    elif [[ $first == help && $n == 1 ]]; then\n"
                               "        COMPREPLY=($(compgen -W \"$topics $kinds $others\" -- \"$word\"))\n"
                               "    elif [[ $first == help && $n == 2 && \" $kinds \" == *\" $second \"* ]]; then\n"
                               "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
                               "    elif [[ $first == completion && $n == 1 ]]; then\n"
                               "        COMPREPLY=($(compgen -W bash -- \"$word\"))\n"
                               "    elif [[ $first == import && $n == 1 ]]; then\n"
                               "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
                               "    elif [[ -n $fields && $n == 1 ]]; then\n"
                               "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
                               "    elif [[ -n $fields && ( $second == add || $second == edit && $n -gt 2 ) ]]; then\n"
                               "        if [[ $word == *=@* ]]; then\n"
                               "            COMPREPLY=($(compgen -P @ -f -- \"${word#*=@}\"))\n"
                               "        elif [[ $word == *=* ]]; then\n"
                               "            _sendco_values \"$first:${word%%=*}\"\n"
                               "            COMPREPLY=($(compgen -W \"$values\" -- \"${word#*=}\"))\n"
                               "        else\n"
                               "            COMPREPLY=($(compgen -W \"$fields\" -- \"$word\"))\n"
                               "            compopt -o nospace 2>/dev/null\n"
                               "        fi\n"
                               "        # Where = parts words, what is completed is what follows it.\n"
                               "        if [[ $word == *=* && $COMP_WORDBREAKS != *=* ]]; then\n"
                               "            COMPREPLY=(\"${COMPREPLY[@]/#/${word%%=*}=}\")\n"
                               "        fi\n"
                               "    fi\n"
                               "}\n"
                               "complete -F _sendco sendco\n";

static void options_of(FILE *out, const char *list)
{
    for (const char *p = list; *p;) {
        size_t length = strcspn(p, " ");

        fprintf(out, " --%.*s", (int)length, p);
        p += length;
        p += *p == ' ';
    }
}

// Options whose next word is theirs.
static void valued(FILE *out)
{
    fprintf(out, "    local valued=\"");
    for (size_t i = 0; i < n_options; i++)
        if (options[i].value)
            fprintf(out, " --%s", options[i].name);
    for (size_t i = 0; i < n_report_infos; i++)
        for (const struct report_param *param = report_infos[i].params; param && param->name; param++)
            if (!(param->how & REPORT_FLAG))
                fprintf(out, " --%s", param->name);
    fprintf(out, "\"\n");
}

// Commands of two words: was the first one named already?
static bool two_before(size_t at)
{
    size_t length = strcspn(commands[at].name, " ") + 1;

    for (size_t i = 0; i < at; i++)
        if (!strncmp(commands[i].name, commands[at].name, length))
            return true;
    return false;
}

static void reports(FILE *out)
{
    fprintf(out, "    local reports=\"");
    for (size_t i = 0; i < n_report_infos; i++)
        fprintf(out, "%s%s", i ? " " : "", report_infos[i].name);
    fprintf(out, "\" seconds=\"\"\n");
}

// What may follow the first of two words, with the options of both together; and verbs of one kind.
static void of_second(FILE *out)
{
    fprintf(out, "    case \"$first $second\" in\n");
    for (size_t i = 0; i < n_commands; i++)
        if (strchr(commands[i].name, ' ')) {
            fprintf(out, "    \"%s\") options=\"", commands[i].name);
            options_of(out, commands[i].options);
            fprintf(out, "\" ;;\n");
        }
    for (size_t i = 0; i < n_own_verbs; i++) {
        const struct kind *kind = kind_find(own_verbs[i].kind);

        if (!kind)
            continue;
        fprintf(out, "    \"%s %s\") options=\"", kind->noun, own_verbs[i].command.name);
        options_of(out, own_verbs[i].command.options);
        fprintf(out, "\" ;;\n");
    }
    for (size_t i = 0; i < n_report_infos; i++) {
        fprintf(out, "    \"report %s\") options=\"", report_infos[i].name);
        options_of(out, report_command_row.options);
        for (const struct report_param *param = report_infos[i].params; param && param->name; param++)
            fprintf(out, " --%s", param->name);
        fprintf(out, "\" ;;\n");
    }
    fprintf(out, "    esac\n    case \"$first\" in\n    report) seconds=$reports ;;\n");
    for (size_t i = 0; i < n_commands; i++)
        if (strchr(commands[i].name, ' ') && !two_before(i)) {
            int length = (int)strcspn(commands[i].name, " ");

            fprintf(out, "    %.*s) seconds=\"", length, commands[i].name);
            for (size_t k = i; k < n_commands; k++)
                if (!strncmp(commands[k].name, commands[i].name, (size_t)length + 1))
                    fprintf(out, "%s%s", k > i ? " " : "", commands[k].name + length + 1);
            fprintf(out, "\" ;;\n");
        }
    for (size_t i = 0; i < n_own_verbs; i++) {
        const struct kind *kind = kind_find(own_verbs[i].kind);

        if (kind && (i == 0 || strcmp(own_verbs[i - 1].kind, own_verbs[i].kind) != 0))
            for (size_t k = (fprintf(out, "    %s) verbs+=\"", kind->noun), i); k < n_own_verbs; k++)
                if (!strcmp(own_verbs[k].kind, own_verbs[i].kind))
                    fprintf(out, " %s", own_verbs[k].command.name);
        if (kind && (i + 1 == n_own_verbs || strcmp(own_verbs[i + 1].kind, own_verbs[i].kind) != 0))
            fprintf(out, "\" ;;\n");
    }
    fprintf(out, "    esac\n");
}

static void names(FILE *out)
{
    size_t count;
    const struct error_info *list = error_list(&count);

    fprintf(out, "    local kinds=\"");
    for (size_t i = 0; i < n_kinds; i++)
        fprintf(out, "%s%s", i ? " " : "", kinds[i].noun);
    fprintf(out, "\" verbs=\"");
    for (size_t i = 0; i < n_verbs; i++)
        fprintf(out, "%s%s", i ? " " : "", verbs[i].name);
    fprintf(out, "\"\n    local others=\"");
    for (size_t i = 0; i < n_report_infos; i++)
        if (report_is_command(&report_infos[i]))
            fprintf(out, "%s ", report_infos[i].name);
    for (size_t i = 0; i < n_commands; i++)
        if (!strchr(commands[i].name, ' '))
            fprintf(out, "%s%s", i ? " " : "", commands[i].name);
        else if (!two_before(i))
            fprintf(out, "%s%.*s", i ? " " : "", (int)strcspn(commands[i].name, " "), commands[i].name);
    fprintf(out, "\"\n    local topics=\"%s", help_topics);
    for (size_t i = 0; i < count; i++)
        if (list[i].error != ERR_OK)
            fprintf(out, " %s", list[i].code);
    fprintf(out, "\"\n    local options=\"\" fields=\"\" values=\"\" always=\"");
    options_of(out, command_always);
    fprintf(out, "\"\n");
}

static void of_first(FILE *out)
{
    fprintf(out, "    case \"$first\" in\n");
    for (size_t i = 0; i < n_commands; i++) {
        if (strchr(commands[i].name, ' '))
            continue; // of_second
        fprintf(out, "    %s) options=\"", commands[i].name);
        options_of(out, commands[i].options);
        fprintf(out, "\" ;;\n");
    }
    for (size_t i = 0; i < n_report_infos; i++) {
        if (!report_is_command(&report_infos[i]))
            continue;
        fprintf(out, "    %s) options=\"", report_infos[i].name);
        options_of(out, report_command_row.options);
        for (const struct report_param *param = report_infos[i].params; param && param->name; param++)
            fprintf(out, " --%s", param->name);
        fprintf(out, "\" ;;\n");
    }
    for (size_t i = 0; i < n_kinds; i++) {
        fprintf(out, "    %s) fields=\"", kinds[i].noun);
        for (size_t k = 0; k < kinds[i].n_fields; k++)
            fprintf(out, "%s%s=", k ? " " : "", kinds[i].fields[k].name);
        fprintf(out, "\" ;;\n");
    }
    fprintf(out, "    esac\n    if [[ -n $fields ]]; then\n        case \"$second\" in\n");
    for (size_t i = 0; i < n_verbs; i++) {
        fprintf(out, "        %s) options=\"", verbs[i].name);
        options_of(out, verbs[i].options);
        fprintf(out, "\" ;;\n");
    }
    fprintf(out, "        esac\n    fi\n");
}

static void values_of(FILE *out, const struct kind *kind, const struct field *field)
{
    const struct code_list *codes = field->as == AS_CODE ? fields_codes(field) : NULL;

    if (field->as != AS_BOOL && field->as != AS_ENUM && !codes)
        return;
    fprintf(out, "    %s:%s) values=\"%s", kind->noun, field->name, field->as == AS_BOOL ? "yes no" : "");
    for (size_t i = 0; field->as == AS_ENUM && i < field->n_choices; i++)
        fprintf(out, "%s%s", i ? " " : "", field->choices[i].name);
    for (size_t i = 0; codes && i < codes->n_rows; i++)
        fprintf(out, "%s%s", i ? " " : "", codes->rows[i].code);
    fprintf(out, "\" ;;\n");
}

int completion_command(struct cli *cli, const struct call *call)
{
    FILE *out = cli->out;
    struct problem problem;

    problem_init(&problem, NULL);
    if (strcmp(call->argv[0], "bash") != 0) {
        problem_set(&problem, ERR_USAGE, "There is a completion script for bash only, not for \"%.40s\".", call->argv[0]);
        return cli_fail(cli, NULL, &problem);
    }
    fprintf(out,
            "# Completion of sendco for bash, made by: sendco completion bash\n_sendco_values()\n{\n    values=\"\"\n    case \"$1\" in\n");
    for (size_t i = 0; i < n_kinds; i++)
        for (size_t k = 0; k < kinds[i].n_fields; k++)
            values_of(out, &kinds[i], &kinds[i].fields[k]);
    fprintf(out, "    esac\n}\n\n_sendco()\n{\n    COMPREPLY=()\n");
    valued(out);
    names(out);
    reports(out);
    fputs(taken_apart, out);
    of_first(out);
    of_second(out);
    fputs(answered, out);
    return 0;
}
