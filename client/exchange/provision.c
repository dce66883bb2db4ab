// SEN status and needs of a roll: codes, words and lists that MIS products write,
// as the school's own codes. Any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

// Words that stand for a code and are not its title; as words_of makes them.
static const struct {
    const char *list, *word, *code;
} words[] = {
    {"sen-provision", "sensupport", "K"},
    {"sen-provision", "sendsupport", "K"},
    {"sen-provision", "schoolsupport", "K"},
    {"sen-provision", "ehcp", "E"},
    {"sen-provision", "ehcplan", "E"},
    {"sen-provision", "ehc", "E"},
    {"sen-provision", "ehcneedsplan", "E"},
    {"sen-provision", "educationhealthandcareplan", "E"},
    {"sen-provision", "educationhealthcareplan", "E"},
    {"sen-provision", "educationalhealthandcareplan", "E"},
    {"sen-provision", "educationhealthandcareplanehcp", "E"},
    {"sen-provision", "nosen", "N"},
    {"sen-provision", "nosend", "N"},
    {"sen-provision", "notsen", "N"},
    {"sen-provision", "none", "N"},
    {"sen-provision", "nosenprovision", "N"},
    {"sen-provision", "nospecialprovision", "N"},
    {"sen-provision", "nospecialeducationneed", "N"},
    {"sen-provision", "nospecialeducationalneed", "N"},
    {"sen-provision", "schoolactionplus", "P"},
    {"sen-provision", "statemented", "S"},
    {"sen-provision", "statementofsen", "S"},
    {"need-type", "asc", "ASD"},
    {"need-type", "autism", "ASD"},
    {"need-type", "autisticspectrum", "ASD"},
    {"need-type", "autismspectrumdisorder", "ASD"},
    {"need-type", "autismspectrumcondition", "ASD"},
    {"need-type", "autisticspectrumcondition", "ASD"},
    {"need-type", "dyslexia", "SPLD"},
    {"need-type", "downsyndrome", "DS"},
    {"need-type", "downssyndrome", "DS"},
    {"need-type", "visualimpairment", "VI"},
    {"need-type", "visionimpairment", "VI"},
    {"need-type", "otherdifficultydisability", "OTH"},
    {"need-type", "otherdifficultyordisability", "OTH"},
    {"need-type", "multisensoryimpairment", "MSI"},
    {"need-type", "socialemotionalmentalhealth", "SEMH"},
    {"need-type", "speechlanguagecommunicationneed", "SLCN"},
    {"need-type", "nospecialistassessment", "NSA"},
    {"need-type", "sensupportnospecialistassessment", "NSA"},
    {"need-type", "nospecialistassessmentoftypeofneed", "NSA"},
    {"need-type", "behaviouremotionalandsocialdifficulty", "BESD"},
};

// Letters and digits in lower case, "&" as "and", "+" as "plus", one and many alike.
static void words_of(const char *text, size_t size, char *out, size_t room)
{
    size_t at = 0;
    for (size_t i = 0; i < size && text[i] && at + 5 < room; i++) {
        if (isalnum((unsigned char)text[i]))
            out[at++] = (char)tolower((unsigned char)text[i]);
        else if (text[i] == '&' || text[i] == '+') {
            memcpy(out + at, text[i] == '&' ? "and" : "plus", 4);
            at += text[i] == '&' ? 3 : 4;
        }
    }
    out[at] = '\0';
    if (at > 5 && strcmp(out + at - 3, "ies") == 0)
        strcpy(out + at - 3, "y");
    else if (at > 4 && out[at - 1] == 's' && out[at - 2] != 's' && out[at - 2] != 'u')
        out[at - 1] = '\0';
}

static const struct roll_code *by_code(const struct roll *roll, const char *list, const char *code)
{
    for (size_t i = 0; i < roll->codes.n; i++) {
        if (strcmp(roll->codes.codes[i].list, list) == 0 && text_same(roll->codes.codes[i].code, code))
            return &roll->codes.codes[i];
    }
    return NULL;
}

static const struct roll_code *by_words(const struct roll *roll, const char *list, const char *text, size_t size)
{
    char whole[96], title[160];
    words_of(text, size, whole, sizeof whole);
    for (size_t i = 0; *whole && i < roll->codes.n; i++) {
        const struct roll_code *code = &roll->codes.codes[i];
        if (strcmp(code->list, list) != 0)
            continue;
        words_of(code->title, strlen(code->title), title, sizeof title);
        if (strcmp(title, whole) == 0)
            return code;
    }
    for (size_t i = 0; *whole && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].list, list) == 0 && strcmp(words[i].word, whole) == 0)
            return by_code(roll, list, words[i].code);
    }
    return NULL;
}

