// A view: one connection, one snapshot, one scope; what it answers without a
// query. On whichever thread owns the connection.
#include "server/store/sqlite/sqlite.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/fault.h"

// A set of ids as a JSON array: SQL joins with it through json_each, so that one
// prepared statement serves every scope.
static const char *ids_json(const struct id_set *set, struct arena *arena)
{
    char *text = arena_alloc(arena, set->n * 21 + 3), *at = text;
    if (!text)
        return NULL;
    *at++ = '[';
    for (size_t i = 0; i < set->n; i++)
        at += sprintf(at, "%s%" PRId64, i ? "," : "", set->ids[i]);
    memcpy(at, "]", 2);
    return text;
}

int view_begin(struct view *view, struct store *store, struct db *db, const struct actor *actor)
{
    view->store = store;
    view->db = db;
    view->actor = *actor;
    view->scope = scope_all;
    view->reach = &view->scope;
    view->writing = NULL;
    view->labels_known = 0;
    view->shortages = shortage_count();
    db_calm();
    view->seq = (uint64_t)db_number(db, "SELECT max(seq) FROM change", 0);
    memset(view->own, 0, sizeof view->own);
    arena_init(&view->arena, 0);
    if (!store->scope || actor->staff == 0)
        return view_trouble(view, NULL);
    struct scope scope = {.own = {{NULL, 0}}};
    int error = store->scope(view, actor, &view->arena, &scope);
    view->scope = scope;
    for (int i = 0; i < SUBJECT_COUNT && !error; i++)
        if (!(view->own[i] = ids_json(&scope.own[i], &view->arena)))
            error = ERR_NOMEM;
    int trouble = view_trouble(view, NULL);
    return trouble ? trouble : error;
}

int view_trouble(struct view *view, struct problem *problem)
{
    int code = db_trouble();
    // what else failed may follow from it: an old text that could not be folded is not taken out of the index
    if (shortage_count() != view->shortages && !db_is_disk(code))
        code = SQLITE_NOMEM;
    return fault_on("trouble-unseen") ? 0 : db_error(view->db, code, problem);
}

void view_end(struct view *view)
{
    arena_deinit(&view->arena);
}

uint64_t view_seq(const struct view *view)
{
    return view->seq;
}
uint64_t view_epoch(const struct view *view)
{
    return view->db->epoch;
}
int32_t view_today(const struct view *view)
{
    return view->today;
}
int64_t view_now(const struct view *view)
{
    return view->now;
}
const struct scope *view_scope(const struct view *view)
{
    return &view->scope;
}

void view_labels_known(struct view *view, int64_t as_known)
{
    view->labels_known = as_known;
}

// The record whose name is told: as it was then, when that was asked; one that came later, as it is.
static struct record *label_record(struct view *view, const struct kind *kind, int64_t id, struct arena *arena)
{
    struct record *now = select_record(view, kind, id, arena);
    struct record *known = now && view->labels_known ? log_image_at(view, now, view->labels_known, arena) : NULL;
    return known ? known : now;
}

// What a label's references are resolved with.
struct showing {
    struct view *view;
    struct arena *arena;
};

static const char *resolve_label(const struct kind *kind, int64_t id, void *data)
{
    struct showing *at = data;
    struct record *record = label_record(at->view, kind, id, at->arena);
    if (!record || !scope_filter(&at->view->scope, record))
        return NULL;
    return record_show(record, kind->shows, NULL, NULL, at->arena);
}

static const char *show(struct view *view, const struct record *record, struct arena *arena)
{
    struct showing at = {view, arena};
    return record_show(record, record->kind->shows, resolve_label, &at, arena);
}

const char *view_label(struct view *view, const struct kind *kind, int64_t id, struct arena *arena)
{
    struct record *record = label_record(view, kind, id, arena);
    return record && scope_filter(&view->scope, record) ? show(view, record, arena) : NULL;
}

const char *put_name(struct view *view, const struct record *record, struct arena *arena)
{
    char id[ID_TEXT_MAX];
    id_format(record->kind, record->id, id);
    if (!scope_reads_record(&view->scope, record->kind, record->about))
        return "a record that you may not see";
    return arena_printf(arena, "%s (%s)", id, show(view, record, arena));
}

const char *view_staff_name(struct view *view, int64_t staff, struct arena *arena)
{
    if (staff == 0)
        return "sendcod";
    const struct kind *kind = kind_of_subject(SUBJECT_STAFF);
    struct record *record = kind ? select_record(view, kind, staff, arena) : NULL;
    const char *name = record ? record_show(record, kind->shows, NULL, NULL, arena) : NULL;
    return name ? name : "somebody";
}

