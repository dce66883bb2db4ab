// What the pages about one pupil (pupil, profile) are made with: the pupil and how
// they stand, their records of a kind, and sections that follow from fields.
// Reader thread; memory is the report's arena.
#ifndef SERVER_REPORTS_PUPIL_PAGE_H
#define SERVER_REPORTS_PUPIL_PAGE_H

#include "server/reports/roll.h"

struct page {
    struct report_work *work;
    const struct record *pupil;
    struct roll roll;
    struct roll_row row; // how the pupil stands on the report's day
    bool past;           // that day is over
};
// The pupil that the parameter of that name names. 0 or an error with its sentence.
int page_make(struct report_work *work, struct page *page);

// Records of one kind about the pupil.
struct page_list {
    const struct kind *kind;
    struct record **list;
    size_t n;
    bool denied; // the reader may see none of this kind: its section is left out
};
// Those whose date in `day` is empty or not after the report's day, newest first, then the highest id; `day`
// NULL: all, by id. 0 or an error with its sentence.
int page_read(const struct page *page, const char *kind, const char *day, struct page_list *list);
// Keeps those for which keep() is true.
void page_keep(const struct page *page, struct page_list *list, bool (*keep)(const struct page *page, const struct record *record));
// Puts the list in order of key(), the smallest first; what is equal stays as it is. 0 or ERR_NOMEM.
int page_sort(const struct page *page, struct page_list *list, int64_t (*key)(const struct page *page, const struct record *record));
// On the report's day: begun or without a beginning, and not over.
bool page_in_use(const struct page *page, const struct record *record);
// A date that the report may tell: one after a day that is over had not happened yet. Empty otherwise.
struct value page_past(const struct page *page, const struct record *record, const char *field);

// A field as people read it: a code's title, what a reference is called.
struct value page_title(const struct page *page, const struct record *record, const char *field);

enum page_how { PAGE_PAST = 1, PAGE_CODE = 2 }; // only as page_past; the code itself, not its title

struct page_column {
    const char *field; // of the records; NULL: the caller fills it
    uint32_t width;
    unsigned how;
    const char *name, *label;  // NULL: the field's
    Sendco__Report__Type type; // of a column without a field
};
// A section with a row for each record, linked to it; without any, its text is `none`. NULL without memory.
Sendco__Report__Section *page_section(const struct page *page, const char *name, const char *title, const struct page_list *list,
                                      const struct page_column *columns, size_t n_columns, const char *none);

// A section of two columns, field and value, that grows to as many as `room` rows.
struct page_facts {
    const struct page *page;
    Sendco__Report__Section *section;
    size_t room;
};
int page_facts(const struct page *page, const char *name, const char *title, size_t room, struct page_facts *facts); // 0 or ERR_NOMEM
void page_fact(struct page_facts *facts, const char *label, const char *text, const struct record *behind);          // NULL, "": no row
void page_fact_of(struct page_facts *facts, const struct record *record, const char *field); // a field as people read it

// "Speech, language and communication needs; …" by rank; NULL when there are none to be seen.
const char *page_needs(const struct page *page);
// The class, and the title of the year; NULL when there is none.
const char *page_class(const struct page *page);
const char *page_year(const struct page *page);

#endif
