// Report: computed on a reader thread in the asker's scope; told in as many replies
// as it takes. Loop thread, but for the reading.
#include "server/handlers/handlers.h"
#include "server/pack.h"
#include "server/parse.h"
#include "server/reports/reports.h"
#include "server/request.h"

#define PARAMS_MAX 32

struct computing {
    const struct report *report;
    struct report_query query;
    Sendco__Report out;
};

static int read_report(struct view *view, void *data)
{
    struct request *request = data;
    struct computing *computing = request->data;
    request->seq = view_seq(view);
    return computing->report->compute(view, &computing->query, &request->arena, &computing->out, &request->problem);
}

static Sendco__Reply *report_reply(struct request *request, Sendco__Report *report)
{
    Sendco__Reply *reply = request_reply(request);
    if (!reply)
        return NULL;
    reply->body_case = SENDCO__REPLY__BODY_REPORT;
    reply->report = report;
    return reply;
}

// A part holds the head (the first one), then pieces of sections; a piece repeats its
// section's name, and its title and columns only where the section begins.
struct report_part {
    struct request *request;
    Sendco__Report message;
    Sendco__Report__Section **sections;
    size_t bytes, capacity;
};

static int part_begin(struct report_part *part, const Sendco__Report *whole, bool first)
{
    sendco__report__init(&part->message);
    if (first) {
        part->message = *whole;
        part->message.sections = NULL;
        part->message.n_sections = 0;
    } else {
        part->message.report = whole->report;
    }
    part->bytes = sendco__report__get_packed_size(&part->message);
    part->capacity = whole->n_sections + 1;
    part->sections = arena_zero(&part->request->arena, part->capacity, sizeof *part->sections);
    part->message.sections = part->sections;
    return part->sections ? 0 : ERR_NOMEM;
}

static int part_send(struct report_part *part)
{
    Sendco__Report *message = arena_copy(&part->request->arena, &part->message, sizeof part->message);
    Sendco__Reply *reply = message ? report_reply(part->request, message) : NULL;
    if (!reply)
        return ERR_NOMEM;
    request_part(part->request, reply);
    return 0;
}

// Rows of one section from `from` on, as many as fit. Returns how many, or an error.
static int part_rows(struct report_part *part, const Sendco__Report__Section *section, size_t from, size_t *n)
{
    Sendco__Report__Section *piece = arena_alloc(&part->request->arena, sizeof *piece);
    if (!piece)
        return ERR_NOMEM;
    sendco__report__section__init(piece);
    if (from == 0)
        *piece = *section;
    piece->name = section->name;
    piece->rows = section->rows ? section->rows + from : NULL;
    piece->n_rows = 0;
    part->bytes += protobuf_c_message_get_packed_size(&piece->base) + 6;
    bool alone = part->message.n_sections == 0;
    while (from + piece->n_rows < section->n_rows) {
        size_t size = protobuf_c_message_get_packed_size(&section->rows[from + piece->n_rows]->base) + 6;
        if (part->bytes + size > REQUEST_PART && !(alone && piece->n_rows == 0))
            break;
        part->bytes += size;
        piece->n_rows++;
    }
    *n = piece->n_rows;
    part->sections[part->message.n_sections++] = piece;
    return 0;
}

static int report_split(struct request *request, const Sendco__Report *whole, struct report_part *part)
{
    part->request = request;
    int result = part_begin(part, whole, true);
    for (size_t i = 0; !result && i < whole->n_sections; i++) {
        const Sendco__Report__Section *section = whole->sections[i];
        size_t from = 0;
        do {
            size_t n = 0;
            result = part_rows(part, section, from, &n);
            from += n;
            if (!result && from < section->n_rows) {
                result = part_send(part);
                if (!result)
                    result = part_begin(part, whole, false);
            }
        } while (!result && from < section->n_rows);
    }
    return result;
}

static void done_report(int result, void *data)
{
    struct request *request = data;
    struct computing *computing = request->data;
    struct report_part part = {0};
    if (!result)
        result = report_split(request, &computing->out, &part);
    Sendco__Reply *reply = result ? NULL : report_reply(request, &part.message);
    if (result || !reply)
        request_fail(request, result ? result : ERR_NOMEM);
    else
        request_end(request, reply);
}

static int report_parse(struct request *request, struct computing *computing)
{
    const Sendco__ReportRequest *message = request->message->report;
    struct report_query *query = &computing->query;
    computing->report = message->name ? report_find(message->name) : NULL;
    if (!computing->report) {
        problem_set(&request->problem, ERR_NOT_FOUND, "There is no report of that name.");
        problem_hint(&request->problem, "See the reports there are: sendco help");
        return ERR_NOT_FOUND;
    }
    if (message->n_params > PARAMS_MAX)
        return problem_set(&request->problem, ERR_INVALID, "A report takes at most %d parameters; %zu were given.", PARAMS_MAX,
                           message->n_params);
    if (message->has_as_at && (message->as_at < DATE_MIN || message->as_at > DATE_MAX))
        return problem_set(&request->problem, ERR_INVALID, "As at: that is no day that a school records.");
    query->as_at = message->has_as_at ? message->as_at : DATE_NONE;
    // a date means its last second, which today is still to come
    query->as_known = message->as_known < request->now ? message->as_known : request->now;
    const char **names = arena_zero(&request->arena, message->n_params + 1, sizeof *names);
    const char **values = arena_zero(&request->arena, message->n_params + 1, sizeof *values);
    if (!names || !values)
        return ERR_NOMEM;
    for (size_t i = 0; i < message->n_params; i++) {
        if (!message->params[i]->name)
            return problem_set(&request->problem, ERR_INVALID, "Parameter %zu has no name.", i + 1);
        names[i] = message->params[i]->name;
        values[i] = message->params[i]->value ? message->params[i]->value : "";
    }
    query->n_params = message->n_params;
    query->names = names;
    query->values = values;
    return parse_known(message->has_as_known, message->as_known, request->today, &request->problem);
}

void handle_report(struct request *request)
{
    struct computing *computing = arena_zero(&request->arena, 1, sizeof *computing);
    if (!computing) {
        request_fail(request, ERR_NOMEM);
        return;
    }
    request->data = computing;
    sendco__report__init(&computing->out);
    int result = report_parse(request, computing);
    if (result)
        request_fail(request, result);
    else
        request_read(request, read_report, done_report);
}