static const struct roll_code *by_short(const struct roll *roll, const char *list, const char *text, size_t size)
{
    char code[24];
    if (!size || size >= sizeof code)
        return NULL;
    snprintf(code, sizeof code, "%.*s", (int)size, text);
    return by_code(roll, list, code);
}

// "K - SEN Support", "K: …", "K (SEN support)", "NSA*": the code stands in front. What
// follows may be in other words, but not those of another code.
static const struct roll_code *by_front(const struct roll *roll, const char *list, const char *text)
{
    size_t size = strcspn(text, " -:(*=\xe2");
    const char *rest = text + size + strspn(text + size, " *");
    bool alone = !*rest || strchr("-:(=", *rest) || strncmp(rest, "–", 3) == 0 || strncmp(rest, "—", 3) == 0;
    const struct roll_code *code = alone ? by_short(roll, list, text, size) : NULL;
    rest += strspn(rest, " -:(=\xe2\x80\x93\x94");
    const struct roll_code *other = code && *rest ? by_words(roll, list, rest, strcspn(rest, ")")) : NULL;
    return other && other != code ? NULL : code;
}

// "SEN support (K)", "Speech, language and communication needs - SLCN".
static const struct roll_code *by_back(const struct roll *roll, const char *list, const char *text)
{
    size_t size = strlen(text);
    size_t end = size && text[size - 1] == ')' ? size - 1 : size, begin = end;
    while (begin && isalnum((unsigned char)text[begin - 1]))
        begin--;
    size_t front = begin;
    while (front && strchr(" -([:", text[front - 1]))
        front--;
    if (begin == end || front == 0 || front == begin || begin - front < 1)
        return NULL;
    const struct roll_code *code = by_short(roll, list, text + begin, end - begin), *said = by_words(roll, list, text, front);
    return code && said == code ? code : end < size && !code ? said : NULL;
}

const struct roll_code *roll_code_find(const struct roll *roll, const char *list, const char *text)
{
    const struct roll_code *code = by_code(roll, list, text);
    if (!code)
        code = by_front(roll, list, text);
    if (!code)
        code = by_words(roll, list, text, strlen(text));
    return code ? code : by_back(roll, list, text);
}

static bool holds(const struct roll_code *code, int32_t date)
{
    return (code->from == DATE_NONE || code->from <= date) && (code->to == DATE_NONE || code->to >= date);
}

static void expired(struct roll *roll, struct roll_row *row, int column, const struct roll_code *code, const char *hint)
{
    char until[DATE_TEXT_MAX];
    bool over = code->to != DATE_NONE && code->to < roll->date;
    roll_fault_add(roll, row, column, "old-code", hint, "%s (%s) %s %s", code->code, code->title, over ? "ended on" : "begins on",
                   date_human(over ? code->to : code->from, until));
}

void roll_row_status(struct roll *roll, struct roll_row *row)
{
    const char *cell = row->clean[ROLL_STATUS];
    if (!*cell)
        return;
    const struct roll_code *code = roll_code_find(roll, "sen-provision", cell);
    if (strchr(cell, '?'))
        roll_fault_add(roll, row, ROLL_STATUS, "unknown-status", "Write N, K or E: the status that holds today.",
                       "has a question mark: a status that is not certain is none");
    else if (!code)
        roll_fault_add(roll, row, ROLL_STATUS, "unknown-status", "Write N, K or E.", "is no SEN status");
    else if (!holds(code, roll->date))
        expired(roll, row, ROLL_STATUS, code, "Decide with the SENDCO whether this pupil is K, E or N now.");
    else
        row->values[ROLL_STATUS] = value_text(code->code);
}

static void need_add(struct roll *roll, struct roll_row *row, int column, const char *text)
{
    const struct roll_code *code = roll_code_find(roll, "need-type", text);
    char shown[40];
    text_excerpt(text, shown, sizeof shown);
    if (!code) {
        roll_fault_add(roll, row, column, "unknown-need",
                       "Take a code such as SLCN, SEMH, ASD or SPLD; all of them: sendco code list --where list=need-type",
                       "“%s” is no type of need", shown);
        return;
    }
    if (!holds(code, roll->date)) {
        expired(roll, row, column, code, "Decide with the SENDCO which type of need fits now.");
        return;
    }
    for (size_t i = 0; i < row->n_needs; i++) {
        if (strcmp(row->needs[i], code->code) == 0) {
            roll_fault_add(roll, row, column, "need-twice", "A need has one rank: take one of the two away.", "names %s twice", code->code);
            return;
        }
    }
    if (row->n_needs == ROLL_NEEDS_MAX)
        roll_fault_add(roll, row, column, "too-many-needs", "Keep the first nine.", "names more than nine needs");
    else
        row->needs[row->n_needs++] = code->code;
}

