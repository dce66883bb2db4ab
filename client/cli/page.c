// Wraps text for people. Main thread.
#include "client/cli/page.h"

#include <string.h>

#include "client/cli/cli.h"
#include "common/text.h"

#define PAGE_LEAST 20 // columns that a text gets at least beside its label

static int word_width(struct cli *cli, const char *word, size_t length)
{
    const char *copy = arena_strndup(&cli->arena, word, length);

    return copy ? text_width(copy) : (int)length;
}

// One line of the text, in as many as it takes; the first begins where the cursor stands.
static void page_line(struct cli *cli, const char *line, size_t length, int indent)
{
    int room = cli->width - indent > PAGE_LEAST ? cli->width - indent : PAGE_LEAST, column = 0;

    for (size_t at = 0; at < length;) {
        size_t blanks = strspn(line + at, " "), size;

        blanks = blanks < length - at ? blanks : length - at;
        size = strcspn(line + at + blanks, " \n");
        size = size < length - at - blanks ? size : length - at - blanks;
        int wide = word_width(cli, line + at + blanks, size);
        if (column > 0 && column + (int)blanks + wide > room) {
            fprintf(cli->out, "\n%*s", indent, "");
            column = 0;
        } else {
            fprintf(cli->out, "%*s", (int)blanks, ""); // an indented line stays so
            column += (int)blanks;
        }
        fwrite(line + at + blanks, 1, size, cli->out);
        column += wide;
        at += blanks + size;
    }
}

static void page_lines(struct cli *cli, const char *text, int indent)
{
    const char *shown = text_safe(text ? text : "", true, &cli->arena);

    for (; shown; shown = *shown == '\n' ? shown + 1 : NULL) {
        size_t length = strcspn(shown, "\n");

        page_line(cli, shown, length, indent);
        shown += length;
        fputc('\n', cli->out);
        if (*shown == '\n' && shown[1])
            fprintf(cli->out, "%*s", indent, "");
        else
            break;
    }
}

void page_text(struct cli *cli, const char *text)
{
    page_lines(cli, text, 0);
}

void page_pair(struct cli *cli, const char *label, int width, const char *text)
{
    const char *shown = text_safe(label, false, &cli->arena);
    const char *padded = shown ? text_pad(shown, width, false, &cli->arena) : NULL;

    fprintf(cli->out, "%s%s%s  ", cli->colour ? "\033[1m" : "", padded ? padded : "", cli->colour ? "\033[0m" : "");
    page_lines(cli, text, width + 2);
}

void page_item(struct cli *cli, const char *mark, const char *text)
{
    fputs(mark, cli->out);
    page_lines(cli, text, text_width(mark));
}
