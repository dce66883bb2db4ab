// How the pages about one pupil are made; see pupil_page.h. Reader thread.
#include "server/reports/pupil_page.h"

#include <stdlib.h>

int page_make(struct report_work *work, struct page *page)
{
    struct record *pupil;
    *page = (struct page){.work = work, .past = work->as_at < view_today(work->view)};
    int result = report_record(work, "pupil", &pupil);
    if (result < 0)
        return result;
    page->pupil = pupil;
    result = roll_make(work, true, &page->roll);
    if (result == 0)
        page->row = roll_of(&page->roll, pupil->id);
    return result;
}

// --- lists -----------------------------------------------------------------------

struct keyed {
    int64_t key;
    size_t place;
    struct record *record;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key > y->key ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

int page_sort(const struct page *page, struct page_list *list, int64_t (*key)(const struct page *page, const struct record *record))
{
    struct keyed *keyed = arena_zero(page->work->arena, list->n + 1, sizeof *keyed);
    if (!keyed)
        return ERR_NOMEM;
    for (size_t i = 0; i < list->n; i++)
        keyed[i] = (struct keyed){key(page, list->list[i]), i, list->list[i]};
    if (list->n)
        qsort(keyed, list->n, sizeof *keyed, by_key);
    for (size_t i = 0; i < list->n; i++)
        list->list[i] = keyed[i].record;
    return 0;
}

void page_keep(const struct page *page, struct page_list *list, bool (*keep)(const struct page *page, const struct record *record))
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        if (keep(page, list->list[i]))
            list->list[n++] = list->list[i];
    list->n = n;
}

int page_read(const struct page *page, const char *kind, const char *day, struct page_list *list)
{
    struct report_work *work = page->work;
    struct query query;
    struct rows rows;
    struct rows_index index = {0};
    query_init(&query, kind_find(kind));
    query.about = page->pupil->id;
    int result = rows_query(work, &query, ROWS_ALL, &rows);
    if (result == 0)
        result = rows_index(work, &rows, NULL, day, &index);
    *list = (struct page_list){.kind = query.kind, .denied = rows.denied};
    if (result < 0)
        return result;
    list->list = arena_zero(work->arena, index.n + 1, sizeof(struct record *));
    if (!list->list)
        return ERR_NOMEM;
    for (size_t i = 0; i < index.n; i++) {
        struct record *record = index.list[day ? index.n - 1 - i : i];
        if (!day || record_number(record, day) <= work->as_at)
            list->list[list->n++] = record;
    }
    return 0;
}

bool page_in_use(const struct page *page, const struct record *record)
{
    int32_t day = page->work->as_at;
    return (!record_has(record, "starts") || record_number(record, "starts") <= day) &&
           (!record_has(record, "ends") || record_number(record, "ends") >= day);
}

struct value page_past(const struct page *page, const struct record *record, const char *field)
{
    if (page->past && record_has(record, field) && record_number(record, field) > page->work->as_at)
        return (struct value){0};
    return report_field(record, field);
}

// --- sections --------------------------------------------------------------------

static Sendco__Report__Type type_of(const struct field *field)
{
    switch (field->as) {
    case AS_DATE:
        return SENDCO__REPORT__TYPE__DAY;
    case AS_TIME:
        return SENDCO__REPORT__TYPE__INSTANT;
    case AS_MONEY:
        return SENDCO__REPORT__TYPE__PENCE;
    case AS_MINUTES:
        return SENDCO__REPORT__TYPE__DURATION;
    case AS_TENTHS:
        return SENDCO__REPORT__TYPE__DECIMAL;
    case AS_BOOL:
        return SENDCO__REPORT__TYPE__FLAG;
    case AS_NUMBER:
        return SENDCO__REPORT__TYPE__NUMBER;
    default:
        return SENDCO__REPORT__TYPE__TEXT;
    }
}

