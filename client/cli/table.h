// Rows and columns of text: aligned for people, TSV and CSV for programs. What
// is stored cannot drive a terminal or a spreadsheet from here. Any thread, not shared.
#ifndef CLIENT_CLI_TABLE_H
#define CLIENT_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct arena;
struct cli;

struct table_column {
    const char *name;  // for programs: "review_due"
    const char *label; // for people: "Review due"
    bool right;        // numbers
    unsigned how;      // TABLE_KEEP …
};

#define TABLE_KEEP 1u // shown also when every cell is empty or the terminal narrow
#define TABLE_FIRM 2u // never cut: an id or a date that is cut says nothing
// Which columns are left out first when all do not fit: the highest, of equals the
// rightmost. From TABLE_EXTRA on, one goes before any other is made narrow.
#define TABLE_DROP(n) ((unsigned)(n) << 8)
#define TABLE_EXTRA   48

struct table {
    struct arena *arena;
    const struct table_column *columns;
    size_t n_columns, n_rows, size;
    const char ***rows;
};

// Columns and the texts of cells are borrowed; the rest is the arena's.
void table_init(struct table *table, const struct table_column *columns, size_t n_columns, struct arena *arena);
// n_columns cells; NULL is empty. 0 or ERR_NOMEM.
int table_add(struct table *table, const char *const *cells);
// Aligned, cut to `width` columns of a terminal; columns that are empty or do not
// fit are left out. How many did not fit.
size_t table_text(const struct table *table, int width, bool bold, FILE *out);
void table_tsv(const struct table *table, FILE *out);
// 0 or ERR_NOMEM.
int table_csv(const struct table *table, bool raw, bool excel, FILE *out);
// As the run wants it. Not for JSON. How many columns did not fit.
size_t table_print(struct cli *cli, const struct table *table);

#endif
