// A school roll as an MIS writes it, read into rows of values: which column is
// which by an alias table, every fault found and none skipped. No network, no
// terminal; any thread, not shared.
#ifndef CLIENT_EXCHANGE_ROLL_H
#define CLIENT_EXCHANGE_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/record.h"

enum roll_column {
    ROLL_UPN,
    ROLL_FORMER_UPN,
    ROLL_SURNAME,
    ROLL_FORENAME,
    ROLL_NAME,
    ROLL_KNOWN_AS,
    ROLL_BORN,
    ROLL_SEX,
    ROLL_YEAR,
    ROLL_CLASS,
    ROLL_ENTERED,
    ROLL_LEFT,
    ROLL_STATUS,
    ROLL_NEED1,
    ROLL_NEED2,
    ROLL_NEED3,
    ROLL_NEEDS,
    ROLL_UNIT,
    ROLL_RESOURCED,
    ROLL_PREMIUM,
    ROLL_FSM,
    ROLL_FSM6,
    ROLL_EAL,
    ROLL_CARE,
    ROLL_PREVIOUS_CARE,
    ROLL_SERVICE,
    ROLL_ATTENDANCE,
    ROLL_COLUMNS
};

enum roll_read {
    ROLL_AS_TEXT,
    ROLL_AS_NAME,
    ROLL_AS_UPN,
    ROLL_AS_DATE,
    ROLL_AS_SEX,
    ROLL_AS_YEAR,
    ROLL_AS_STATUS,
    ROLL_AS_NEED,
    ROLL_AS_NEEDS,
    ROLL_AS_FLAG,
    ROLL_AS_TENTHS
};

struct roll_column_info {
    const char *label; // "Surname"
    const char *name;  // for --map: "surname"
    const char *field; // of Pupil; NULL: it becomes a record of its own
    enum roll_read read;
    const char *example; // for "there is no column for …"
};
extern const struct roll_column_info roll_columns[ROLL_COLUMNS];
// The column that a heading means, -1 when none. Case, blanks and punctuation do not count.
int roll_column_find(const char *heading);
// The one that a heading nearly means: -1 none; -2 several, which are *first and *second.
int roll_column_near(const char *heading, int *first, int *second);
// Does a heading that nobody understands sound like one of those a roll lives on (UPN, birth, SEN, needs, names)?
bool roll_column_sounds(const char *heading);
// By the name that --map takes, its label or one of its headings; -1 when none.
int roll_column_named(const char *name);
// A heading in lower case, letters and digits only.
void roll_plain(const char *text, char *out, size_t room);

#define ROLL_NEEDS_MAX 9

struct roll_row {
    size_t row;                        // number of the record in the file; the heading is row 1
    size_t line;                       // of the file, where the record begins; 0: not known
    const char *cells[ROLL_COLUMNS];   // as written; NULL: not in the file
    const char *clean[ROLL_COLUMNS];   // without blanks too many and what nobody sees; "": nothing
    struct value values[ROLL_COLUMNS]; // empty: nothing said
    const char *needs[ROLL_NEEDS_MAX]; // codes by rank
    size_t n_needs;
    uint32_t skip;                  // columns that are not read because what they hold is no text
    const char *surname, *forename; // folded, for comparing; ""
    bool faulty;
};

struct roll_fault {
    size_t row, line; // line: of the file; 0: not known
    const char *column, *value, *code, *message, *hint;
}; // column and value may be ""

// Code of the fault of a heading that may be asked about.
#define ROLL_UNREAD "unread-heading"

// A heading that is read as something it is not called.
enum roll_how { ROLL_GIVEN, ROLL_REMEMBERED, ROLL_NEAR };
struct roll_map {
    const char *heading;
    int column; // -1: not to be read
    enum roll_how how;
};

// A heading of the file, in its order.
struct roll_heading {
    const char *text;
    int column; // -1: none
    size_t filled;
};

// Codes of the lists that a roll uses, as the school holds them.
struct roll_code {
    const char *list, *code, *title;
    int32_t from, to;
}; // DATE_NONE: open
struct roll_codes {
    const struct roll_code *codes;
    size_t n;
};

enum roll_order { ROLL_ORDER_SHOWN, ROLL_DAY_FIRST, ROLL_MONTH_FIRST };

