// Draws tables. Any thread, not shared.
#include "client/cli/table.h"

#include <string.h>

#include "client/cli/cli.h"
#include "common/arena.h"
#include "common/buffer.h"
#include "common/text.h"

#define TABLE_GAP       2
#define TABLE_WIDEST    48 // of one column, before the terminal's width is asked
#define TABLE_COMFORT   24 // as narrow as a column is made without anybody minding
#define TABLE_NARROWEST 12 // narrower still only when nothing is left to leave out
#define TABLE_STUMP     4

void table_init(struct table *table, const struct table_column *columns, size_t n_columns, struct arena *arena)
{
    *table = (struct table){.arena = arena, .columns = columns, .n_columns = n_columns};
}

int table_add(struct table *table, const char *const *cells)
{
    const char **row = arena_alloc(table->arena, table->n_columns * sizeof *row);

    if (table->n_rows == table->size) {
        size_t size = table->size ? table->size * 2 : 64;
        const char ***rows = arena_alloc(table->arena, size * sizeof *rows);

        if (!rows)
            return ERR_NOMEM;
        if (table->n_rows > 0)
            memcpy(rows, table->rows, table->n_rows * sizeof *rows);
        table->rows = rows;
        table->size = size;
    }
    if (!row)
        return ERR_NOMEM;
    for (size_t i = 0; i < table->n_columns; i++)
        row[i] = cells[i] ? cells[i] : "";
    table->rows[table->n_rows++] = row;
    return 0;
}

// --- for people ---------------------------------------------------------------

static const char *safe(const struct table *table, const char *text)
{
    const char *shown = text_safe(text, false, table->arena);

    return shown ? shown : "";
}

// How wide each column would like to be; 0 for one that is left out.
static void table_measure(const struct table *table, int *widths)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        int widest = 0;

        for (size_t r = 0; r < table->n_rows; r++) {
            int width = *table->rows[r][c] ? text_width(safe(table, table->rows[r][c])) : 0;

            widest = width > widest ? width : widest;
        }
        bool shown = widest > 0 || (table->columns[c].how & TABLE_KEEP) || table->n_rows == 0;
        int label = text_width(table->columns[c].label);
        widths[c] = shown ? (widest > label ? widest : label) : 0;
        if (widths[c] > TABLE_WIDEST && c + 1 < table->n_columns)
            widths[c] = TABLE_WIDEST;
    }
}

static int narrowed(const struct table *table, const int *widths, size_t c, int at_most)
{
    return widths[c] < at_most || (table->columns[c].how & TABLE_FIRM) || table->columns[c].right ? widths[c] : at_most;
}

static int table_width(const struct table *table, const int *widths, int at_most)
{
    int total = 0;

    for (size_t c = 0; c < table->n_columns; c++)
        if (widths[c] > 0)
            total += narrowed(table, widths, c, at_most) + (total > 0 ? TABLE_GAP : 0);
    return total;
}

// Leaves out columns, the least important first, until the rest can be made narrow enough.
static size_t table_drop(const struct table *table, int *widths, int width, int at_most, unsigned least)
{
    size_t dropped = 0;

    while (table_width(table, widths, at_most) > width) {
        size_t worst = 0;

        for (size_t c = 1; c < table->n_columns; c++) {
            const struct table_column *column = &table->columns[c];

            if (widths[c] > 0 && !(column->how & TABLE_KEEP) && column->how >> 8 >= least &&
                (worst == 0 || column->how >> 8 >= table->columns[worst].how >> 8))
                worst = c;
        }
        if (worst == 0)
            break;
        widths[worst] = 0;
        dropped++;
    }
    return dropped;
}

static void table_squeeze(const struct table *table, int *widths, int width, int narrowest)
{
    while (table_width(table, widths, width) > width) {
        size_t widest = table->n_columns;

        for (size_t c = 0; c < table->n_columns; c++)
            if (narrowed(table, widths, c, narrowest) < widths[c] && (widest == table->n_columns || widths[c] > widths[widest]))
                widest = c;
        if (widest == table->n_columns)
            break;
        widths[widest]--;
    }
}

// The last resort: nothing wraps, whatever was asked for.
static size_t table_end(const struct table *table, int *widths, int width)
{
    size_t dropped = 0;

    for (size_t c = table->n_columns; c-- > 1 && table_width(table, widths, width) > width;)
        if (widths[c] > 0) {
            widths[c] = 0;
            dropped++;
        }
    if (table_width(table, widths, width) > width)
        widths[0] = width;
    return dropped;
}