static struct value value_in(const struct page *page, const struct record *record, const char *name, unsigned how)
{
    const struct field *field = field_find(record->kind, name);
    if (how & PAGE_PAST)
        return page_past(page, record, name);
    if (field->as == AS_REF)
        return report_ref(page->work, record, name);
    if (field->as == AS_CODE && !(how & PAGE_CODE) && record_has(record, name)) {
        const char *title = view_code_title(page->work->view, field->codes, record_text(record, name), page->work->arena);
        return title ? value_text(title) : (struct value){0};
    }
    return report_field(record, name);
}

struct value page_title(const struct page *page, const struct record *record, const char *name)
{
    return value_in(page, record, name, 0);
}

Sendco__Report__Section *page_section(const struct page *page, const char *name, const char *title, const struct page_list *list,
                                      const struct page_column *columns, size_t n_columns, const char *none)
{
    struct arena *arena = page->work->arena;
    struct report_column *shown = arena_zero(arena, n_columns, sizeof *shown);
    for (size_t i = 0; shown && i < n_columns; i++) {
        const struct page_column *column = &columns[i];
        const struct field *field = column->field ? field_find(list->kind, column->field) : NULL;
        shown[i] = (struct report_column){column->name ? column->name : column->field,
                                          column->label ? column->label
                                          : field       ? field->label
                                                        : "",
                                          field ? type_of(field) : column->type, column->width};
    }
    Sendco__Report__Section *section = shown ? report_section(page->work, name, title, shown, n_columns, list->n) : NULL;
    for (size_t i = 0; section && i < list->n; i++) {
        for (size_t j = 0; j < n_columns; j++)
            if (columns[j].field)
                report_cell(section->rows[i], j, value_in(page, list->list[i], columns[j].field, columns[j].how));
        report_link(section->rows[i], list->kind, list->list[i]->id, arena);
    }
    if (section && list->n == 0 && !(section->text = arena_strdup(arena, none)))
        return NULL;
    return section;
}

// --- facts -----------------------------------------------------------------------

int page_facts(const struct page *page, const char *name, const char *title, size_t room, struct page_facts *facts)
{
    static const struct report_column columns[] = {
        {"field", "Field", SENDCO__REPORT__TYPE__TEXT, 20},
        {"value", "Value", SENDCO__REPORT__TYPE__TEXT, 56},
    };
    *facts = (struct page_facts){page, report_section(page->work, name, title, columns, 2, room), room};
    if (!facts->section)
        return ERR_NOMEM;
    facts->section->n_rows = 0;
    return 0;
}

void page_fact(struct page_facts *facts, const char *label, const char *text, const struct record *behind)
{
    Sendco__Report__Section *section = facts->section;
    if (!text || !*text || section->n_rows == facts->room)
        return;
    Sendco__Report__Row *row = section->rows[section->n_rows++];
    report_cell(row, 0, value_text(label));
    report_cell(row, 1, value_text(text));
    if (behind)
        report_link(row, behind->kind, behind->id, facts->page->work->arena);
}

void page_fact_of(struct page_facts *facts, const struct record *record, const char *name)
{
    const struct field *field = field_find(record->kind, name);
    struct value value = value_in(facts->page, record, name, field->as == AS_DATE ? PAGE_PAST : 0);
    const char *text = value.type == VALUE_TEXT ? value.text : value_format(field, value, VALUE_HUMAN, facts->page->work->arena);
    page_fact(facts, field->label, text, record);
}

const char *page_needs(const struct page *page)
{
    struct arena *arena = page->work->arena;
    const char *text = NULL;
    for (size_t i = 0; i < page->row.n_needs; i++) {
        struct value title = value_in(page, page->row.needs[i], "need", 0);
        const char *longer = title.text ? arena_printf(arena, "%s%s%s", text ? text : "", text ? "; " : "", title.text) : NULL;
        text = longer ? longer : text;
    }
    return text;
}

const char *page_class(const struct page *page)
{
    return page->row.school_class ? record_text(page->row.school_class, "name") : NULL;
}

const char *page_year(const struct page *page)
{
    const struct record *code = roll_code(&page->roll, "year-group", page->row.year, NULL);
    return code ? record_text(code, "title") : page->row.year;
}
