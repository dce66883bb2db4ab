// What the server holds of whom a roll speaks, read all at once: the lists take as many round
// trips as the longest has pages. Main thread.
#include "client/exchange/import.h"

static int on_record(struct record *record, void *data)
{
    struct import *import = data;
    school_add(&import->school, record);
    return 0;
}

static int check_rights(const struct school *school, struct problem *problem)
{
    const struct kind *kind = kind_find("Pupil");
    uint64_t needed = field_bit(field_find(kind, "upn"));
    for (size_t i = 0; i < school->pupils.n; i++) {
        if (school->pupils.records[i]->withheld & needed)
            return problem_set(problem, ERR_DENIED, "A roll is matched by UPN, and you may not see UPNs: the import is for the SENDCO.");
    }
    return 0;
}

struct lists {
    struct import *import;
    struct cli_query queries[SCHOOL_KINDS];
    struct cli_reading readings[SCHOOL_KINDS];
    size_t n;
};

static struct cli_query *lists_add(struct lists *lists, const struct kind *kind)
{
    struct cli_query *query = &lists->queries[lists->n];
    cli_query_init(query, kind);
    query->bare = true; // ids are what is compared
    lists->readings[lists->n++] = (struct cli_reading){query, on_record, lists->import};
    return query;
}

int import_load(struct import *import, struct problem *problem)
{
    struct lists lists = {.import = import};
    school_init(&import->school, &import->cli->arena);
    for (size_t i = 0; school_kinds[i]; i++) {
        const struct kind *kind = kind_find(school_kinds[i]);
        struct cli_query *query = lists_add(&lists, kind);
        // Removed pupils and classes too: what is named again comes back.
        query->removed = i < 2;
        // Spells that were over before the import's date say nothing to it, and grow more with the years. One list of
        // each kind: of two, a spell whose end is changed meanwhile might come in both or in neither.
        if (kind_is_spell(kind))
            query->since = import->date;
    }
    int result = cli_list_together(import->cli, lists.readings, lists.n, problem);
    if (result < 0)
        return result;
    if (school_ready(&import->school) < 0)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory for so large a school.");
    return check_rights(&import->school, problem);
}
