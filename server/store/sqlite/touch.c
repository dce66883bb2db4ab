// What one request has changed so far, by record: what each was before, and which are
// new. Writer thread.
#include "server/store/sqlite/sqlite.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct touch *touch_find(const struct writing *writing, const struct kind *kind, int64_t id)
{
    struct touch_key key = {kind->number, id};
    struct touch *touch = NULL;
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the key has no gaps
    HASH_FIND(hh, writing->touched, &key, sizeof key, touch);
    return touch;
}

static int touch_add(struct writing *writing, struct touch made)
{
    struct touch *touch = arena_copy(writing->change->arena, &made, sizeof made);
    if (!touch)
        return ERR_NOMEM;
    HASH_ADD(hh, writing->touched, key, sizeof touch->key, touch);
    return touch->hh.tbl ? 0 : ERR_NOMEM;
}

int touch_new(struct writing *writing, const struct kind *kind, int64_t id, int64_t temporary)
{
    return touch_add(writing, (struct touch){.key = {kind->number, id}, .temporary = temporary, .is_new = true});
}

int touch_note(struct writing *writing, const struct record *before, const struct record *record)
{
    struct touch_key key = {record->kind->number, record->id};
    struct touch *touch = NULL;
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): the key has no gaps
    HASH_FIND(hh, writing->touched, &key, sizeof key, touch);
    if (touch)
        touch->last = record->version;
    if (touch && touch->first)
        return 0;
    bool slim = writing->commit && writing->commit->large; // they would be very many
    struct arena *arena = writing->change->arena;
    struct record *was = !before ? NULL : slim ? arena_copy(arena, before, sizeof *before) : record_copy(before, arena);
    if (before && !was)
        return ERR_NOMEM;
    if (!touch)
        return touch_add(writing,
                         (struct touch){.key = key, .first = record->version, .last = record->version, .before = was, .slim = slim});
    touch->first = record->version;
    touch->slim = slim;
    touch->before = was;
    return 0;
}

void touch_clear(struct writing *writing)
{
    HASH_CLEAR(hh, writing->touched); // they themselves are the arena's
}

// --- what is told of new ones ---

// The size of the id that the text begins with, when it is a new record's; else 0.
static size_t new_id(const struct writing *writing, const char *text, const struct kind **kind)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char id[ID_TEXT_MAX];
    int64_t number = 0;
    size_t size = strspn(text, letters);
    if (!size || text[size] != '-')
        return 0;
    size += 1 + strspn(text + size + 1, letters);
    if (size >= sizeof id)
        return 0;
    snprintf(id, sizeof id, "%.*s", (int)size, text);
    if (id_parse(NULL, id, kind, &number, NULL))
        return 0;
    const struct touch *touch = touch_find(writing, *kind, number);
    return touch && touch->is_new ? size : 0;
}

// The text with "the new target" for each id of a new one; NULL when it names none.
static const char *reword(const struct writing *writing, const char *text)
{
    const struct kind *kind = NULL;
    const char *said = NULL, *from = text;
    for (const char *at = text; at && *at; at++) {
        size_t size = at == text || !isalnum((unsigned char)at[-1]) ? new_id(writing, at, &kind) : 0;
        if (!size)
            continue;
        said = arena_printf(writing->change->arena, "%s%.*sthe new %s", said ? said : "", (int)(at - from), from, kind->noun);
        if (!said)
            return "a new record is in the way"; // no memory to say more
        from = at + size;
        at = from - 1;
    }
    return said ? arena_printf(writing->change->arena, "%s%s", said, from) : NULL;
}

static void tell_value(const struct writing *writing, const struct field *field, struct value *value)
{
    const struct touch *touch = field->as == AS_REF && value->type == VALUE_NUMBER ? touch_find(writing, field->ref, value->number) : NULL;
    if (touch && touch->is_new)
        value->number = touch->temporary;
}

static void tell_field(const struct writing *writing, struct problem_field *field)
{
    const struct touch *touch = field->kind ? touch_find(writing, field->kind, field->id) : NULL;
    const char *message = reword(writing, field->message);
    if (touch && touch->is_new)
        field->id = touch->temporary;
    if (message)
        field->message = message;
    if (!field->kind || field->field < 0)
        return;
    tell_value(writing, &field->kind->fields[field->field], &field->base);
    tell_value(writing, &field->kind->fields[field->field], &field->theirs);
    tell_value(writing, &field->kind->fields[field->field], &field->yours);
}

void touch_tell(const struct writing *writing, struct problem *problem)
{
    if (!writing->touched)
        return;
    const char *message = reword(writing, problem->message), *hint = reword(writing, problem->hint);
    if (message)
        snprintf(problem->message, sizeof problem->message, "%s", message);
    if (hint)
        snprintf(problem->hint, sizeof problem->hint, "%s", hint);
    for (size_t i = 0; i < problem->n_fields; i++)
        tell_field(writing, &problem->fields[i]);
}
