// Which record a person means: by id, or by what it is called, with what tells its
// namesakes apart behind it where there are any. A word that stands somewhere in a record
// is not its name. Generic over kinds. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/apart.h"
#include "client/cli/cli.h"
#include "common/kind.h"
#include "common/text.h"

#define RESOLVE_MAX   20
#define RESOLVE_WORDS 256 // of the longest label; in some scripts each character is one
#define RESOLVE_TAIL  6   // words behind a name that tell namesakes apart: "3B, born 14 Mar 2018"

struct candidate {
    int64_t id;
    const char *label;
    int fits; // as cli_name_fits
};

struct candidates {
    const struct kind *kind;
    const char *said; // as typed
    const char *text; // the name in it
    struct candidate list[RESOLVE_MAX];
    size_t n;
    bool more;
};

// --- words ----------------------------------------------------------------------

const char *cli_kind_word(const struct kind *kind, struct arena *arena)
{
    char *word = arena_strdup(arena, kind->title);

    if (!word)
        return kind->title;
    // "SEN status" keeps its capitals, "Target" does not.
    if (word[0] >= 'A' && word[0] <= 'Z' && !(word[1] >= 'A' && word[1] <= 'Z'))
        word[0] = (char)(word[0] - 'A' + 'a');
    return word;
}

const char *cli_kind_a(const struct kind *kind, struct arena *arena)
{
    const char *word = cli_kind_word(kind, arena);
    const char *with = arena_printf(arena, "%s %s", strchr("AEIOUaeiou", word[0]) ? "an" : "a", word);

    return with ? with : word;
}

static int by_word(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t words_of(char *text, const char **words)
{
    char *rest = NULL;
    size_t n = 0;

    for (char *word = text ? strtok_r(text, " ", &rest) : NULL; word && n < RESOLVE_WORDS; word = strtok_r(NULL, " ", &rest))
        words[n++] = word;
    if (n > 0)
        qsort(words, n, sizeof *words, by_word);
    return n;
}

int cli_name_fits(const char *name, const char *label, struct arena *arena)
{
    const char *typed[RESOLVE_WORDS], *called[RESOLVE_WORDS];
    size_t n = words_of(text_fold(name, arena), typed), of = words_of(text_fold(label, arena), called), same = 0;

    if (n == 0)
        return 0;
    while (same < n && n == of && !strcmp(typed[same], called[same]))
        same++;
    if (same == n) // in whatever order: "Khan, Aisha" and "Aisha Khan"
        return 2;
    of = words_of(text_fold_search(label, arena), called);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;

        while (at < of && strncmp(called[at], typed[i], strlen(typed[i])) != 0)
            at++;
        if (at == of)
            return 0;
    }
    return 1;
}

// --- looking --------------------------------------------------------------------

// A UPN or the like names one record as its name does.
static int hit_fits(struct cli *cli, const struct candidates *all, const Sendco__SearchReply__Hit *hit)
{
    const struct field *field = hit->has_field ? field_by_number(all->kind, hit->field) : NULL;
    int fits = hit->label ? cli_name_fits(all->text, hit->label, &cli->arena) : 0;

    if (fits == 0 && field && field->unique && hit->text)
        fits = cli_name_fits(all->text, hit->text, &cli->arena);
    return fits;
}

static int on_candidates(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct candidates *all = data;
    const Sendco__SearchReply *search = reply->body_case == SENDCO__REPLY__BODY_SEARCH ? reply->search : NULL;

    all->more |= search && search->capped;
    for (size_t i = 0; search && i < search->n_hits; i++) {
        const Sendco__SearchReply__Hit *hit = search->hits[i];
        int fits = hit_fits(cli, all, hit);
        size_t at = 0;

        while (at < all->n && all->list[at].id != hit->id)
            at++;
        if (at == RESOLVE_MAX)
            all->more = true;
        else if (at == all->n)
            all->list[all->n++] = (struct candidate){hit->id, arena_strdup(&cli->arena, hit->label ? hit->label : ""), fits};
        else if (fits > all->list[at].fits)
            all->list[at].fits = fits;
    }
    return 0;
}

// A name that one goes by is not in the label; the record says it.
static int also_known_as(struct cli *cli, const struct kind *kind, const char *text, struct candidate *one, struct problem *problem)
{
    const struct field *known = field_find(kind, "known_as");
    struct record *record;

    if (one->fits > 0 || !known)
        return 0;
    int error = cli_get(cli, kind, one->id, 0, &record, NULL, problem);
    if (error != 0)
        return error == ERR_NOT_FOUND ? 0 : error;
    if (record->values[known->index].type == VALUE_TEXT) {
        const char *both = arena_printf(&cli->arena, "%s %s", one->label, record->values[known->index].text);

        one->fits = both && cli_name_fits(text, both, &cli->arena) > 0;
    }
    return 0;
}

