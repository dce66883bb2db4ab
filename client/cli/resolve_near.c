// Whom a name may have meant that nobody has: those whose words differ by a slip or two.
// Generic over kinds. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/kind.h"
#include "common/text.h"

#define NEAR_MAX   3  // so many are offered
#define NEAR_WORDS 12 // of a name
#define NEAR_SLIP  4  // letters of a word for each that may be wrong

struct near {
    struct cli *cli;
    const struct kind *kind;
    const char *words[NEAR_WORDS]; // as typed, folded
    size_t n_words;
    struct near_one {
        int64_t id;
        const char *label;
        int distance;
    } list[NEAR_MAX];
    size_t n;
};

static size_t words_of(char *text, const char **words)
{
    char *rest = NULL;
    size_t n = 0;

    for (char *word = text ? strtok_r(text, " ", &rest) : NULL; word && n < NEAR_WORDS; word = strtok_r(NULL, " ", &rest))
        words[n++] = word;
    return n;
}

// Letters that differ in all; -1 when some word is like none of the label's.
static int distance_of(const struct near *near, const char *label)
{
    const char *called[NEAR_WORDS];
    size_t of = words_of(text_fold(label, &near->cli->arena), called);
    int all = 0;

    for (size_t i = 0; i < near->n_words; i++) {
        int most = (int)strlen(near->words[i]) / NEAR_SLIP, best = most + 1;

        for (size_t k = 0; k < of; k++) {
            int distance = text_distance(near->words[i], called[k]);

            best = distance < best ? distance : best;
        }
        if (best > most)
            return -1;
        all += best;
    }
    return all;
}

static void near_add(struct near *near, struct near_one one)
{
    size_t at = near->n < NEAR_MAX ? near->n++ : NEAR_MAX;

    for (; at > 0 && near->list[at - 1].distance > one.distance; at--)
        if (at < NEAR_MAX)
            near->list[at] = near->list[at - 1];
    if (at < NEAR_MAX)
        near->list[at] = one;
}

static int on_near(struct record *record, void *data)
{
    struct near *near = data;
    // What it is called without what others are called: their labels come after the records.
    const char *label = record_show(record, near->kind->shows, NULL, NULL, &near->cli->arena);
    int distance = label ? distance_of(near, label) : -1;

    if (distance >= 0)
        near_add(near, (struct near_one){record->id, label, distance});
    return 0;
}

const char *cli_near(struct cli *cli, const struct kind *kind, const char *text)
{
    struct near near = {.cli = cli, .kind = kind};
    const char *all = "";
    struct problem ignored;
    char id[ID_TEXT_MAX];

    problem_init(&ignored, NULL);
    near.n_words = words_of(text_fold(text, &cli->arena), near.words);
    // Of what others are about there are hundreds, not ten thousands.
    if (near.n_words == 0 || kind->about.depth > 0 || cli_list_all(cli, kind, on_near, &near, &ignored) != 0)
        return NULL;
    for (size_t i = 0; i < near.n && all; i++)
        all = arena_printf(&cli->arena, "%s%s%s (%s)", all, i ? ", or " : "", near.list[i].label, id_format(kind, near.list[i].id, id));
    return all && *all ? all : NULL;
}
