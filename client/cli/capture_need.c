// need order: a pupil's needs ranked as typed, from a day on, in one Put. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/capture.h"
#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

struct ordering {
    struct capture capture;
    struct captured needs; // of that day, by rank
    struct record **order; // the same as they are to be
    size_t n;
    int64_t pupil;
    int32_t day;
};

static int by_rank(const void *a, const void *b)
{
    int64_t one = record_number(*(struct record *const *)a, "rank"), other = record_number(*(struct record *const *)b, "rank");

    return (one > other) - (one < other);
}

static int need_unknown(struct ordering *ordering, const char *word)
{
    struct problem *problem = &ordering->capture.problem;
    char day[DATE_TEXT_MAX];
    const char *all = "";

    for (size_t i = 0; i < ordering->needs.n && all; i++)
        all = arena_printf(&ordering->capture.cli->arena, "%s %s", all, record_text(ordering->needs.list[i], "need"));
    problem_set(problem, ERR_NOT_FOUND, "\"%.60s\" is no need that the pupil has on %s.", word, date_human(ordering->day, day));
    if (ordering->needs.n > 0)
        problem_hint(problem, "There are:%.280s", all ? all : "");
    else
        problem_hint(problem, "There are none yet: sendco need add pupil=… need=… rank=1 starts=…");
    return ERR_NOT_FOUND;
}

static int need_take(struct ordering *ordering, const char *word)
{
    struct capture *capture = &ordering->capture;
    const struct kind *kind = kind_find("Need");
    struct value value;
    int error = fields_value(capture->cli, kind, field_find(kind, "need"), word, &value, &capture->problem);

    for (size_t i = 0; error == 0 && i < ordering->needs.n; i++) {
        struct record *need = ordering->needs.list[i];

        if (!text_same(record_text(need, "need"), value.text))
            continue;
        for (size_t k = 0; k < ordering->n; k++)
            if (ordering->order[k] == need)
                return problem_set(&capture->problem, ERR_USAGE, "\"%.60s\" is named twice.", word);
        ordering->order[ordering->n++] = need;
        return 0;
    }
    return error != 0 ? error : need_unknown(ordering, word);
}

static int ordering_begin(struct ordering *ordering)
{
    struct capture *capture = &ordering->capture;
    const struct call *call = capture->call;
    struct captured all;
    int error = capture_day(capture, "from", capture->cli->today, &ordering->day);

    if (error == 0)
        error = capture_resolve(capture, "Pupil", call->argv[0], &ordering->pupil);
    if (error == 0)
        error = capture_list(capture, "Need", "pupil", ordering->pupil, ordering->day, &all);
    if (error != 0)
        return error;
    ordering->needs = all;
    if (all.n > 0)
        qsort(all.list, all.n, sizeof *all.list, by_rank);
    if (!(ordering->order = arena_zero(&capture->cli->arena, all.n + 1, sizeof *ordering->order)))
        return ERR_NOMEM;
    for (int i = 1; error == 0 && i < call->argc; i++)
        error = need_take(ordering, call->argv[i]);
    size_t named = ordering->n;
    for (size_t i = 0; error == 0 && i < all.n; i++) {
        size_t k = 0;

        while (k < named && ordering->order[k] != all.list[i])
            k++;
        if (k == named)
            ordering->order[ordering->n++] = all.list[i];
    }
    return error;
}

// A spell that began that very day is corrected; an older one ends and another begins. The
// store closes one that runs; one with an end is ended here.
static int need_rank(struct ordering *ordering, const struct record *old, int64_t rank)
{
    struct capture *capture = &ordering->capture;
    bool same_day = record_number(old, "starts") == ordering->day;
    struct record *need;

    if (record_number(old, "rank") == rank)
        return 0;
    if (!same_day && record_has(old, "ends")) {
        if (!(need = capture_edit(capture, old)))
            return ERR_NOMEM;
        capture_set(capture, need, "ends", value_number(ordering->day - 1));
    }
    need = same_day ? capture_edit(capture, old) : capture_add(capture, "Need");
    if (!need)
        return ERR_NOMEM;
    capture_set(capture, need, "rank", value_number(rank));
    if (!same_day) {
        capture_copy(capture, need, old, "pupil need ends source note");
        capture_set(capture, need, "starts", value_number(ordering->day));
    }
    return 0;
}

static const char *ordering_line(struct ordering *ordering)
{
    struct capture *capture = &ordering->capture;
    const char *text = "";
    char day[DATE_TEXT_MAX];

    for (size_t i = 0; i < ordering->n && text; i++)
        text = arena_printf(&capture->cli->arena, "%s%s%zu %s", text, *text ? ", " : "", i + 1, record_text(ordering->order[i], "need"));
    return arena_printf(&capture->cli->arena, "Needs of %s from %s%s: %s.", capture_label(capture, "Pupil", ordering->pupil),
                        date_human(ordering->day, day), capture->reply ? "" : ", nothing had to change", text ? text : "");
}

int need_order_command(struct cli *cli, const struct call *call)
{
    struct ordering ordering = {.n = 0};
    int error = capture_begin(&ordering.capture, cli, call, "Need");

    if (error == 0)
        error = ordering_begin(&ordering);
    for (size_t i = 0; error == 0 && i < ordering.n; i++)
        error = need_rank(&ordering, ordering.order[i], (int64_t)i + 1);
    if (error == 0)
        error = capture_send(&ordering.capture);
    return error != 0 ? capture_failed(&ordering.capture, "order the needs") : capture_done(&ordering.capture, ordering_line(&ordering));
}
