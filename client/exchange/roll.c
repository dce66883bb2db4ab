// From bytes to rows: encoding, quoting, heading, one cell per column. Everything
// wrong becomes a fault with its row, so that a school mends its file in one go.
// Any thread, not shared.
#include "client/exchange/roll.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLL_CELLS_MAX 400
#define ROLL_TITLES    10 // the heading is one of the first so many records

struct record_cells {
    const char **cells;
    size_t n, line;
};

struct reader {
    struct roll *roll;
    const char *cells[ROLL_CELLS_MAX];
    size_t n_cells, n_records, room;
    size_t line, began;                     // of the file: what is read next, where the record at hand begins
    struct record_cells first[ROLL_TITLES]; // until the heading is known
    size_t n_first;
    bool headed, ended; // ended: a record just did
    bool peek;          // only for the heading
    bool failed;        // memory
};

void roll_init(struct roll *roll, struct arena *arena, struct roll_codes codes, int32_t today, int32_t date)
{
    *roll = (struct roll){.arena = arena, .codes = codes, .today = today, .date = date};
}

bool roll_has(const struct roll *roll, enum roll_column column)
{
    return roll->headings[column] != NULL;
}

// --- rows ----------------------------------------------------------------------

static struct roll_row *row_new(struct reader *reader, size_t line)
{
    struct roll *roll = reader->roll;
    if (roll->n_rows == reader->room) {
        size_t room = reader->room ? reader->room * 2 : 512;
        struct roll_row **rows = arena_zero(roll->arena, room, sizeof(struct roll_row *));
        if (!rows)
            return NULL;
        if (roll->n_rows)
            memcpy(rows, roll->rows, roll->n_rows * sizeof(struct roll_row *));
        roll->rows = rows;
        reader->room = room;
    }
    struct roll_row *row = arena_zero(roll->arena, 1, sizeof *row);
    if (row) {
        row->row = reader->n_records;
        row->line = line;
        roll->rows[roll->n_rows++] = row;
    }
    return row;
}

static bool empty(const char *cell)
{
    return !cell[strspn(cell, " \t")] || ((unsigned char)*cell >= 0x80 && cell[strspn(cell, " \t\xc2\xa0\xe2\x80\x8b")] == '\0');
}

// "Total", "60 pupils", "Count: 60": the foot of a printed list.
static bool is_total(const struct record_cells *record)
{
    static const char *const words[] = {"total", "count", "numberof", "pupils", "grandtotal", "sum", NULL};
    size_t filled = 0;
    bool said = false;
    for (size_t i = 0; i < record->n; i++) {
        char plain[40];
        if (empty(record->cells[i]))
            continue;
        filled++;
        roll_plain(record->cells[i], plain, sizeof plain);
        const char *word = plain + strspn(plain, "0123456789");
        for (size_t w = 0; words[w]; w++)
            said = said || (strncmp(word, words[w], strlen(words[w])) == 0 && word[strcspn(word, "0123456789")] == '\0') ||
                   strncmp(word, "total", 5) == 0;
    }
    return said && filled <= 3;
}

static void take_cells(struct roll *roll, struct roll_row *row, const struct record_cells *record)
{
    for (size_t i = 0; i < record->n && i < roll->n_heads; i++) {
        struct roll_heading *head = &roll->heads[i];
        bool said = !empty(record->cells[i]);
        head->filled += said;
        if (head->column >= 0 && (said || !row->cells[head->column]))
            row->cells[head->column] = record->cells[i];
    }
}

// Columns without heading and content at the right are of the spreadsheet, not of the roll.
static bool fits(const struct roll *roll, const struct record_cells *record)
{
    size_t filled = record->n, named = roll->n_heads;
    while (filled && empty(record->cells[filled - 1]))
        filled--;
    while (named && !*roll->heads[named - 1].text)
        named--;
    return filled <= roll->n_heads && record->n >= named;
}

static void take_row(struct reader *reader, const struct record_cells *record)
{
    struct roll *roll = reader->roll;
    struct roll_row *row = row_new(reader, record->line);
    if (!row) {
        reader->failed = true;
        return;
    }
    if (is_total(record)) {
        row->skip = UINT32_MAX;
        roll_fault_add(roll, row, -1, "totals", "Take this row out of the file.", "is a row of totals, not a pupil");
    } else if (!fits(roll, record)) {
        // What stands in the wrong place is not worth a fault of its own.
        row->skip = UINT32_MAX;
        roll_fault_add(roll, row, -1, "cells", "Look for a comma or a quotation mark too many or too few in this row.",
                       "has %zu cells where the heading has %zu", record->n, roll->n_heads);
    } else
        take_cells(roll, row, record);
}

// --- heading -------------------------------------------------------------------

static bool blank(const struct record_cells *record)
{
    for (size_t i = 0; i < record->n; i++) {
        if (!empty(record->cells[i]))
            return false;
    }
    return true;
}

// The heading is the record that names what a roll must have; else the one that names most.
static void take_heading(struct reader *reader)
{
    size_t best = 0, most = 0;
    bool whole = false;
    for (size_t i = 0; i < reader->n_first && !whole; i++) {
        size_t score = roll_headings_score(reader->roll, reader->first[i].cells, reader->first[i].n, &whole);
        if (whole || score > most) {
            best = i;
            most = score;
        }
    }
    reader->headed = true;
    reader->n_records = 1;
    reader->roll->heading_line = reader->first[best].line;
    roll_headings_take(reader->roll, reader->first[best].cells, reader->first[best].n);
    for (size_t i = best + 1; i < reader->n_first; i++) {
        reader->n_records++;
        if (!blank(&reader->first[i]))
            take_row(reader, &reader->first[i]);
    }
}

