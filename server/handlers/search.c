// Search: words in any searchable field one may read. Reading on a reader thread,
// the rest on the loop thread.
#include "common/text.h"
#include "server/fault.h"
#include "server/handlers/handlers.h"
#include "server/pack.h"
#include "server/parse.h"
#include "server/request.h"

#define SEARCH_DEFAULT 50
#define SEARCH_MAX     200
#define SEARCH_TEXT    300 // code points of what was typed
#define SEARCH_SHOWN   400 // bytes of a hit's text, and of a label

struct searching {
    struct request *request;
    const struct kind **kinds;
    size_t n_kinds, limit;
    struct pile hits; // Sendco__SearchReply__Hit
    bool capped;
};

// A long text is cut between two characters.
static char *shown_text(const char *text, struct arena *arena)
{
    size_t size = 0;
    while (text[size] && size < SEARCH_SHOWN)
        size++;
    while (text[size] && size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--;
    return text[size] ? arena_printf(arena, "%.*s…", (int)size, text) : arena_strdup(arena, text);
}

static char *shown_label(struct view *view, const struct kind *kind, int64_t id, struct arena *arena)
{
    const char *label = view_label(view, kind, id, arena);
    return label ? shown_text(label, arena) : NULL;
}

static int on_hit(const struct hit *hit, void *data)
{
    struct searching *searching = data;
    struct arena *arena = &searching->request->arena;
    Sendco__SearchReply__Hit *packed = arena_alloc(arena, sizeof *packed);
    if (!packed)
        return ERR_NOMEM;
    sendco__search_reply__hit__init(packed);
    packed->has_kind = packed->has_id = 1;
    packed->kind = hit->kind->number;
    packed->id = hit->id;
    packed->has_field = hit->field != NULL;
    packed->field = hit->field ? hit->field->number : 0;
    packed->text = hit->text ? shown_text(hit->text, arena) : NULL;
    packed->about = pack_about(kind_of_subject(hit->kind->about.subject), hit->about, arena);
    return pile_add(&searching->hits, packed, arena);
}

static int read_search(struct view *view, void *data)
{
    struct request *request = data;
    struct searching *searching = request->data;
    struct arena *arena = &request->arena;
    request->seq = view_seq(view);
    if (fault_on("readers-sleep"))
        uv_sleep(2500);
    int result = view_search(view, request->message->search->text, searching->kinds, searching->n_kinds, searching->limit, arena, on_hit,
                             searching, &searching->capped, &request->problem);
    for (size_t i = 0; !result && i < searching->hits.n; i++) {
        Sendco__SearchReply__Hit *hit = searching->hits.items[i];
        const struct kind *kind = kind_by_number(hit->kind);
        hit->label = shown_label(view, kind, hit->id, arena);
        if (hit->about)
            hit->about_label = shown_label(view, kind_by_number(hit->about->kind), hit->about->id, arena);
    }
    return result;
}

static void done_search(int result, void *data)
{
    struct request *request = data;
    const struct searching *searching = request->data;
    const struct pile *hits = &searching->hits;
    for (size_t from = 0, n; !result; from += n) {
        Sendco__Reply *reply = request_reply(request);
        Sendco__SearchReply *search = arena_alloc(&request->arena, sizeof *search);
        if (!reply || !search) {
            result = ERR_NOMEM;
            break;
        }
        sendco__search_reply__init(search);
        reply->body_case = SENDCO__REPLY__BODY_SEARCH;
        reply->search = search;
        n = pile_part(hits, from);
        search->hits = n ? (Sendco__SearchReply__Hit **)hits->items + from : NULL;
        search->n_hits = n;
        if (from + n < hits->n) {
            request_part(request, reply);
            continue;
        }
        search->has_capped = searching->capped;
        search->capped = searching->capped;
        request_end(request, reply);
        return;
    }
    request_fail(request, result);
}

static int search_parse(struct searching *searching)
{
    struct request *request = searching->request;
    const Sendco__Search *search = request->message->search;
    if (!search->text || !search->text[0])
        return problem_set(&request->problem, ERR_INVALID, "It does not say what to look for; give a word, or the beginning of one.");
    size_t length = text_length(search->text);
    if (length > SEARCH_TEXT)
        return problem_set(&request->problem, ERR_INVALID, "At most %d characters can be looked for; these are %zu.", SEARCH_TEXT, length);
    searching->limit = search->has_limit && search->limit > 0 ? search->limit : SEARCH_DEFAULT;
    if (searching->limit > SEARCH_MAX)
        searching->limit = SEARCH_MAX;
    if (search->n_kinds > n_kinds)
        return problem_set(&request->problem, ERR_INVALID, "Only %zu kinds of record can be looked through; %zu were named.", n_kinds,
                           search->n_kinds);
    searching->kinds = arena_zero(&request->arena, search->n_kinds + 1, sizeof *searching->kinds);
    if (!searching->kinds)
        return ERR_NOMEM;
    for (size_t i = 0; i < search->n_kinds; i++) {
        int result = parse_kind(true, search->kinds[i], &searching->kinds[searching->n_kinds++], &request->problem);
        if (result)
            return result;
    }
    return 0;
}

void handle_search(struct request *request)
{
    struct searching *searching = arena_zero(&request->arena, 1, sizeof *searching);
    if (!searching) {
        request_fail(request, ERR_NOMEM);
        return;
    }
    searching->request = request;
    request->data = searching;
    int result = search_parse(searching);
    if (result)
        request_fail(request, result);
    else
        request_read(request, read_search, done_search);
}
