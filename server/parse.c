// The protocol's messages as the house's structs (parse.h). Any thread.
#include "server/parse.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define PAGE_ROWS   200
#define PAGE_BYTES  ((size_t)128 << 10)
#define PAGE_PREFIX 8 // a page key on the wire begins with the first page's seq

int parse_kind(bool has, uint32_t number, const struct kind **kind, struct problem *problem)
{
    *kind = has ? kind_by_number(number) : NULL;
    if (*kind)
        return 0;
    if (!has)
        return problem_set(problem, ERR_INVALID, "It does not say which kind of record.");
    problem_set(problem, ERR_INVALID, "There is no kind of record with number %u.", (unsigned)number);
    problem_hint(problem, "Bring client and server to the same release; proto/records/ numbers the kinds.");
    return ERR_INVALID;
}

int parse_target(bool has_kind, uint32_t number, bool has_id, int64_t id, const struct kind **kind, struct problem *problem)
{
    int result = parse_kind(has_kind, number, kind, problem);
    if (result)
        return result;
    if (!has_id)
        return problem_set(problem, ERR_INVALID, "It does not say which %s: the id is missing.", (*kind)->noun);
    if (id <= 0)
        return problem_set(problem, ERR_INVALID, "%lld is no id of a %s; ids begin at 1.", (long long)id, (*kind)->noun);
    return 0;
}

int parse_known(bool has, int64_t as_known, int32_t today, struct problem *problem)
{
    if (!has || (as_known > 0 && as_known < clock_midnight(today + 1)))
        return 0;
    problem_set(problem, ERR_INVALID, "As known: what was known %s.",
                as_known <= 0 ? "before 1970 is not kept" : "after today nobody can tell");
    problem_hint(problem, "Take today or an earlier day.");
    return ERR_INVALID;
}

int parse_key(bool has, const ProtobufCBinaryData *data, uint8_t key[STORE_KEY], struct problem *problem)
{
    if (has && data->len == STORE_KEY) {
        memcpy(key, data->data, STORE_KEY);
        return 0;
    }
    if (has)
        problem_set(problem, ERR_INVALID, "The key of the change has %zu bytes; a key has %d.", data->len, STORE_KEY);
    else
        problem_set(problem, ERR_INVALID, "The change has no key.");
    problem_hint(problem, "Make one for each change, and send it again with the same change when the answer is lost.");
    return ERR_INVALID;
}

int parse_about(const Sendco__About *about, const struct kind **kind, struct problem *problem)
{
    *kind = about->has_kind ? kind_by_number(about->kind) : NULL;
    if (!*kind || (*kind)->subject == SUBJECT_SCHOOL) {
        problem_set(problem, ERR_INVALID,
                    "Whom the records are to be about is neither a pupil nor a class, a provision or a member of staff.");
        problem_hint(problem, "Name a pupil, a class, a provision or a member of staff.");
        return ERR_INVALID;
    }
    if (!about->has_id || about->id <= 0)
        return problem_set(problem, ERR_INVALID, "It does not say which %s the records are to be about.", (*kind)->noun);
    return 0;
}

// --- List ---

static int parse_field(const struct kind *kind, uint32_t number, const struct field **field, struct problem *problem)
{
    *field = field_by_number(kind, number);
    if (*field)
        return 0;
    problem_set(problem, ERR_INVALID, "A record of kind %s has no field with number %u.", kind->noun, (unsigned)number);
    problem_hint(problem, "Bring client and server to the same release; proto/records/ numbers the fields.");
    return ERR_INVALID;
}