static void on_first(struct reader *reader, const struct record_cells *record)
{
    bool whole;
    struct record_cells *kept = &reader->first[reader->n_first];
    if (reader->n_first == 0 && blank(record))
        return;
    *kept = *record;
    kept->cells = arena_copy(reader->roll->arena, record->cells, record->n * sizeof(const char *));
    if (!kept->cells) {
        reader->failed = true;
        return;
    }
    reader->n_first++;
    roll_headings_score(reader->roll, kept->cells, kept->n, &whole);
    if (whole || reader->n_first == ROLL_TITLES)
        take_heading(reader);
}

static void on_cell(void *bytes, size_t size, void *data)
{
    struct reader *reader = data;
    const char *cell = arena_strndup(reader->roll->arena, bytes ? bytes : "", size);
    if (!cell)
        reader->failed = true;
    else if (reader->n_cells < ROLL_CELLS_MAX)
        reader->cells[reader->n_cells++] = cell;
}

static void on_record(int end, void *data)
{
    (void)end;
    struct reader *reader = data;
    const struct record_cells record = {reader->cells, reader->n_cells, reader->began};
    reader->n_cells = 0;
    reader->ended = true;
    if (reader->failed)
        return;
    if (!reader->headed) {
        on_first(reader, &record);
        return;
    }
    reader->n_records++;
    if (!blank(&record))
        take_row(reader, &record); // spreadsheets leave rows of nothing but commas behind
}

// --- bytes ---------------------------------------------------------------------

static size_t line_size(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            return i + 1;
        if (bytes[i] == '\r')
            return i + 1 + (i + 1 < size && bytes[i + 1] == '\n');
    }
    return size;
}

// The first lines say what stands between cells: the sign they have most of.
static unsigned char delimiter(const char *bytes, size_t size)
{
    static const char signs[] = ",;\t";
    size_t count[3] = {0}, best = 0, lines = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && lines < ROLL_TITLES; i++) {
        const char *found = bytes[i] && !quoted ? strchr(signs, bytes[i]) : NULL;
        quoted ^= bytes[i] == '"';
        lines += bytes[i] == '\n' || bytes[i] == '\r';
        if (found)
            count[found - signs]++;
    }
    for (size_t i = 1; i < 3; i++)
        best = count[i] > count[best] ? i : best;
    return (unsigned char)signs[best];
}

static void broken(struct reader *reader)
{
    struct roll_row row = {.row = reader->headed ? reader->n_records + 1 : 1, .line = reader->began};
    reader->n_cells = 0;
    roll_fault_add(reader->roll, &row, -1, "quoting", "Write a quotation mark inside a cell twice, and close every one that opens.",
                   "a quotation mark stands where none can be, so this row was not read");
    if (reader->headed)
        reader->n_records++;
}

static bool peeked(const struct reader *reader)
{
    return reader->peek && reader->headed;
}

// Records until the text ends or one is broken: then where the next line begins.
static size_t parse_some(struct reader *reader, unsigned char sign, const char *bytes, size_t size)
{
    struct csv_parser parser;
    size_t at = 0, began = 0, next = 0; // the record at hand: its begin and the end of its first line
    reader->began = reader->line;
    bool good = csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
    reader->failed = reader->failed || !good;
    if (!good)
        return size;
    csv_set_delim(&parser, sign);
    while (good && at < size && !reader->failed && !peeked(reader)) {
        size_t line = line_size(bytes + at, size - at);
        reader->ended = false;
        good = csv_parse(&parser, bytes + at, line, on_cell, on_record, reader) == line;
        bool none = at == began && strspn(bytes + at, " \t\r\n") >= line;
        next = at == began ? at + line : next;
        at += line;
        reader->line++;
        if (good && (reader->ended || none)) {
            began = at;
            reader->began = reader->line;
        }
    }
    reader->ended = false;
    good = peeked(reader) || (good && csv_fini(&parser, on_cell, on_record, reader) == 0);
    csv_free(&parser);
    if (good || reader->failed)
        return size;
    broken(reader);
    reader->line = reader->began + 1;
    return next;
}

static int parse(struct reader *reader, const char *bytes, size_t size, struct problem *problem)
{
    unsigned char sign = delimiter(bytes, size);
    for (size_t at = 0; at < size && !reader->failed;)
        at += parse_some(reader, sign, bytes + at, size - at);
    if (!reader->failed && !reader->headed && reader->n_first)
        take_heading(reader);
    return reader->failed ? problem_set(problem, ERR_NOMEM, "There was not enough memory to read the file.") : 0;
}

static int read_all(struct roll *roll, const char *bytes, size_t size, bool peek, struct problem *problem)
{
    if (size > ROLL_BYTES_MAX)
        return problem_set(problem, ERR_TOO_LARGE, "The file is larger than 20 MiB.");
    int result = roll_decode(roll, &bytes, &size, problem);
    if (result < 0)
        return result;
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory to read the file.");
    reader->roll = roll;
    reader->peek = peek;
    reader->line = 1;
    result = parse(reader, bytes, size, problem);
    if (result == 0 && !reader->headed && roll->n_faults == 0)
        result = problem_set(problem, ERR_INPUT, "The file is empty: it has no heading row.");
    free(reader);
    return result;
}

int roll_peek(struct roll *roll, const char *bytes, size_t size, struct problem *problem)
{
    return read_all(roll, bytes, size, true, problem);
}

int roll_read(struct roll *roll, const char *bytes, size_t size, struct problem *problem)
{
    int result = read_all(roll, bytes, size, false, problem);
    if (result == 0) {
        roll_headings_check(roll);
        roll_cells(roll);
    }
    roll_faults_sort(roll);
    return result;
}
