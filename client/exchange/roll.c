// From bytes to rows: encoding, quoting, heading, one cell per column. Everything
// wrong becomes a fault with its row, so that a school mends its file in one go.
// Any thread, not shared.
#include "client/exchange/roll.h"

#include <csv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "common/text.h"

#define ROLL_CELLS_MAX 400

struct reader {
    struct roll *roll;
    const char *cells[ROLL_CELLS_MAX];
    size_t n_cells, n_records, room, unread_room;
    int columns[ROLL_CELLS_MAX]; // what each place of the heading means; -1: nothing
    const char *headings[ROLL_CELLS_MAX];
    size_t n_headings;
    bool failed; // memory
};

void roll_init(struct roll *roll, struct arena *arena, struct roll_codes codes, int32_t today, int32_t date)
{
    *roll = (struct roll){.arena = arena, .codes = codes, .today = today, .date = date};
}

bool roll_has(const struct roll *roll, enum roll_column column)
{
    return roll->headings[column] != NULL;
}

void roll_fault_add(struct roll *roll, struct roll_row *row, int column, const char *code, const char *hint, const char *format, ...)
{
    if ((roll->n_faults & (roll->n_faults - 1)) == 0) {
        struct roll_fault *room = arena_zero(roll->arena, roll->n_faults ? roll->n_faults * 2 : 1, sizeof *room);
        if (!room)
            return;
        if (roll->n_faults)
            memcpy(room, roll->faults, roll->n_faults * sizeof *room);
        roll->faults = room;
    }
    char message[400];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    struct roll_fault *fault = &roll->faults[roll->n_faults++];
    *fault = (struct roll_fault){.row = row ? row->row : 1, .column = "", .value = "", .code = code, .hint = hint ? hint : ""};
    fault->message = arena_strdup(roll->arena, message);
    if (column >= 0) {
        fault->column = roll->headings[column] ? roll->headings[column] : roll_columns[column].label;
        fault->value = row && row->cells[column] ? row->cells[column] : "";
    }
    if (!fault->message)
        fault->message = code;
    if (row)
        row->faulty = true;
}

static int by_row(const void *a, const void *b)
{
    const struct roll_fault *x = a, *y = b;
    return x->row != y->row ? (x->row > y->row ? 1 : -1) : strcmp(x->column, y->column);
}

void roll_faults_sort(struct roll *roll)
{
    if (roll->n_faults)
        qsort(roll->faults, roll->n_faults, sizeof *roll->faults, by_row);
}

// --- heading -------------------------------------------------------------------

static void unread_add(struct reader *reader, const char *heading)
{
    struct roll *roll = reader->roll;
    if (!roll->unread)
        roll->unread = arena_zero(roll->arena, ROLL_CELLS_MAX, sizeof(const char *));
    if (roll->unread && *heading)
        roll->unread[roll->n_unread++] = heading;
}

static void take_heading(struct reader *reader)
{
    struct roll *roll = reader->roll;
    reader->n_headings = reader->n_cells;
    for (size_t i = 0; i < reader->n_cells; i++) {
        const char *heading = text_normal(reader->cells[i], roll->arena);
        heading = heading ? heading : "";
        int column = roll_column_find(heading);
        reader->columns[i] = column;
        reader->headings[i] = heading;
        if (column < 0) {
            unread_add(reader, heading);
        } else if (roll->headings[column]) {
            roll_fault_add(roll, NULL, column, "twice", "Take one of the two columns out of the file.", "“%.60s” and “%.60s” mean the same",
                           roll->headings[column], heading);
            reader->columns[i] = -1;
        } else {
            roll->headings[column] = heading;
        }
    }
}

static void check_heading(struct reader *reader)
{
    static const enum roll_column needed[] = {ROLL_SURNAME, ROLL_BORN};
    struct roll *roll = reader->roll;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        const struct roll_column_info *info = &roll_columns[needed[i]];
        if (!roll->headings[needed[i]])
            roll_fault_add(roll, NULL, (int)needed[i], "no-column",
                           arena_printf(roll->arena, "Give one of the columns this heading: %s", info->example),
                           "there is no column for it in the first row");
    }
    if (roll->headings[ROLL_NEEDS] && (roll->headings[ROLL_NEED1] || roll->headings[ROLL_NEED2]))
        roll_fault_add(roll, NULL, ROLL_NEEDS, "twice", "Keep the ranked list or the two single columns.",
                       "needs stand in two places of the file");
}