struct roll {
    struct arena *arena;
    struct roll_codes codes;
    int32_t today;                      // births lie before it
    int32_t date;                       // codes must be valid on it
    const char *headings[ROLL_COLUMNS]; // as the file writes them; NULL: there is no such column
    const char *encoding;               // "UTF-8", "Windows-1252": for people
    struct roll_heading *heads;
    size_t n_heads, heading_line;
    const struct roll_map *maps; // what the headings mean beyond the table; borrowed
    size_t n_maps;
    struct roll_map *taken; // headings read as what they are not called
    size_t n_taken;
    const char **unread; // headings that mean nothing here
    size_t n_unread;
    struct roll_row **rows;
    size_t n_rows;
    struct roll_fault *faults; // in order of rows
    size_t n_faults;
    struct roll_fault *notes; // worth a look, and in nobody's way
    size_t n_notes;
    enum roll_order order;          // of dates, when somebody says so
    bool month_first[ROLL_COLUMNS]; // this column's dates are written so
    bool fractions, percents;       // attendance: all within 0 to 1; some above 1 or with a sign
};

#define ROLL_BYTES_MAX ((size_t)20 << 20)

void roll_init(struct roll *roll, struct arena *arena, struct roll_codes codes, int32_t today, int32_t date);
// Reads bytes of a whole file. 0, whatever faults the data holds, or ERR_NOMEM, ERR_INPUT (no table at all), see problem.
int roll_read(struct roll *roll, const char *bytes, size_t size, struct problem *problem);
// Only the heading row, for its headings.
int roll_peek(struct roll *roll, const char *bytes, size_t size, struct problem *problem);
// Notes a fault; the row (may be NULL) is faulty from then on. The message is formatted.
void roll_fault_add(struct roll *roll, struct roll_row *row, int column, const char *code, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
// The same for what is worth a look and no fault.
void roll_note_add(struct roll *roll, const struct roll_row *row, int column, const char *code, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void roll_faults_sort(struct roll *roll);
// For a sentence: at most so many bytes in whole characters, "…" where it was cut. May be `text` itself; never NULL.
const char *roll_short(const char *text, size_t most, struct arena *arena);
// "row 4", or "row 4 (line 7)" where the two differ.
const char *roll_place(const struct roll *roll, const struct roll_row *row);
bool roll_has(const struct roll *roll, enum roll_column column);

// --- between its own files ---

// Bytes of any alphabet to UTF-8 in the arena. 0, or ERR_INPUT when it is no text, or ERR_NOMEM.
int roll_decode(struct roll *roll, const char **bytes, size_t *size, struct problem *problem);
// How many columns a record names as a heading would; `whole`: all that a roll must have.
size_t roll_headings_score(const struct roll *roll, const char *const *cells, size_t n, bool *whole);
void roll_headings_take(struct roll *roll, const char *const *cells, size_t n);
// After the last row: what is there twice, and what is not there at all.
void roll_headings_check(struct roll *roll);
// "Surname, Forename" as two values, for all rows.
void roll_names(struct roll *roll);
// Is this good text for a name, or, without `name`, for a label? Else a fault is noted. `field` may be NULL.
bool roll_name_check(struct roll *roll, struct roll_row *row, int column, const struct field *field, const char *text, bool name);
// Text as a person meant it: NFC, single blanks, nothing invisible. Never NULL.
const char *roll_clean(const char *cell, struct arena *arena);
// Two birth dates of which one may be a slip of the other, in words about their pupils; NULL: they are just two.
const char *roll_near_dates(int64_t one, int64_t other);
// What cells say together, and who stands in the file twice.
void roll_checks(struct roll *roll);
// Cells to values, for all rows; faults are noted.
void roll_cells(struct roll *roll);
// Dates, each column in the one order that it, or the rest of the file, is written in.
void roll_dates(struct roll *roll);
// Codes: 0, or a fault is noted. `text`: "K", "K - SEN Support", "SEN support".
const struct roll_code *roll_code_find(const struct roll *roll, const char *list, const char *text);
void roll_row_status(struct roll *roll, struct roll_row *row);
void roll_row_needs(struct roll *roll, struct roll_row *row);

#endif
