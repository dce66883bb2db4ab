// One report as asked for and drawn: what its files share. Knows no report by name;
// no figure is computed here. Main thread.
#ifndef CLIENT_CLI_DRAW_H
#define CLIENT_CLI_DRAW_H

#include "client/cli/cli.h"
#include "common/report.h"

struct call;

#define DRAW_PARAMS  32
#define DRAW_COLUMNS 64

struct drawing {
    struct cli *cli;
    const struct report_info *info;
    Sendco__ReportRequest__Param params[DRAW_PARAMS]; // texts in the run's arena
    size_t n_params;
    int32_t as_at;
    int64_t as_known;
    const char *why, *section; // may be NULL
    bool follows;              // no --since: it goes on where it was last read
    bool part;                 // not of everything: what was left out has not been seen
    struct problem *problem;
    // The answer, in the arena of the drawing's moment.
    Sendco__Report *report;
    uint64_t epoch, seq;
};

// What the words and options mean; names become ids, days ISO. Asks a person at most
// about names that fit several. 0 or an error.
int drawing_prepare(struct drawing *drawing, struct cli *cli, const struct report_info *info, const char *word, struct problem *problem);
// Asks the server. `once`: on this connection only; *lost (may be NULL) as cli_ask_once.
int drawing_ask(struct drawing *drawing, bool once, bool *lost);
// Draws the answer in the run's format. 0 or an error.
int drawing_draw(struct drawing *drawing);
// As long as it changes, until nobody reads any more. 0 or an error.
int drawing_watch(struct drawing *drawing);
// Keeps how far a report of changes was shown, when it is one that goes on. The next one begins there.
void drawing_seen(const struct drawing *drawing);
const char *drawing_since(struct drawing *drawing); // "#1234"; NULL: nothing is kept

// --- pieces ---

bool section_has(const Sendco__Report__Section *section, const char *name);
// The rows are records, and the report shows no id itself.
bool section_links(const Sendco__Report__Section *section);
const char *link_text(struct cli *cli, const Sendco__Report__Row *row);
struct value cell_value(const Sendco__Report__Row *row, size_t at);
// A report's column as a record's field of the same nature; of a cell that holds words, text.
struct field column_field(const Sendco__Report__Column *column);
struct field cell_field(const Sendco__Report__Column *column, struct value value);
// A cell in words, for a person or a program.
const char *cell_text(struct cli *cli, const Sendco__Report__Column *column, const Sendco__Report__Row *row, size_t at);
// Are the names of --columns columns of some section? 0 or ERR_USAGE.
int columns_check(struct cli *cli, const Sendco__Report *report, struct problem *problem);
// Prints the section as a table. How many columns did not fit, or ERR_NOMEM.
int section_table(struct cli *cli, const Sendco__Report__Section *section);
void drawing_json(const struct drawing *drawing);
// The only section to draw; NULL: all, or not there.
const Sendco__Report__Section *drawing_only(const struct drawing *drawing);

#endif