// --- rows ----------------------------------------------------------------------

static struct roll_row *row_new(struct reader *reader)
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
        roll->rows[roll->n_rows++] = row;
    }
    return row;
}

static void take_row(struct reader *reader)
{
    struct roll_row *row = row_new(reader);
    if (!row) {
        reader->failed = true;
        return;
    }
    for (size_t i = 0; i < reader->n_cells && i < reader->n_headings; i++) {
        if (reader->columns[i] >= 0)
            row->cells[reader->columns[i]] = reader->cells[i];
    }
    if (reader->n_cells != reader->n_headings)
        roll_fault_add(reader->roll, row, -1, "cells", "Look for a comma or a quotation mark too many or too few in this row.",
                       "has %zu cells where the heading has %zu", reader->n_cells, reader->n_headings);
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

static bool blank(const struct reader *reader)
{
    for (size_t i = 0; i < reader->n_cells; i++) {
        if (reader->cells[i][strspn(reader->cells[i], " \t")])
            return false;
    }
    return true;
}

static void on_record(int end, void *data)
{
    (void)end;
    struct reader *reader = data;
    reader->n_records++;
    if (reader->n_records == 1) {
        take_heading(reader);
        check_heading(reader);
    } else if (!blank(reader)) {
        take_row(reader); // spreadsheets leave rows of nothing but commas behind
    }
    reader->n_cells = 0;
}

// --- bytes ---------------------------------------------------------------------

// The first line says what stands between cells: the sign it has most of.
static unsigned char delimiter(const char *bytes, size_t size)
{
    static const char signs[] = ",;\t";
    size_t count[3] = {0}, best = 0;
    for (size_t i = 0; i < size && bytes[i] != '\n' && bytes[i] != '\r'; i++) {
        const char *found = bytes[i] ? strchr(signs, bytes[i]) : NULL;
        if (found)
            count[found - signs]++;
    }
    for (size_t i = 1; i < 3; i++)
        best = count[i] > count[best] ? i : best;
    return (unsigned char)signs[best];
}

static int check_bytes(const char *bytes, size_t size, struct problem *problem)
{
    if (size > ROLL_BYTES_MAX)
        return problem_set(problem, ERR_TOO_LARGE, "The file is larger than 20 MiB.");
    bool wide = size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
    if (!wide && size && memchr(bytes, '\0', size))
        return problem_set(problem, ERR_INPUT, "The file holds NUL bytes: it is no CSV text.");
    if (wide)
        problem_set(problem, ERR_INPUT, "The file is UTF-16 text, not UTF-8.");
    size_t line = 1, at = 0;
    while (!wide && at < size) {
        utf8proc_int32_t letter;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)bytes + at, (utf8proc_ssize_t)(size - at), &letter);
        if (used <= 0) {
            problem_set(problem, ERR_INPUT, "The file is not UTF-8 text: line %zu holds other bytes.", line);
            break;
        }
        line += letter == '\n';
        at += (size_t)used;
    }
    if (!wide && at >= size)
        return 0;
    problem_hint(problem, "In Excel choose Save As, “CSV UTF-8 (Comma delimited)”, then import that file.");
    return ERR_INPUT;
}

static int parse(struct reader *reader, const char *bytes, size_t size, struct problem *problem)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory to read the file.");
    csv_set_delim(&parser, delimiter(bytes, size));
    size_t done = csv_parse(&parser, bytes, size, on_cell, on_record, reader);
    bool broken = done < size || csv_fini(&parser, on_cell, on_record, reader) != 0;
    csv_free(&parser);
    if (reader->failed)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory to read the file.");
    if (!broken)
        return 0;
    struct roll_row row = {.row = reader->n_records + 1};
    roll_fault_add(reader->roll, &row, -1, "quoting", "Write a quotation mark inside a cell twice, and close every one that opens.",
                   "a quotation mark stands where none can be; nothing after it was read");
    return 0;
}

int roll_read(struct roll *roll, const char *bytes, size_t size, struct problem *problem)
{
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    int result = check_bytes(bytes, size, problem);
    if (result < 0)
        return result;
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory to read the file.");
    reader->roll = roll;
    result = parse(reader, bytes, size, problem);
    if (result == 0 && reader->n_records == 0 && roll->n_faults == 0)
        result = problem_set(problem, ERR_INPUT, "The file is empty: it has no heading row.");
    free(reader);
    if (result == 0)
        roll_cells(roll);
    roll_faults_sort(roll);
    return result;
}
