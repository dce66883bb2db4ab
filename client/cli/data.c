// Records as the commands want them, read page after page. Generic over kinds. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define PAGE_ROWS 200

// --- labels -------------------------------------------------------------------

struct label {
    const struct kind *kind;
    int64_t id;
    const char *text;
};

struct cli_labels {
    struct arena *arena;
    struct label *slots; // open addressing, never full
    size_t n, size;
};

struct cli_labels *cli_labels_new(struct cli *cli)
{
    struct cli_labels *labels = arena_zero(&cli->arena, 1, sizeof *labels);

    if (labels)
        labels->arena = &cli->arena;
    return labels;
}

static struct label *label_slot(const struct cli_labels *labels, const struct kind *kind, int64_t id)
{
    size_t at = ((size_t)id * 31 + kind->number) * 0x9E3779B1u & (labels->size - 1);

    while (labels->slots[at].kind && (labels->slots[at].kind != kind || labels->slots[at].id != id))
        at = (at + 1) & (labels->size - 1);
    return &labels->slots[at];
}

static bool labels_grow(struct cli_labels *labels)
{
    struct label *old = labels->slots;
    size_t size = labels->size, more = size ? size * 2 : 256;
    struct label *slots = arena_zero(labels->arena, more, sizeof *slots);

    if (!slots)
        return false;
    labels->slots = slots;
    labels->size = more;
    for (size_t i = 0; i < size; i++)
        if (old[i].kind)
            *label_slot(labels, old[i].kind, old[i].id) = old[i];
    return true;
}

void cli_labels_add(struct cli_labels *labels, size_t n, Sendco__Label *const *list)
{
    for (size_t i = 0; labels && i < n; i++) {
        const struct kind *kind = kind_by_number(list[i]->kind);

        if (!kind || !list[i]->text || (labels->n * 2 >= labels->size && !labels_grow(labels)))
            continue;
        struct label *slot = label_slot(labels, kind, list[i]->id);
        labels->n += slot->kind == NULL;
        *slot = (struct label){kind, list[i]->id, arena_strdup(labels->arena, list[i]->text)};
    }
}

const char *cli_label(const struct kind *kind, int64_t id, void *data)
{
    const struct cli_labels *labels = data;
    char text[ID_TEXT_MAX];

    if (labels && labels->size > 0) {
        const struct label *slot = label_slot(labels, kind, id);

        if (slot->kind && slot->text)
            return slot->text;
    }
    id_format(kind, id, text);
    const char *kept = labels ? arena_strdup(labels->arena, text) : NULL;
    return kept ? kept : "";
}

// --- reading ------------------------------------------------------------------

int cli_record(struct cli *cli, const Sendco__Record *wire, struct record **record, struct problem *problem)
{
    const struct kind *kind = kind_by_number(wire->kind);

    if (!kind)
        return problem_set(problem, ERR_VERSION, "The server knows a kind of record (number %u) that this client does not.", wire->kind);
    int error = record_read(kind, wire->body.data, wire->body.len, &cli->arena, record, problem);
    if (error != 0)
        return error;
    (*record)->id = wire->id;
    (*record)->version = wire->version;
    (*record)->removed = wire->removed;
    for (size_t i = 0; i < wire->n_withheld; i++) {
        const struct field *field = field_by_number(kind, wire->withheld[i]);

        if (field)
            (*record)->withheld |= field_bit(field);
    }
    return 0;
}

void cli_query_init(struct cli_query *query, const struct kind *kind)
{
    *query = (struct cli_query){.kind = kind, .as_at = DATE_NONE};
}

struct page {
    struct record **records;
    size_t n, size;
    struct cli_found *found;
    bool first;
    struct problem *problem;
};

static int on_records(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct page *page = data;
    const Sendco__RecordsReply *records = reply->body_case == SENDCO__REPLY__BODY_RECORDS ? reply->records : NULL;

    if (!records)
        return problem_set(page->problem, ERR_PROTOCOL, "The server's answer holds no records.");
    if (page->first && records->has_total)
        page->found->total = records->total;
    if (page->first && reply->has_seq)
        page->found->seq = records->has_first_seq ? records->first_seq : reply->seq;
    page->found->epoch = reply->epoch;
    cli_labels_add(page->found->labels, records->n_labels, records->labels);
    if (records->has_next && records->next.len > 0) {
        page->found->next = arena_copy(&cli->arena, records->next.data, records->next.len);
        page->found->next_size = page->found->next ? records->next.len : 0;
    }
    if (page->n + records->n_records > page->size) {
        size_t size = (page->n + records->n_records) * 2;
        struct record **more = realloc(page->records, size * sizeof *more);

        if (!more)
            return problem_set(page->problem, ERR_NOMEM, "There is not enough memory for the answer.");
        page->records = more;
        page->size = size;
    }
    for (size_t i = 0; i < records->n_records; i++) {
        int error = cli_record(cli, records->records[i], &page->records[page->n], page->problem);

        if (error != 0)
            return error;
        page->n++;
    }
    return 0;
}