static int parse_condition(const Sendco__Condition *message, const struct kind *kind, struct arena *arena, struct condition *condition,
                           struct problem *problem)
{
    int result = parse_field(kind, message->field, &condition->field, problem);
    if (result)
        return result;
    if (!message->has_op || message->op < SENDCO__CONDITION__OP__EQ || message->op > SENDCO__CONDITION__OP__CONTAINS)
        return problem_set(problem, ERR_INVALID, "The condition on %s does not say how to compare.", condition->field->label);
    condition->op = (enum operator)message->op;
    const Sendco__Value *value = message->value;
    bool text = field_is_text(condition->field);
    condition->value = (struct value){0};
    if (value && value->text)
        condition->value = value_copy(value_text(value->text), arena);
    else if (value && value->has_number)
        condition->value = value_number(value->number);
    if (condition->op == OP_EMPTY || condition->op == OP_SET)
        return 0;
    if (condition->value.type == VALUE_EMPTY && (condition->op == OP_EQ || condition->op == OP_NE)) {
        // "is empty" and "is not" by another name
        condition->op = condition->op == OP_EQ ? OP_EMPTY : OP_SET;
        return 0;
    }
    if (condition->value.type == VALUE_EMPTY || (condition->value.type == VALUE_TEXT) != text)
        return problem_set(problem, ERR_INVALID, "The condition on %s needs a %s to compare with.", condition->field->label,
                           text ? "text" : "number");
    if (condition->op == OP_CONTAINS && !text)
        return problem_set(problem, ERR_INVALID, "%s is no text: no condition can ask what it contains.", condition->field->label);
    return 0;
}

static int parse_orders(const Sendco__List *list, struct query *query, struct problem *problem)
{
    if (list->n_order > QUERY_ORDERS)
        return problem_set(problem, ERR_INVALID, "A list can be ordered by at most %d fields; %zu were given.", QUERY_ORDERS,
                           list->n_order);
    for (size_t i = 0; i < list->n_order; i++) {
        const Sendco__Order *message = list->order[i];
        struct order *order = &query->order[query->n_order++];
        *order = (struct order){.about = message->about, .descending = message->descending};
        if (message->field == 0 || message->about)
            continue;
        int result = parse_field(query->kind, message->field, &order->field, problem);
        if (result)
            return result;
    }
    return 0;
}

static int parse_list_about(const Sendco__About *about, struct query *query, struct problem *problem)
{
    const struct kind *kind;
    int result = parse_about(about, &kind, problem);
    if (result)
        return result;
    if (query_about(query, kind, about->id))
        return 0;
    problem_set(problem, ERR_INVALID, "No %s is about a %s, or about somebody who is in one.", query->kind->noun, kind->noun);
    problem_hint(problem, "What a %s has of its own is a condition: --where FIELD=VALUE; its fields: sendco help %s", query->kind->noun,
                 query->kind->noun);
    return ERR_INVALID;
}

static int parse_as_at(int32_t as_at, struct query *query, struct problem *problem)
{
    if (as_at < DATE_MIN || as_at > DATE_MAX)
        return problem_set(problem, ERR_INVALID, "As at: that is no day that a school records.");
    query->as_at = as_at;
    if (kind_is_spell(query->kind) || query->in)
        return 0;
    problem_set(problem, ERR_INVALID, "As at: no %s has a first and a last day, so that some hold on a day and others do not.",
                query->kind->noun);
    problem_hint(problem, "For what the school knew on a day: --as-known DATE");
    return ERR_INVALID;
}

static int parse_since(int32_t since, struct query *query, struct problem *problem)
{
    if (since < DATE_MIN || since > DATE_MAX)
        return problem_set(problem, ERR_INVALID, "Since: that is no day that a school records.");
    query->since = since;
    if (kind_is_spell(query->kind))
        return 0;
    problem_set(problem, ERR_INVALID, "Since: no %s has a first and a last day, so that some have ended and others have not.",
                query->kind->noun);
    problem_hint(problem, "A day that a %s has of its own is a condition: --where FIELD>=DATE; its fields: sendco help %s",
                 query->kind->noun, query->kind->noun);
    return ERR_INVALID;
}

