// Text on a page for people: made safe, wrapped to the terminal's width, its own lines
// kept. Main thread.
#ifndef CLIENT_CLI_PAGE_H
#define CLIENT_CLI_PAGE_H

struct cli;

void page_text(struct cli *cli, const char *text);
// A label, filled up to `width` columns, and beside it a text that stays in its own column.
void page_pair(struct cli *cli, const char *label, int width, const char *text);
// A mark ("! ") and a text that hangs under itself.
void page_item(struct cli *cli, const char *mark, const char *text);

#endif