// Those that are called exactly so; if none is, those whose name begins so.
static int candidates_keep(struct cli *cli, struct candidates *all, struct problem *problem)
{
    int best = 1;
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        int error = also_known_as(cli, all->kind, all->text, &all->list[i], problem);

        if (error != 0)
            return error;
        best = all->list[i].fits > best ? all->list[i].fits : best;
    }
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].fits == best)
            all->list[n++] = all->list[i];
    all->n = n;
    return 0;
}

// Pupils are always told apart, others when they are called alike.
static void candidates_apart(struct cli *cli, struct candidates *all)
{
    bool alike[RESOLVE_MAX] = {false};

    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < all->n; k++)
            alike[i] |= all->kind->subject == SUBJECT_PUPIL || (k != i && !strcmp(all->list[i].label, all->list[k].label));
    for (size_t i = 0; i < all->n; i++)
        if (alike[i])
            all->list[i].label = apart_label(cli, all->kind, all->list[i].id, all->list[i].label);
}

static int candidates_choose(struct cli *cli, const struct candidates *all, int *chosen, struct problem *problem)
{
    const char *choices[RESOLVE_MAX], *word = cli_kind_word(all->kind, &cli->arena);
    char one[ID_TEXT_MAX];

    for (size_t i = 0; i < all->n; i++)
        choices[i] = arena_printf(&cli->arena, "%s  %s", id_format(all->kind, all->list[i].id, one), all->list[i].label);
    *chosen = cli_choose(cli, arena_printf(&cli->arena, "Which %s is \"%s\"?", word, all->said), choices, all->n);
    if (*chosen >= 0)
        return 0;
    problem_set(problem, ERR_AMBIGUOUS, "\"%.100s\" fits %s%zu records of the kind %s.", all->said, all->more ? "more than " : "", all->n,
                word);
    problem_hint(problem, "Name the one you mean by its id, such as %s", id_format(all->kind, all->list[0].id, one));
    for (size_t i = 0; i < all->n; i++)
        problem_field_add(problem,
                          &(struct problem_field){.kind = all->kind, .id = all->list[i].id, .field = -1, .message = all->list[i].label});
    return ERR_AMBIGUOUS;
}

// Before something is written, half a name is not taken for a whole one unasked.
static int candidate_sure(struct cli *cli, const struct candidates *all, struct problem *problem)
{
    const struct candidate *one = &all->list[0];
    char id[ID_TEXT_MAX];

    if (one->fits == 2 || !cli->writing || !cli_can_ask(cli))
        return 0;
    id_format(all->kind, one->id, id);
    if (cli_confirm(cli, arena_printf(&cli->arena, "\"%s\": is that %s (%s)?", all->said, one->label, id)))
        return 0;
    problem_set(problem, ERR_AMBIGUOUS, "\"%.100s\" was not meant to be %.200s.", all->said, one->label);
    problem_hint(problem, "Say the whole name, or the id: sendco find TEXT shows it");
    return ERR_AMBIGUOUS;
}

const struct cli_named *cli_named(const struct cli *cli, const struct kind *kind, int64_t id)
{
    for (size_t i = 0; i < cli->n_named; i++)
        if (cli->named[i].kind == kind && cli->named[i].id == id)
            return &cli->named[i];
    return NULL;
}

void cli_named_add(struct cli *cli, const struct kind *kind, int64_t id, const char *label)
{
    struct cli_named *more = arena_alloc(&cli->arena, (cli->n_named + 1) * sizeof *more);

    if (!more)
        return;
    if (cli->n_named > 0)
        memcpy(more, cli->named, cli->n_named * sizeof *more);
    more[cli->n_named++] = (struct cli_named){kind, id, label};
    cli->named = more;
}

static int candidates_find(struct cli *cli, struct candidates *all, struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Search search = SENDCO__SEARCH__INIT;
    uint32_t number = all->kind->number;

    search.text = (char *)all->text;
    search.has_limit = true;
    search.limit = 4 * RESOLVE_MAX; // one record may be hit in several fields
    search.n_kinds = 1;
    search.kinds = &number;
    request.body_case = SENDCO__REQUEST__BODY_SEARCH;
    request.search = &search;
    int error = cli_ask(cli, &request, on_candidates, all, problem);
    return error == 0 ? candidates_keep(cli, all, problem) : error;
}