int parse_query(const Sendco__List *list, int32_t today, struct arena *arena, struct query *query, struct problem *problem)
{
    const struct kind *kind;
    int result = parse_kind(list->has_kind, list->kind, &kind, problem);
    if (result)
        return result;
    query_init(query, kind);
    if (list->n_where > QUERY_CONDITIONS)
        return problem_set(problem, ERR_INVALID, "A list takes at most %d conditions; %zu were given.", QUERY_CONDITIONS, list->n_where);
    for (size_t i = 0; !result && i < list->n_where; i++)
        result = parse_condition(list->where[i], kind, arena, &query->where[query->n_where++], problem);
    if (!result && list->about)
        result = parse_list_about(list->about, query, problem);
    if (!result)
        result = parse_orders(list, query, problem);
    if (!result)
        result = parse_known(list->has_as_known, list->as_known, today, problem);
    if (!result && list->has_as_at)
        result = parse_as_at(list->as_at, query, problem);
    if (!result && list->has_since)
        result = parse_since(list->since, query, problem);
    if (result)
        return result;
    query->as_known = list->has_as_known ? list->as_known : 0;
    query->removed = list->removed;
    query->limit = list->has_limit && list->limit > 0 && list->limit < PAGE_ROWS ? list->limit : PAGE_ROWS;
    query->max_bytes = PAGE_BYTES;
    if (!list->has_page)
        return 0;
    if (list->page.len <= PAGE_PREFIX)
        return problem_set(problem, ERR_INVALID, "The next page was asked for by something that no page before it gave.");
    query->page = list->page.data + PAGE_PREFIX;
    query->page_size = list->page.len - PAGE_PREFIX;
    return 0;
}

// --- Put ---

static int parse_cleared(const Sendco__Record *record, const struct kind *kind, struct put_item *item, struct problem *problem)
{
    for (size_t i = 0; i < record->n_cleared; i++) {
        const struct field *field;
        int result = parse_field(kind, record->cleared[i], &field, problem);
        if (result)
            return result;
        if (item->set & field_bit(field))
            return problem_in_field(problem, ERR_INVALID, kind, record->id, field->index, "is both given a value and cleared");
        item->cleared |= field_bit(field);
    }
    return 0;
}

// "Record 3: " before the sentence, so that a long Put's author finds it.
static int parse_at(size_t at, struct problem *problem)
{
    char sentence[sizeof problem->message];
    memcpy(sentence, problem->message, sizeof sentence);
    struct problem_field *fields = problem->fields;
    size_t n_fields = problem->n_fields;
    problem_set(problem, problem->error, "Record %zu: %.600s", at + 1, sentence);
    problem->fields = fields;
    problem->n_fields = n_fields;
    return problem->error;
}

int parse_item(const Sendco__Record *record, size_t at, struct arena *arena, struct put_item *item, struct problem *problem)
{
    *item = (struct put_item){0};
    const struct kind *kind;
    int result = parse_kind(record->has_kind, record->kind, &kind, problem);
    if (!result && (!record->has_id || record->id == 0)) {
        problem_set(problem, ERR_INVALID, "The id is missing; a new record has a negative one.");
        result = ERR_INVALID;
    }
    if (!result && record->id > 0 && !record->version)
        result = problem_set(problem, ERR_INVALID, "It does not say which version was changed.");
    if (!result && (record->n_withheld > 0 || (record->has_removed && record->removed)))
        result = problem_set(problem, ERR_INVALID, "What is withheld is the server's to say, and to remove there is a request of its own.");
    if (!result)
        result = record_unpack(kind, record->body.data, record->has_body ? record->body.len : 0, arena, &item->record, problem);
    if (result)
        return parse_at(at, problem);
    item->record->id = record->id;
    item->record->version = record->version;
    item->restore = record->has_removed;
    for (size_t i = 0; i < kind->n_fields; i++)
        if (item->record->values[i].type != VALUE_EMPTY)
            item->set |= field_bit(&kind->fields[i]);
    result = parse_cleared(record, kind, item, problem);
    return result ? parse_at(at, problem) : 0;
}

// What waits packed takes a tenth of the memory. Packed anew: what came may be decomposed letters, and fields twice.
int parse_packed(struct put_item *item, struct arena *arena)
{
    const struct record *record = item->record;
    uint8_t *body;
    size_t size = 0;
    struct arena scratch;
    arena_init(&scratch, 0);
    int result = record_pack(record, item->set, &scratch, &body, &size);
    item->packed = (struct put_packed){.kind = record->kind, .id = record->id, .version = record->version, .size = (uint32_t)size};
    if (!result && !(item->packed.body = arena_copy(arena, body, size)))
        result = ERR_NOMEM;
    item->record = NULL;
    arena_deinit(&scratch);
    return result;
}