static size_t table_fit(const struct table *table, int *widths, int width)
{
    size_t dropped = table_drop(table, widths, width, TABLE_COMFORT, TABLE_EXTRA);

    dropped += table_drop(table, widths, width, TABLE_NARROWEST, 0);
    table_squeeze(table, widths, width, TABLE_NARROWEST);
    table_squeeze(table, widths, width, TABLE_STUMP);
    return dropped + table_end(table, widths, width);
}

// A cell in Arabic or Hebrew goes out in the order of its letters, with no isolates around
// it. Terminals that know no bidi then keep the columns, as text_width counted; those that
// reorder do so between the cells with Latin letters. Isolates would help these a little and
// hurt the others, which give each a column or a box, and they would end up in what people
// copy: no format character but spelling leaves this program (text_safe).
static void table_line(const struct table *table, const int *widths, const char *const *cells, bool labels, FILE *out)
{
    const char *gap = "";
    size_t last = 0;

    for (size_t c = 0; c < table->n_columns; c++)
        last = widths[c] > 0 ? c : last;
    for (size_t c = 0; c < table->n_columns; c++) {
        if (widths[c] == 0)
            continue;
        const char *text = safe(table, labels ? table->columns[c].label : cells[c]);
        bool right = table->columns[c].right;
        const char *padded = c == last && !right ? text_cut(text, widths[c], table->arena) : text_pad(text, widths[c], right, table->arena);

        fprintf(out, "%s%s", gap, padded ? padded : "");
        gap = "  ";
    }
}

size_t table_text(const struct table *table, int width, bool bold, FILE *out)
{
    int *widths = arena_zero(table->arena, table->n_columns, sizeof *widths);
    size_t dropped;

    if (!widths)
        return 0;
    table_measure(table, widths);
    dropped = table_fit(table, widths, width);
    fputs(bold ? "\033[1m" : "", out);
    table_line(table, widths, NULL, true, out);
    fputs(bold ? "\033[0m\n" : "\n", out);
    for (size_t r = 0; r < table->n_rows; r++) {
        table_line(table, widths, table->rows[r], false, out);
        fputc('\n', out);
    }
    return dropped;
}

// --- for programs -------------------------------------------------------------

static void tsv_cell(const struct table *table, const char *text, bool last, FILE *out)
{
    fprintf(out, "%s%c", *text ? safe(table, text) : "", last ? '\n' : '\t');
}

void table_tsv(const struct table *table, FILE *out)
{
    for (size_t c = 0; c < table->n_columns; c++)
        tsv_cell(table, table->columns[c].name, c + 1 == table->n_columns, out);
    for (size_t r = 0; r < table->n_rows; r++)
        for (size_t c = 0; c < table->n_columns; c++)
            tsv_cell(table, table->rows[r][c], c + 1 == table->n_columns, out);
}

// A cell keeps its line breaks; everything else that could drive a terminal is escaped.
static int csv_line(const struct table *table, const char *const *cells, bool raw, bool excel, struct buffer *line)
{
    for (size_t c = 0; c < table->n_columns; c++) {
        const char *text = cells ? text_safe(cells[c], true, table->arena) : table->columns[c].name;

        if ((c > 0 && buffer_append(line, ",", 1) != 0) || text_csv_cell(line, text ? text : "", raw) != 0)
            return ERR_NOMEM;
    }
    return buffer_append(line, "\r\n", excel ? 2 : 0) != 0 || (!excel && buffer_append(line, "\n", 1) != 0) ? ERR_NOMEM : 0;
}

int table_csv(const struct table *table, bool raw, bool excel, FILE *out)
{
    struct buffer line;
    int error = 0;

    buffer_init(&line);
    if (excel)
        fputs("\xef\xbb\xbf", out);
    for (size_t r = 0; r <= table->n_rows && error == 0; r++) {
        error = csv_line(table, r == 0 ? NULL : table->rows[r - 1], raw, excel, &line);
        if (error == 0)
            fwrite(buffer_head(&line), 1, buffer_size(&line), out);
        buffer_consume(&line, buffer_size(&line));
    }
    buffer_deinit(&line);
    return error;
}

size_t table_print(struct cli *cli, const struct table *table)
{
    if (cli->human && !cli->marked)
        cli_mark(cli); // a page that begins with its table
    if (cli->human)
        return table_text(table, cli->width, cli->colour, cli->out);
    if (cli->format == CLI_CSV)
        table_csv(table, cli->raw, cli->excel, cli->out);
    else
        table_tsv(table, cli->out);
    return 0;
}