static void wire_value(struct value value, Sendco__Value *wire)
{
    sendco__value__init(wire);
    if (value.type == VALUE_NUMBER) {
        wire->has_number = true;
        wire->number = value.number;
    } else if (value.type == VALUE_TEXT) {
        wire->text = (char *)value.text;
    }
}

// One page. The wire structures are as long as the call.
static int list_page(struct cli *cli, const struct cli_query *query, size_t want, const uint8_t *token, size_t token_size,
                     struct page *page)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__List list = SENDCO__LIST__INIT;
    Sendco__Condition conditions[CLI_CONDITIONS], *where[CLI_CONDITIONS];
    Sendco__Value values[CLI_CONDITIONS];
    Sendco__Order orders[CLI_ORDERS], *order[CLI_ORDERS];
    Sendco__About about = SENDCO__ABOUT__INIT;

    for (size_t i = 0; i < query->n_where; i++) {
        where[i] = &conditions[i];
        sendco__condition__init(where[i]);
        conditions[i].has_field = conditions[i].has_op = true;
        conditions[i].field = query->where[i].field->number;
        conditions[i].op = query->where[i].op;
        wire_value(query->where[i].value, &values[i]);
        conditions[i].value = query->where[i].value.type == VALUE_EMPTY ? NULL : &values[i];
    }
    for (size_t i = 0; i < query->n_order; i++) {
        order[i] = &orders[i];
        sendco__order__init(order[i]);
        orders[i].has_field = query->order[i].field != NULL;
        orders[i].field = query->order[i].field ? query->order[i].field->number : 0;
        orders[i].has_about = orders[i].has_descending = true;
        orders[i].about = query->order[i].about;
        orders[i].descending = query->order[i].descending;
    }
    list.has_kind = list.has_limit = list.has_labels = true;
    list.kind = query->kind->number;
    list.limit = (uint32_t)want;
    list.labels = true;
    list.n_where = query->n_where;
    list.where = where;
    list.n_order = query->n_order;
    list.order = order;
    list.has_removed = list.removed = query->removed;
    list.has_as_at = query->as_at != DATE_NONE;
    list.as_at = query->as_at;
    list.has_as_known = query->as_known != 0;
    list.as_known = query->as_known;
    list.has_page = token != NULL;
    list.page = (ProtobufCBinaryData){token_size, (uint8_t *)token};
    if (query->about_kind) {
        about.has_kind = about.has_id = true;
        about.kind = query->about_kind->number;
        about.id = query->about;
        list.about = &about;
    }
    request.body_case = SENDCO__REQUEST__BODY_LIST;
    request.list = &list;
    return cli_ask(cli, &request, on_records, page, page->problem);
}

int cli_list(struct cli *cli, const struct cli_query *query, cli_record_fn *on_record, void *data, struct cli_found *found,
             struct problem *problem)
{
    struct cli_found unwanted;
    struct page page = {.found = found ? found : &unwanted, .first = true, .problem = problem};
    const uint8_t *token = query->page;
    size_t token_size = query->page_size, done = 0;
    int error = 0;

    *page.found = (struct cli_found){.labels = cli_labels_new(cli)};
    do {
        size_t left = query->limit ? query->limit - done : PAGE_ROWS;

        page.n = 0;
        page.found->next = NULL;
        error = list_page(cli, query, left < PAGE_ROWS ? left : PAGE_ROWS, token, token_size, &page);
        for (size_t i = 0; i < page.n && error == 0; i++)
            error = on_record ? on_record(page.records[i], data) : 0;
        done += page.n;
        page.first = false;
        token = page.found->next;
        token_size = page.found->next_size;
        cli_progress(cli, "reading", done, page.found->total);
    } while (error == 0 && token && (query->limit == 0 || done < query->limit));
    cli_progress_end(cli);
    free(page.records);
    return error;
}

int cli_list_all(struct cli *cli, const struct kind *kind, cli_record_fn *on_record, void *data, struct problem *problem)
{
    struct cli_query query;

    cli_query_init(&query, kind);
    return cli_list(cli, &query, on_record, data, NULL, problem);
}

int cli_get(struct cli *cli, const struct kind *kind, int64_t id, int64_t as_known, struct record **record, struct cli_labels *labels,
            struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Get get = SENDCO__GET__INIT;
    struct cli_found found = {.labels = labels};
    struct page page = {.found = &found, .first = true, .problem = problem};

    get.has_kind = get.has_id = true;
    get.kind = kind->number;
    get.id = id;
    get.has_as_known = as_known != 0;
    get.as_known = as_known;
    get.has_labels = get.labels = labels != NULL;
    request.body_case = SENDCO__REQUEST__BODY_GET;
    request.get = &get;
    int error = cli_ask(cli, &request, on_records, &page, problem);
    if (error == 0 && page.n == 0)
        error = problem_set(problem, ERR_PROTOCOL, "The server's answer holds no record.");
    if (error == 0)
        *record = page.records[0];
    free(page.records);
    return error;
}
