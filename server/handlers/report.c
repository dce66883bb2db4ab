// Report: computed on a reader thread in the asker's scope; told in as many replies
// as it takes. Loop thread, but for the reading.
#include <string.h>

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
    return report_run(computing->report, view, &computing->query, &request->arena, &computing->out, &request->problem);
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

// A part holds the head (the first one), then gaps, then pieces of sections; a piece repeats its
// section's name, and its title, text and columns only where the section begins.
struct report_part {
    struct request *request;
    const Sendco__Report *whole;
    Sendco__Report message;
    size_t bytes;
    bool empty; // but for the head
};

static int part_begin(struct report_part *part, bool first)
{
    const Sendco__Report *whole = part->whole;
    sendco__report__init(&part->message);
    if (first) {
        part->message = *whole;
        part->message.n_sections = part->message.n_gaps = 0;
    }
    part->message.report = whole->report;
    part->bytes = sendco__report__get_packed_size(&part->message);
    part->message.sections = arena_zero(&part->request->arena, whole->n_sections + 1, sizeof *part->message.sections);
    part->empty = true;
    return part->message.sections ? 0 : ERR_NOMEM;
}

// The part leaves, and another begins.
static int part_send(struct report_part *part)
{
    Sendco__Report *message = arena_copy(&part->request->arena, &part->message, sizeof part->message);
    Sendco__Reply *reply = message ? report_reply(part->request, message) : NULL;
    if (!reply)
        return ERR_NOMEM;
    request_part(part->request, reply);
    return part_begin(part, false);
}

// Room for so much more: in this part, or in the next. What is larger than a part goes alone.
static int part_room(struct report_part *part, size_t size)
{
    int result = !part->empty && part->bytes + size > REQUEST_PART ? part_send(part) : 0;
    part->bytes += size;
    part->empty = false;
    return result;
}

static int part_gaps(struct report_part *part)
{
    const Sendco__Report *whole = part->whole;
    for (size_t i = 0; i < whole->n_gaps; i++) {
        int result = part_room(part, strlen(whole->gaps[i]) + 6);
        if (result)
            return result;
        if (part->message.n_gaps == 0)
            part->message.gaps = whole->gaps + i;
        part->message.n_gaps++;
    }
    return 0;
}

// A piece of this section, without rows yet; `first`: the section begins.
static int part_piece(struct report_part *part, const Sendco__Report__Section *section, bool first, Sendco__Report__Section **made)
{
    Sendco__Report__Section *piece = *made = arena_alloc(&part->request->arena, sizeof *piece);
    if (!piece)
        return ERR_NOMEM;
    sendco__report__section__init(piece);
    if (first)
        *piece = *section;
    piece->name = section->name;
    piece->n_rows = 0;
    int result = part_room(part, protobuf_c_message_get_packed_size(&piece->base) + 6);
    if (!result)
        part->message.sections[part->message.n_sections++] = piece;
    return result;
}

static int part_section(struct report_part *part, const Sendco__Report__Section *section)
{
    Sendco__Report__Section *piece;
    int result = part_piece(part, section, true, &piece);
    for (size_t i = 0; !result && i < section->n_rows; i++) {
        size_t size = protobuf_c_message_get_packed_size(&section->rows[i]->base) + 6;
        if (part->bytes + size > REQUEST_PART) {
            result = part_send(part);
            if (!result)
                result = part_piece(part, section, false, &piece);
        }
        if (result)
            break;
        if (piece->n_rows++ == 0)
            piece->rows = section->rows + i;
        part->bytes += size;
    }
    return result;
}

static int report_split(struct request *request, const Sendco__Report *whole, struct report_part *part)
{
    part->request = request;
    part->whole = whole;
    int result = part_begin(part, true);
    if (!result)
        result = part_gaps(part);
    for (size_t i = 0; !result && i < whole->n_sections; i++)
        result = part_section(part, whole->sections[i]);
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
    query->why = message->why && *message->why ? message->why : NULL;
    query->reader = request->actor.staff;
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