#define PARTS_MAX 40

// One piece between semicolons. A comma or a slash may stand within a title, so
// the longest run of parts that is a need is taken.
static void need_piece(struct roll *roll, struct roll_row *row, int column, const char *piece)
{
    const char *begins[PARTS_MAX], *ends[PARTS_MAX];
    size_t n = 0;
    for (const char *c = piece; *c && n < PARTS_MAX; n++) {
        begins[n] = c;
        ends[n] = c = c + strcspn(c, ",/");
        c += *c != '\0';
    }
    for (size_t at = 0, to; at < n; at = to) {
        const char *found = NULL;
        for (to = n; to > at && !found; to--) {
            char *run = arena_strndup(roll->arena, begins[at], (size_t)(ends[to - 1] - begins[at]));
            const char *text = run ? roll_clean(run, roll->arena) : "";
            if (to == at + 1 || roll_code_find(roll, "need-type", text))
                found = text;
        }
        to++;
        if (found && *found)
            need_add(roll, row, column, found);
    }
}

// The begin of "1. ", "2) " or "3: " that says a rank; NULL: there is none here.
static const char *rank_at(const char *text, const char *from)
{
    size_t digits = strspn(text, "0123456789");
    bool first = text == from || strchr(" ;,|\n", text[-1]);
    return first && digits && digits < 3 && text[digits] && strchr(".):", text[digits]) ? text + digits + 1 : NULL;
}

// More than anybody ranks is no list of needs, and is told once.
static bool too_many(struct roll *roll, struct roll_row *row, int column, const char *cell)
{
    size_t n = 0;
    for (const char *c = cell; *c; c++)
        n += strchr(",;/|\n", *c) != NULL;
    if (n >= PARTS_MAX)
        roll_fault_add(roll, row, column, "too-many-needs", "Keep the first nine, by rank.", "names more than nine needs");
    return n >= PARTS_MAX;
}

#define NEED_FAULTS 3 // of one cell: who mends these sees the others

// "SLCN; SPLD", "SLCN, SPLD", "1. SLCN 2. SPLD", and titles: in order of rank.
static void need_list(struct roll *roll, struct roll_row *row, int column, const char *cell)
{
    const char *from = cell;
    size_t told = roll->n_faults;
    if (too_many(roll, row, column, cell))
        return;
    while (*cell && roll->n_faults < told + NEED_FAULTS) {
        cell += strspn(cell, " ");
        const char *after = rank_at(cell, from);
        cell = after ? after : cell;
        const char *begin = cell + strspn(cell, " ;|,\n\r");
        for (cell = begin; *cell && !strchr(";|\n", *cell) && (cell == begin || !rank_at(cell, from));)
            cell++;
        char *piece = arena_strndup(roll->arena, begin, (size_t)(cell - begin));
        if (piece && *roll_clean(piece, roll->arena))
            need_piece(roll, row, column, roll_clean(piece, roll->arena));
        cell += *cell && strchr(";|\n", *cell);
    }
}

// --- the whole row -------------------------------------------------------------

static void check_status(struct roll *roll, struct roll_row *row, int column)
{
    const struct value *status = &row->values[ROLL_STATUS];
    bool without = status->type && strcmp(status->text, "N") == 0;
    bool unsaid = roll_has(roll, ROLL_STATUS) && !*row->clean[ROLL_STATUS] && !(row->skip & UINT32_C(1) << ROLL_STATUS);
    if (row->n_needs && (without || unsaid))
        roll_fault_add(roll, row, column, "need-without-status", "Give the pupil the status K or E, or take the need away.",
                       without ? "there is a need, but the SEN status is N" : "there is a need, but no SEN status");
}

void roll_row_needs(struct roll *roll, struct roll_row *row)
{
    static const enum roll_column singles[] = {ROLL_NEED1, ROLL_NEED2, ROLL_NEED3};
    int column = ROLL_NEEDS;
    bool gap = false;
    for (size_t i = 0; i < 3; i++) {
        bool said = *row->clean[singles[i]] || row->skip & UINT32_C(1) << singles[i];
        if (said && gap)
            roll_fault_add(roll, row, (int)singles[i], "rank-gap", "Move it to the column of the first need, or fill that in.",
                           "there is no need of the rank before it");
        else if (said) {
            column = (int)singles[i];
            need_list(roll, row, column, row->clean[singles[i]]);
        }
        gap = !said;
    }
    if (*row->clean[ROLL_NEEDS]) {
        column = ROLL_NEEDS;
        need_list(roll, row, column, row->clean[ROLL_NEEDS]);
    }
    check_status(roll, row, column);
}