// Keeps those whose class or day of birth the words say.
static int candidates_fit(struct cli *cli, struct candidates *all, const char *const *words, size_t n_words, struct problem *problem)
{
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        struct apart apart;
        int error = apart_get(cli, all->kind, all->list[i].id, &apart, problem);

        if (error != 0)
            return error;
        if (apart_fits(cli, &apart, words, n_words))
            all->list[n++] = all->list[i];
    }
    all->n = n;
    return 0;
}

// "O'Hanrahan Roisin 3B", "Aisha Khan, born 14/3/2018": first the longest name that somebody has.
static int candidates_behind(struct cli *cli, struct candidates *all, struct problem *problem)
{
    char *typed = arena_strdup(&cli->arena, all->said), *rest = NULL;
    const char *words[RESOLVE_WORDS];
    size_t n = 0;

    for (char *word = typed ? strtok_r(typed, " ,()", &rest) : NULL; word && n < RESOLVE_WORDS; word = strtok_r(NULL, " ,()", &rest))
        words[n++] = word;
    for (size_t tail = 1; all->n == 0 && tail < n && tail <= RESOLVE_TAIL; tail++) {
        const char *name = words[0];

        for (size_t i = 1; name && i < n - tail; i++)
            name = arena_printf(&cli->arena, "%s %s", name, words[i]);
        *all = (struct candidates){.kind = all->kind, .said = all->said, .text = name ? name : words[0]};
        int error = candidates_find(cli, all, problem);
        if (error == 0)
            error = candidates_fit(cli, all, words + n - tail, tail, problem);
        if (error != 0)
            return error;
    }
    return 0;
}

static int by_name(struct cli *cli, struct candidates *all, int64_t *id, struct problem *problem)
{
    int chosen = 0, error = candidates_find(cli, all, problem);

    if (error == 0 && all->n == 0 && apart_can(all->kind))
        error = candidates_behind(cli, all, problem);
    if (error != 0)
        return error;
    if (all->n == 0) {
        problem_set(problem, ERR_NOT_FOUND, "No %s that you may see is called \"%.100s\".", cli_kind_word(all->kind, &cli->arena),
                    all->said);
        const char *near = cli_near(cli, all->kind, all->said);

        problem_hint(problem, "%s%.300s%sLook for it with: sendco find TEXT, or sendco %s list", near ? "The nearest: " : "",
                     near ? near : "", near ? ". " : "", all->kind->noun);
        return ERR_NOT_FOUND;
    }
    const char *label = all->list[0].label;
    if (all->n > 1) {
        struct candidates shown = *all;

        candidates_apart(cli, &shown);
        error = candidates_choose(cli, &shown, &chosen, problem);
        label = error == 0 ? all->list[chosen].label : label;
    } else {
        error = candidate_sure(cli, all, problem);
    }
    if (error != 0)
        return error;
    *id = all->list[chosen].id;
    cli_named_add(cli, all->kind, *id, label);
    return 0;
}

// "me" among the staff: whoever is logged in.
static int by_self(struct cli *cli, const struct kind *kind, int64_t *id, struct problem *problem)
{
    int error = cli_open(cli, problem);

    if (error != 0)
        return error;
    if (cli->staff <= 0)
        return problem_set(problem, ERR_NOT_FOUND, "\"me\" is nobody: whoever is logged in is not among the staff.");
    *id = cli->staff;
    cli_named_add(cli, kind, *id, cli->person);
    return 0;
}

int cli_resolve(struct cli *cli, const struct kind *kind, const char *text, int64_t *id, struct problem *problem)
{
    struct candidates all = {.kind = kind, .said = text, .text = text};
    const struct kind *meant = NULL;
    struct problem ignored;

    problem_init(&ignored, NULL);
    if (id_parse(kind, text, NULL, id, &ignored) == 0)
        return 0;
    if (id_parse(NULL, text, &meant, id, &ignored) == 0 && meant && meant != kind) {
        problem_set(problem, ERR_INVALID, "%.40s is the id of %s; here it must be %s.", text, cli_kind_a(meant, &cli->arena),
                    cli_kind_a(kind, &cli->arena));
        return ERR_INVALID;
    }
    if (kind->subject == SUBJECT_STAFF && text_same(text, "me"))
        return by_self(cli, kind, id, problem);
    return by_name(cli, &all, id, problem);
}
