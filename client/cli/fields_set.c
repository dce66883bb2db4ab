// What people type for the fields of a record: FIELD=VALUE words, and texts that come from
// a file or from standard input. Those are read last, when all else was found good: what
// somebody typed for minutes is not thrown away for a slip in a date. Main thread.
#include "client/cli/fields.h"

#include <errno.h>
#include <string.h>

#include "common/kind.h"

#define FIELD_FILE_MAX ((size_t)64 << 10) // no field is longer

static int read_text(struct cli *cli, FILE *file, const char *name, const char **text, struct problem *problem)
{
    char *buffer = arena_alloc(&cli->arena, FIELD_FILE_MAX + 1);
    size_t n = buffer ? fread(buffer, 1, FIELD_FILE_MAX + 1, file) : 0;

    if (!buffer)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory for %.200s.", name);
    if (ferror(file))
        return problem_set(problem, ERR_INPUT, "%.200s cannot be read: %s.", name, strerror(errno));
    if (n > FIELD_FILE_MAX)
        return problem_set(problem, ERR_TOO_LARGE, "%.200s is longer than the %zu KiB that a field may have.", name, FIELD_FILE_MAX >> 10);
    buffer[n] = '\0';
    if (strlen(buffer) != n)
        return problem_set(problem, ERR_INPUT, "%.200s holds a NUL byte: it is no text.", name);
    // Files of other systems; what is stored has plain line ends.
    size_t to = 0;
    for (size_t from = 0; from < n; from++)
        if (buffer[from] != '\r' || buffer[from + 1] != '\n')
            buffer[to++] = buffer[from];
    buffer[to] = '\0';
    *text = buffer;
    return 0;
}

int fields_text(struct cli *cli, const char *typed, const char **text, struct problem *problem)
{
    if (!strcmp(typed, "-"))
        return read_text(cli, stdin, "standard input", text, problem);
    if (typed[0] != '@') {
        *text = typed;
        return 0;
    }
    if (typed[1] == '@') { // a text that begins with @ itself
        *text = typed + 1;
        return 0;
    }
    FILE *file = fopen(typed + 1, "re");
    if (!file)
        return problem_set(problem, ERR_INPUT, "%.200s cannot be read: %s.", typed + 1, strerror(errno));
    int error = read_text(cli, file, typed + 1, text, problem);
    fclose(file);
    return error;
}

bool fields_text_late(const char *typed)
{
    return !strcmp(typed, "-") || (typed[0] == '@' && typed[1] != '@');
}

// The field of FIELD=VALUE; NULL: see problem.
static const struct field *word_field(struct cli *cli, const char *word, const struct record *record, const char **typed,
                                      struct problem *problem)
{
    const char *equals = strchr(word, '=');

    if (!equals || equals == word) {
        problem_set(problem, ERR_USAGE, "\"%.60s\" is not FIELD=VALUE.", word);
        problem_hint(problem, "All fields: sendco help %s", record->kind->noun);
        return NULL;
    }
    const char *name = arena_strndup(&cli->arena, word, (size_t)(equals - word));
    *typed = equals + 1;
    return name ? fields_find(record->kind, name, problem) : NULL;
}

static int fields_set_one(struct cli *cli, const char *word, struct record *record, uint64_t *set, struct problem *problem)
{
    const char *typed, *text;
    const struct field *field = word_field(cli, word, record, &typed, problem);
    int error = 0;

    if (!field)
        return ERR_USAGE;
    if (*set & field_bit(field))
        return problem_set(problem, ERR_USAGE, "The field \"%s\" is given twice.", field->name);
    if (!fields_text_late(typed)) {
        error = fields_text(cli, typed, &text, problem);
        if (error == 0)
            error = fields_value(cli, record->kind, field, text, &record->values[field->index], problem);
    }
    if (error == 0)
        *set |= field_bit(field);
    return error;
}

static int fields_from_input(int argc, char **argv)
{
    int n = 0;

    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');

        n += equals && !strcmp(equals, "=-");
    }
    return n;
}

static int faults_told(int invalid, struct problem *problem)
{
    if (invalid > 1)
        return problem_set(problem, ERR_INVALID, "%d fields are wrong.", invalid);
    return invalid ? ERR_INVALID : 0;
}

int fields_set(struct cli *cli, int argc, char **argv, struct record *record, uint64_t *set, struct problem *problem)
{
    int invalid = 0;

    *set = 0;
    if (fields_from_input(argc, argv) > 1) {
        problem_set(problem, ERR_USAGE, "Only one field can come from standard input.");
        problem_hint(problem, "Put the other text into a file: FIELD=@FILE");
        return ERR_USAGE;
    }
    for (int i = 0; i < argc; i++) {
        int error = fields_set_one(cli, argv[i], record, set, problem);

        if (error != 0 && error != ERR_INVALID)
            return error;
        invalid += error != 0;
    }
    return faults_told(invalid, problem);
}

int fields_set_late(struct cli *cli, int argc, char **argv, struct record *record, struct problem *problem)
{
    int invalid = 0;

    // A file that is not there is found before anything is typed.
    for (int input = 0; input < 2; input++)
        for (int i = 0; i < argc; i++) {
            const char *typed, *text;
            const struct field *field = word_field(cli, argv[i], record, &typed, problem);

            if (!field)
                return ERR_USAGE;
            if (!fields_text_late(typed) || (*typed == '-') != input)
                continue;
            int error = fields_text(cli, typed, &text, problem);
            if (error == 0)
                error = fields_value(cli, record->kind, field, text, &record->values[field->index], problem);
            if (error != 0 && error != ERR_INVALID)
                return error;
            invalid += error != 0;
        }
    return faults_told(invalid, problem);
}
