// A report that draws itself anew when a record changes that it reads. What changed is
// not told, only that something did, so a lost connection loses nothing: one asks
// again. Main thread.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/draw.h"
#include "client/cli/run.h"
#include "common/clock.h"
#include "common/kind.h"
#include "common/text.h"

#define WATCH_KINDS        64
#define WATCH_PAUSE_MS     1000
#define WATCH_PAUSE_MAX_MS 30000
#define REDRAW_NS          UINT64_C(500000000) // twice a second at most
#define REDRAW_MS          20

struct redrawing {
    struct drawing *drawing;
    uint32_t kinds[WATCH_KINDS];
    size_t n_kinds;
    bool stale, again, logged_out, drawn; // again: the watch has ended and is to begin anew
    bool cut;                             // the last line of what was drawn has no end
    uint64_t last;                        // when it was drawn
};

static void on_push(struct cli *cli, const Sendco__Push *push, void *data)
{
    struct redrawing *redrawing = data;

    (void)cli;
    redrawing->stale |= push->n_changes > 0;
    if (!push->resync)
        return;
    redrawing->again = redrawing->stale = true;
    redrawing->logged_out = push->resync->why == SENDCO__RESYNC__WHY__LOGIN;
}

static int watch_ask(struct redrawing *redrawing, struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Watch wire = SENDCO__WATCH__INIT;

    wire.n_kinds = redrawing->n_kinds;
    wire.kinds = redrawing->kinds;
    request.body_case = SENDCO__REQUEST__BODY_WATCH;
    request.watch = &wire;
    return cli_ask(redrawing->drawing->cli, &request, NULL, NULL, problem);
}

static void redraw_head(const struct redrawing *redrawing)
{
    struct cli *cli = redrawing->drawing->cli;
    char when[32];

    if (!cli->human)
        return;
    cli->marked = false;
    if (isatty(fileno(cli->out)))
        fputs("\033[H\033[2J\033[3J", cli->out);
    else if (redrawing->drawn)
        fprintf(cli->out, "\n--- %s ---\n", clock_text(clock_now(), when));
}

// The lines of a terminal that a text takes, escapes of colour aside.
static size_t lines_of(struct cli *cli, const char *line, size_t length)
{
    char *plain = arena_strndup(&cli->arena, line, length), *to = plain;

    for (const char *from = plain; from && *from; from++) {
        if (*from == '\033')
            from += strcspn(from, "m");
        else
            *to++ = *from;
        if (!*from)
            break;
    }
    if (!plain)
        return 1;
    *to = '\0';
    int width = text_width(plain);
    return cli->width > 0 && width > cli->width ? (size_t)((width + cli->width - 1) / cli->width) : 1;
}

// A terminal gets the first screenful: what it would scroll away nobody can read. True: there was more, and the last line
// has no end, which would scroll away the first.
static bool screenful(struct cli *cli, const char *text, size_t height)
{
    size_t used = 0, left = 0;
    const char *end = NULL; // of what fits beside the last line

    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");

        used += lines_of(cli, line, length);
        if (!end && used >= height)
            end = line;
        left += end != NULL;
        line += length + (line[length] == '\n');
    }
    fwrite(text, 1, end ? (size_t)(end - text) : strlen(text), cli->out);
    if (end)
        fprintf(cli->out, "… %zu more line%s: --section NAME, or a larger window", left, left == 1 ? "" : "s");
    return end != NULL;
}

// What is said next is said below the drawing.
static void redraw_end_line(struct redrawing *redrawing)
{
    FILE *out = redrawing->drawing->cli->out;

    if (!redrawing->cut)
        return;
    redrawing->cut = false;
    fputc('\n', out);
    fflush(out);
}

static int redraw_text(struct redrawing *redrawing)
{
    struct drawing *drawing = redrawing->drawing;
    struct cli *cli = drawing->cli;
    FILE *out = cli->out;
    size_t size = 0;
    char *text = NULL;

    if (!cli->human || !isatty(fileno(out)) || !(cli->out = open_memstream(&text, &size))) {
        cli->out = out;
        return drawing_draw(drawing);
    }
    int error = drawing_draw(drawing);
    bool whole = fclose(cli->out) == 0;
    cli->out = out;
    if (whole && text)
        redrawing->cut = screenful(cli, text, (size_t)people_height());
    free(text);
    return error == 0 && !whole ? problem_set(drawing->problem, ERR_NOMEM, "There is not enough memory for the report.") : error;
}

