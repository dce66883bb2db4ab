// Records as the commands want them, read page after page. Generic over kinds. Main thread.
#include <stdlib.h>

#include "client/cli/cli.h"
#include "client/cli/run.h"
#include "common/date.h"
#include "common/kind.h"

#define PAGE_ROWS 200

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
    *query = (struct cli_query){.kind = kind, .as_at = DATE_NONE, .since = DATE_NONE};
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

// A list that is being read, page after page, and what its next page is asked with.
struct walk {
    struct cli_reading reading;
    struct page page;
    struct cli_found found;
    struct problem problem;
    const uint8_t *token; // the page to be asked for; NULL: the first
    size_t token_size, done;
    bool over;
    Sendco__Request request;
    Sendco__List list;
    Sendco__Condition conditions[CLI_CONDITIONS], *where[CLI_CONDITIONS];
    Sendco__Value values[CLI_CONDITIONS];
    Sendco__Order orders[CLI_ORDERS], *order[CLI_ORDERS];
    Sendco__About about;
};

static void walk_where(struct walk *walk, const struct cli_query *query)
{
    for (size_t i = 0; i < query->n_where; i++) {
        Sendco__Condition *condition = walk->where[i] = &walk->conditions[i];

        sendco__condition__init(condition);
        condition->has_field = condition->has_op = true;
        condition->field = query->where[i].field->number;
        condition->op = query->where[i].op;
        wire_value(query->where[i].value, &walk->values[i]);
        condition->value = query->where[i].value.type == VALUE_EMPTY ? NULL : &walk->values[i];
    }
    walk->list.n_where = query->n_where;
    walk->list.where = walk->where;
}

static void walk_order(struct walk *walk, const struct cli_query *query)
{
    for (size_t i = 0; i < query->n_order; i++) {
        Sendco__Order *order = walk->order[i] = &walk->orders[i];

        sendco__order__init(order);
        order->has_field = query->order[i].field != NULL;
        order->field = query->order[i].field ? query->order[i].field->number : 0;
        order->has_about = order->has_descending = true;
        order->about = query->order[i].about;
        order->descending = query->order[i].descending;
    }
    walk->list.n_order = query->n_order;
    walk->list.order = walk->order;
}

// `found` and `problem`: NULL, its own.
static void walk_begin(struct walk *walk, struct cli *cli, const struct cli_reading *reading, struct cli_found *found,
                       struct problem *problem)
{
    const struct cli_query *query = reading->query;
    Sendco__List *list = &walk->list;

    *walk = (struct walk){.reading = *reading, .token = query->page, .token_size = query->page_size};
    walk->page.found = found ? found : &walk->found;
    walk->page.problem = problem ? problem : &walk->problem;
    *walk->page.found = (struct cli_found){.labels = cli_labels_new(cli)};
    problem_init(&walk->problem, &cli->arena);
    sendco__request__init(&walk->request);
    sendco__list__init(list);
    walk_where(walk, query);
    walk_order(walk, query);
    list->has_kind = list->has_limit = list->has_labels = true;
    list->kind = query->kind->number;
    list->labels = !query->bare;
    list->has_removed = list->removed = query->removed;
    list->has_as_at = query->as_at != DATE_NONE;
    list->as_at = query->as_at;
    list->has_since = query->since != DATE_NONE;
    list->since = query->since;
    list->has_as_known = query->as_known != 0;
    list->as_known = query->as_known;
    if (query->about_kind) {
        sendco__about__init(&walk->about);
        walk->about.has_kind = walk->about.has_id = true;
        walk->about.kind = query->about_kind->number;
        walk->about.id = query->about;
        list->about = &walk->about;
    }
    walk->request.body_case = SENDCO__REQUEST__BODY_LIST;
    walk->request.list = list;
}

static void walk_anew(void *data)
{
    struct page *page = data;

    page->n = 0;
    page->found->next = NULL;
}

// The request for the next page stands ready.
static void walk_page(struct walk *walk)
{
    size_t limit = walk->reading.query->limit, left = limit ? limit - walk->done : PAGE_ROWS;

    walk->page.first = walk->token == walk->reading.query->page;
    walk_anew(&walk->page);
    walk->list.limit = (uint32_t)(left < PAGE_ROWS ? left : PAGE_ROWS);
    walk->list.has_page = walk->token != NULL;
    walk->list.page = (ProtobufCBinaryData){walk->token_size, (uint8_t *)walk->token};
}

// The page is there: its records are handed on.
static int walk_took(struct walk *walk)
{
    size_t limit = walk->reading.query->limit;
    int error = 0;

    for (size_t i = 0; i < walk->page.n && error == 0; i++)
        error = walk->reading.on_record ? walk->reading.on_record(walk->page.records[i], walk->reading.data) : 0;
    walk->done += walk->page.n;
    walk->token = walk->page.found->next;
    walk->token_size = walk->page.found->next_size;
    walk->over = !walk->token || (limit && walk->done >= limit);
    return error;
}

// The next page of each list that has one, all in one round trip.
static int walk_all(struct cli *cli, struct walk *const *walks, size_t n, struct problem *problem)
{
    struct cli_question questions[CLI_TOGETHER];
    size_t asked = 0;

    for (size_t i = 0; i < n; i++) {
        struct walk *walk = walks[i];

        if (walk->over)
            continue;
        walk_page(walk);
        questions[asked++] = (struct cli_question){
            .request = &walk->request, .on_reply = on_records, .data = &walk->page, .problem = &walk->problem, .anew = walk_anew};
    }
    int error = cli_ask_all(cli, questions, asked, problem);
    for (size_t i = 0; i < n && error == 0; i++)
        error = walks[i]->over ? 0 : walk_took(walks[i]);
    return error;
}

static size_t walks_done(struct walk *const *walks, size_t n, bool total)
{
    size_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += total ? (size_t)walks[i]->page.found->total : walks[i]->done;
    return sum;
}

int cli_list_together(struct cli *cli, const struct cli_reading *list, size_t n, struct problem *problem)
{
    struct walk *walks[CLI_TOGETHER];
    bool over = false;
    int error = 0;

    for (size_t i = 0; i < n; i++) {
        walks[i] = arena_alloc(&cli->arena, sizeof *walks[i]);
        if (!walks[i])
            return problem_set(problem, ERR_NOMEM, "There is not enough memory to read so much.");
        walk_begin(walks[i], cli, &list[i], NULL, NULL);
    }
    while (error == 0 && !over) {
        error = walk_all(cli, walks, n, problem);
        over = true;
        for (size_t i = 0; i < n; i++)
            over &= walks[i]->over;
        cli_progress(cli, "reading", walks_done(walks, n, false), walks_done(walks, n, true));
    }
    cli_progress_end(cli);
    for (size_t i = 0; i < n; i++)
        free(walks[i]->page.records);
    return error;
}

int cli_list(struct cli *cli, const struct cli_query *query, cli_record_fn *on_record, void *data, struct cli_found *found,
             struct problem *problem)
{
    struct cli_reading reading = {query, on_record, data};
    struct walk walk;
    int error = 0;

    walk_begin(&walk, cli, &reading, found, problem);
    while (error == 0 && !walk.over) {
        walk_page(&walk);
        error = cli_ask(cli, &walk.request, on_records, &walk.page, problem);
        if (error == 0)
            error = walk_took(&walk);
        cli_progress(cli, "reading", walk.done, walk.page.found->total);
    }
    cli_progress_end(cli);
    free(walk.page.records);
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
