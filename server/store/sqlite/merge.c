// Merging two authors' changes of one record, field by field. A put's version is
// the merge base, not a lock: fields count as changed when their value now differs
// from what the author saw. Writer thread.
#include "server/store/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "server/fault.h"

struct merge {
    struct view *view;
    const struct record *base, *theirs;
    struct record *mine;
    uint64_t changed; // by others, since base
    uint64_t touched; // by the author
    uint64_t conflicts;
};

static int note_merged(struct merge *merge, const struct field *field)
{
    struct change *change = merge->view->writing->change;
    struct change_result *result = &change->result;
    if ((result->n_merged & (result->n_merged - 1)) == 0) { // grows by doubling
        struct merged_item *grown = arena_alloc(change->arena, (result->n_merged ? 2 * result->n_merged : 1) * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (result->n_merged)
            memcpy(grown, result->merged, result->n_merged * sizeof *grown);
        result->merged = grown;
    }
    struct merged_item *item = &result->merged[result->n_merged++];
    *item = (struct merged_item){.kind = merge->mine->kind, .id = merge->mine->id, .field = field->index};
    log_author(merge->view, merge->theirs, merge->base->version, field, &item->who, &item->when);
    item->who_name = view_staff_name(merge->view, item->who, change->arena);
    return 0;
}

static void note_conflict(struct merge *merge, const struct field *field, struct problem *problem)
{
    int64_t who = 0, when = 0;
    int i = field->index;
    struct problem_field conflict = {
        .kind = merge->mine->kind, .id = merge->mine->id, .field = i, .base = merge->base->values[i], .theirs = merge->theirs->values[i]};
    // what the author did not touch is, to them, still as they saw it
    conflict.yours = merge->touched & field_bit(field) ? merge->mine->values[i] : merge->base->values[i];
    if (log_author(merge->view, merge->theirs, merge->base->version, field, &who, &when)) // untouched by them: whoever changed its group
        for (int j = 0; j < merge->mine->kind->n_fields; j++)
            if (field_group_bits(merge->mine->kind, field) & merge->changed & field_bit(&merge->mine->kind->fields[j]) &&
                !log_author(merge->view, merge->theirs, merge->base->version, &merge->mine->kind->fields[j], &who, &when))
                break;
    conflict.who = view_staff_name(merge->view, who, merge->view->writing->work);
    conflict.when = when;
    problem_field_add(problem, &conflict);
}

// Who, when and which fields, in one sentence.
static int say_conflict(struct merge *merge, struct problem *problem)
{
    const struct kind *kind = merge->mine->kind;
    struct arena *arena = merge->view->writing->work;
    uint64_t told = merge->conflicts & ~scope_withheld(&merge->view->scope, kind, merge->theirs->about);
    const char *labels = "";
    char id[ID_TEXT_MAX], when_text[32];
    int64_t who = 0, when = 0;
    for (int i = 0; i < kind->n_fields; i++) {
        if (!(told & field_bit(&kind->fields[i])))
            continue;
        const char *longer = arena_printf(arena, "%s%s\"%s\"", labels, *labels ? ", " : "", kind->fields[i].label);
        labels = longer ? longer : labels;
        note_conflict(merge, &kind->fields[i], problem);
        if (!who)
            log_author(merge->view, merge->theirs, merge->base->version, &kind->fields[i], &who, &when);
    }
    if (!who)
        log_author(merge->view, merge->theirs, merge->base->version, NULL, &who, &when);
    id_format(kind, merge->theirs->id, id);
    problem_set(problem, ERR_CONFLICT, "%s was changed by %s on %s, after you looked: your version %llu, now %llu%s%s%s", id,
                view_staff_name(merge->view, who, arena), clock_text(when, when_text), (unsigned long long)merge->base->version,
                (unsigned long long)merge->theirs->version, *labels ? ". Different: " : "", labels,
                merge->view->writing->change->strict ? " (strict: nothing is merged)" : "");
    problem_hint(problem, "See both: sendco %s show %s, sendco %s history %s; then change it again: sendco %s edit %s FIELD=VALUE",
                 kind->noun, id, kind->noun, id, kind->noun, id);
    return ERR_CONFLICT;
}

// One group: all of it is the author's, or all of it is theirs, or it is a conflict.
static int merge_group(struct merge *merge, uint64_t group, uint64_t intended)
{
    const struct kind *kind = merge->mine->kind;
    uint64_t differs = record_diff(merge->mine, merge->theirs) & group;
    if ((intended & group) && (merge->changed & group) && differs) {
        merge->conflicts |= differs | (merge->changed & group); // what they changed, too: that is what is new to the author
        return 0;
    }
    for (int i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        if (!(group & field_bit(field)))
            continue;
        if (!(intended & group))
            merge->mine->values[i] = merge->theirs->values[i];
        uint64_t told = merge->changed & ~intended & ~scope_withheld(&merge->view->scope, kind, merge->theirs->about);
        if (told & field_bit(field) && note_merged(merge, field))
            return ERR_NOMEM;
    }
    return 0;
}

int merge_records(struct view *view, const struct record *base, const struct record *theirs, struct record *mine, uint64_t touched,
                  struct problem *problem)
{
    const struct kind *kind = theirs->kind;
    struct merge merge = {
        .view = view, .base = base, .theirs = theirs, .mine = mine, .changed = record_diff(base, theirs), .touched = touched};
    bool newer = base->version != theirs->version;
    if (!newer || fault_on("no-version-check"))
        return 0;
    if (!mine)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if (view->writing->change->strict || !touched) { // a removal touches no field, and takes none unseen
        merge.conflicts = merge.changed;
        return say_conflict(&merge, problem);
    }
    uint64_t intended = touched & record_diff(base, mine); // sending what one saw is no change
    uint64_t seen = 0;
    for (int i = 0; i < kind->n_fields; i++) {
        uint64_t group = field_group_bits(kind, &kind->fields[i]);
        if (!(seen & group) && merge_group(&merge, group, intended))
            return problem_set(problem, ERR_NOMEM, "the server is short of memory");
        seen |= group;
    }
    return merge.conflicts ? say_conflict(&merge, problem) : 0;
}