const char *view_code_title(struct view *view, const char *list, const char *code, struct arena *arena)
{
    sqlite3_stmt *statement = db_statement(view->db, "SELECT title FROM code WHERE list = ?1 AND code = ?2");
    const char *title = NULL;
    if (statement) {
        db_bind(statement, 1, value_text(list));
        db_bind(statement, 2, value_text(code));
        const char *found = db_next(statement) == SQLITE_ROW ? db_text(statement, 0) : NULL;
        title = found ? arena_strdup(arena, found) : NULL;
        db_done(statement);
    }
    return title ? title : code;
}

#define WARNINGS_MOST 1000 // of one request: more than anybody reads

void view_warn(struct view *view, const struct record *record, const char *field, const char *format, ...)
{
    if (!view->writing)
        return;
    struct change *change = view->writing->change;
    struct change_result *result = &change->result;
    char text[512];
    if (result->n_warnings >= WARNINGS_MOST)
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (!scope_reads_record(&view->scope, record->kind, record->about))
        return; // changed by a rule, out of the author's sight: it is not for them
    const struct field *found = field ? field_find(record->kind, field) : NULL;
    if ((result->n_warnings & (result->n_warnings - 1)) == 0) { // grows by doubling
        struct warning_item *grown = arena_alloc(change->arena, (result->n_warnings ? 2 * result->n_warnings : 1) * sizeof *grown);
        if (!grown)
            return; // a warning less is no reason to refuse
        if (result->n_warnings)
            memcpy(grown, result->warnings, result->n_warnings * sizeof *grown);
        result->warnings = grown;
    }
    result->warnings[result->n_warnings++] =
        (struct warning_item){record->kind, record->id, found ? found->index : -1, arena_strdup(change->arena, text)};
}

// --- what this request did ---

bool view_changed(const struct view *view, const struct record *record)
{
    const struct writing *writing = view->writing;
    return writing && writing->from_seq && record->seq >= writing->from_seq;
}

bool view_made(const struct view *view, const struct kind *kind, int64_t id)
{
    const struct touch *touch = view->writing ? touch_find(view->writing, kind, id) : NULL;
    return touch && touch->is_new && touch->first;
}

// Where the record is or may be put.
static struct once *once_slot(struct once *slots, size_t room, const struct kind *kind, int64_t id)
{
    size_t at = ((size_t)id * 2654435761u + kind->index) % room;
    while (slots[at].kind && (slots[at].kind != kind || slots[at].id != id))
        at = (at + 1) % room;
    return &slots[at];
}

static bool once_grow(struct writing *writing)
{
    size_t room = writing->once_room ? 2 * writing->once_room : 64;
    struct once *slots = arena_zero(writing->change->arena, room, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < writing->once_room; i++)
        if (writing->once[i].kind)
            *once_slot(slots, room, writing->once[i].kind, writing->once[i].id) = writing->once[i];
    writing->once = slots;
    writing->once_room = room;
    return true;
}

bool view_once(struct view *view, const struct record *record)
{
    struct writing *writing = view->writing;
    if (!writing || (2 * writing->n_once >= writing->once_room && !once_grow(writing)))
        return true; // judged once more than need be
    struct once *slot = once_slot(writing->once, writing->once_room, record->kind, record->id);
    if (slot->kind)
        return false;
    *slot = (struct once){record->kind, record->id, NULL};
    writing->n_once++;
    return true;
}

void *view_keep(struct view *view, const struct record *record, size_t size)
{
    struct writing *writing = view->writing;
    if (!writing || (2 * writing->n_once >= writing->once_room && !once_grow(writing)))
        return NULL;
    struct once *slot = once_slot(writing->once, writing->once_room, record->kind, record->id);
    if (slot->kind)
        return slot->kept;
    void *kept = arena_zero(writing->change->arena, 1, size);
    if (kept) {
        *slot = (struct once){record->kind, record->id, kept};
        writing->n_once++;
    }
    return kept;
}

int view_figures(struct view *view, struct view_figures *figures)
{
    *figures = (struct view_figures){.changes = (uint64_t)db_number(view->db, "SELECT count(*) FROM change", 0)};
    figures->records = (uint64_t)db_number(view->db, "SELECT sum(last) FROM counter", 0);
    log_chain(view->db, figures->chain);
    struct stat about;
    char wal[4200];
    snprintf(wal, sizeof wal, "%s-wal", view->store->path);
    figures->database_bytes = stat(view->store->path, &about) == 0 ? (uint64_t)about.st_size : 0;
    figures->wal_bytes = stat(wal, &about) == 0 ? (uint64_t)about.st_size : 0;
    return 0;
}
