// What is wrong in a roll, each with its row, its column and what stands there; and
// beside the faults the notes, which are in nobody's way. Any thread, not shared.
#include "client/exchange/roll.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct roll_fault *list_add(struct roll *roll, struct roll_fault **list, size_t *n)
{
    if ((*n & (*n - 1)) == 0) {
        struct roll_fault *room = arena_zero(roll->arena, *n ? *n * 2 : 1, sizeof *room);
        if (!room)
            return NULL;
        if (*n)
            memcpy(room, *list, *n * sizeof *room);
        *list = room;
    }
    return &(*list)[(*n)++];
}

// A name that stands in one column of the file is told as that column.
static int column_shown(const struct roll *roll, int column)
{
    bool one = (column == ROLL_SURNAME || column == ROLL_FORENAME) && !roll->headings[column] && roll->headings[ROLL_NAME];
    return one ? ROLL_NAME : column;
}

// A whole excerpt of at most so many bytes: never half a character.
const char *roll_short(const char *text, size_t most, struct arena *arena)
{
    size_t size = most;
    if (strnlen(text, most + 1) <= most)
        return text;
    while (size && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    char *cut = arena_alloc(arena, size + sizeof "…");
    if (!cut)
        return "";
    memcpy(cut, text, size);
    strcpy(cut + size, "…");
    return cut;
}

const char *roll_place(const struct roll *roll, const struct roll_row *row)
{
    const char *place = row->line && row->line != row->row ? arena_printf(roll->arena, "row %zu (line %zu)", row->row, row->line)
                                                           : arena_printf(roll->arena, "row %zu", row->row);
    return place ? place : "a row";
}

#define MESSAGE_MAX 600
#define VALUE_SHOWN 160 // bytes of a cell

static void fault_fill(struct roll *roll, struct roll_fault *fault, const struct roll_row *row, int column, const char *code,
                       const char *hint, const char *message)
{
    *fault = (struct roll_fault){.row = row ? row->row : 1, .column = "", .value = "", .code = code, .hint = hint ? hint : ""};
    fault->line = row ? row->line : roll->heading_line;
    fault->message = arena_strdup(roll->arena, roll_short(message, MESSAGE_MAX, roll->arena));
    column = column_shown(roll, column);
    if (column >= 0) {
        fault->column = roll->headings[column] ? roll->headings[column] : roll_columns[column].label;
        fault->value = row && row->cells[column] ? roll_short(row->cells[column], VALUE_SHOWN, roll->arena) : "";
    }
    if (!fault->message)
        fault->message = code;
}

// One byte more than is shown: so it can be told that something was cut.
#define MESSAGE_ROOM (MESSAGE_MAX + 2)

void roll_fault_add(struct roll *roll, struct roll_row *row, int column, const char *code, const char *hint, const char *format, ...)
{
    char message[MESSAGE_ROOM];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    struct roll_fault *fault = list_add(roll, &roll->faults, &roll->n_faults);
    if (fault)
        fault_fill(roll, fault, row, column, code, hint, message);
    if (row)
        row->faulty = true;
}

void roll_note_add(struct roll *roll, const struct roll_row *row, int column, const char *code, const char *hint, const char *format, ...)
{
    char message[MESSAGE_ROOM];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    struct roll_fault *note = list_add(roll, &roll->notes, &roll->n_notes);
    if (note)
        fault_fill(roll, note, row, column, code, hint, message);
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
    if (roll->n_notes)
        qsort(roll->notes, roll->n_notes, sizeof *roll->notes, by_row);
}