// What one drawing needs is given back with it: a watch may last for weeks.
static int redraw(struct redrawing *redrawing)
{
    struct drawing *drawing = redrawing->drawing;
    struct cli *cli = drawing->cli;
    struct arena lasting = cli->arena;
    bool lost = false;

    arena_init(&cli->arena, 0);
    redrawing->stale = false;
    redrawing->last = clock_monotonic();
    int error = drawing_ask(drawing, true, &lost);
    if (error == 0) {
        redraw_head(redrawing);
        error = redraw_text(redrawing);
        drawing_seen(drawing);
        redrawing->drawn = true;
    }
    drawing->report = NULL;
    drawing->problem->n_fields = 0; // they lay in that memory
    arena_deinit(&cli->arena);
    cli->arena = lasting;
    redrawing->again |= lost;
    return lost ? 0 : error;
}

static int redraw_wait(struct redrawing *redrawing)
{
    struct cli *cli = redrawing->drawing->cli;
    unsigned generation = cli->generation;

    while (cli->link && cli->generation == generation && !redrawing->again) {
        int error = 0;

        if (redrawing->stale && (!redrawing->drawn || clock_monotonic() - redrawing->last >= REDRAW_NS))
            error = redraw(redrawing);
        if (error == ERR_LOGIN && !redrawing->logged_out)
            redrawing->again = redrawing->logged_out = true; // by the password file, if there is one
        else if (error == ERR_BUSY || error == ERR_RETRY)
            redrawing->stale = true;
        else if (error != 0)
            return error;
        if (fflush(cli->out) != 0)
            return 1;
        if (redrawing->again || !cli->link)
            break;
        if (redrawing->stale)
            cli_sleep(cli, REDRAW_MS);
        else
            uv_run(&cli->loop, UV_RUN_ONCE);
    }
    if (redrawing->logged_out)
        cli_disconnect(cli);
    return 0;
}

static bool worth_waiting(int error)
{
    return error == ERR_UNREACHABLE || error == ERR_TIMEOUT || error == ERR_BUSY || error == ERR_RETRY || error == ERR_RESYNC;
}

// A server that restarts is waited for, longer each time, for as long as it takes.
static int redraw_on(struct redrawing *redrawing)
{
    struct drawing *drawing = redrawing->drawing;
    struct cli *cli = drawing->cli;
    unsigned pause = WATCH_PAUSE_MS;

    for (;;) {
        problem_init(drawing->problem, &cli->arena);
        redrawing->again = redrawing->logged_out = false;
        int error = watch_ask(redrawing, drawing->problem);

        if (error != 0 && !(redrawing->drawn && worth_waiting(error)))
            return error;
        if (error != 0) {
            cli_note(cli, "%s Trying again in %u s.", drawing->problem->message, pause / 1000);
            cli_sleep(cli, pause);
            pause = pause * 2 < WATCH_PAUSE_MAX_MS ? pause * 2 : WATCH_PAUSE_MAX_MS;
            continue;
        }
        if (redrawing->drawn)
            cli_note(cli, "Watching again.");
        pause = WATCH_PAUSE_MS;
        redrawing->stale = cli->no_input = true; // what happened meanwhile is in the new drawing
        error = redraw_wait(redrawing);
        redraw_end_line(redrawing);
        if (error != 0)
            return error > 0 ? 0 : error;
    }
}

int drawing_watch(struct drawing *drawing)
{
    struct redrawing redrawing = {.drawing = drawing};
    struct cli *cli = drawing->cli;

    for (const char *const *name = drawing->info->reads; name && *name && redrawing.n_kinds < WATCH_KINDS; name++) {
        const struct kind *kind = kind_find(*name);

        if (kind)
            redrawing.kinds[redrawing.n_kinds++] = kind->number;
    }
    cli_note(cli, "Watching; end with Ctrl-C.");
    cli->on_push = on_push;
    cli->push_data = &redrawing;
    int error = redraw_on(&redrawing);
    cli->on_push = NULL;
    return error;
}
