// SEN status and needs of a roll: codes, words and lists that MIS products write,
// as the school's own codes. Any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

// Words that stand for a code and are not its title.
static const struct {
    const char *list, *word, *code;
} words[] = {
    {"sen-provision", "sensupport", "K"},
    {"sen-provision", "schoolsupport", "K"},
    {"sen-provision", "ehcp", "E"},
    {"sen-provision", "ehcplan", "E"},
    {"sen-provision", "ehc", "E"},
    {"sen-provision", "educationhealthandcareplan", "E"},
    {"sen-provision", "educationhealthcareplan", "E"},
    {"sen-provision", "nosen", "N"},
    {"sen-provision", "none", "N"},
    {"sen-provision", "nospecialeducationalneed", "N"},
    {"sen-provision", "nospecialeducationalneeds", "N"},
    {"need-type", "asc", "ASD"},
    {"need-type", "autism", "ASD"},
    {"need-type", "dyslexia", "SPLD"},
    {"need-type", "downssyndrome", "DS"},
    {"need-type", "visualimpairment", "VI"},
};

static void plain(const char *text, size_t size, char *out, size_t room)
{
    size_t at = 0;
    for (size_t i = 0; i < size && text[i] && at + 1 < room; i++) {
        if (isalnum((unsigned char)text[i]))
            out[at++] = (char)tolower((unsigned char)text[i]);
    }
    out[at] = '\0';
}

static const struct roll_code *by_code(const struct roll *roll, const char *list, const char *code)
{
    for (size_t i = 0; i < roll->codes.n; i++) {
        if (strcmp(roll->codes.codes[i].list, list) == 0 && text_same(roll->codes.codes[i].code, code))
            return &roll->codes.codes[i];
    }
    return NULL;
}

// "K - SEN Support": what stands before the dash is the code, when it is short.
static size_t code_size(const char *text)
{
    size_t size = strcspn(text, " -–:(*");
    return size;
}

const struct roll_code *roll_code_find(const struct roll *roll, const char *list, const char *text)
{
    char code[24], whole[96], title[160];
    size_t size = code_size(text);
    const char *rest = text + size + strspn(text + size, " *");
    bool alone = !*rest || *rest == '-' || *rest == ':' || *rest == '(' || strncmp(rest, "–", 3) == 0;
    snprintf(code, sizeof code, "%.*s", (int)(size < 20 ? size : 20), text);
    const struct roll_code *found = alone ? by_code(roll, list, code) : NULL;
    if (found)
        return found;
    plain(text, strlen(text), whole, sizeof whole);
    for (size_t i = 0; *whole && i < roll->codes.n; i++) {
        plain(roll->codes.codes[i].title, strlen(roll->codes.codes[i].title), title, sizeof title);
        if (strcmp(roll->codes.codes[i].list, list) == 0 && strcmp(title, whole) == 0)
            return &roll->codes.codes[i];
    }
    for (size_t i = 0; *whole && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].list, list) == 0 && strcmp(words[i].word, whole) == 0)
            return by_code(roll, list, words[i].code);
    }
    return NULL;
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

void roll_status(struct roll *roll, struct roll_row *row)
{
    const char *cell = row->cells[ROLL_STATUS] ? text_normal(row->cells[ROLL_STATUS], roll->arena) : NULL;
    if (!cell || !*cell)
        return;
    const struct roll_code *code = roll_code_find(roll, "sen-provision", cell);
    if (!code)
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

// "SLCN; SPLD", "SLCN, SPLD", "1. SLCN 2. SPLD": in order of rank.
static void need_list(struct roll *roll, struct roll_row *row, const char *cell)
{
    while (*cell) {
        cell += strspn(cell, " ;,|/");
        size_t digits = strspn(cell, "0123456789");
        if (digits && strchr(".):", cell[digits]))
            cell += digits + 1 + strspn(cell + digits + 1, " ");
        size_t size = strcspn(cell, ";,|/");
        if (!size)
            continue;
        char *one = arena_strndup(roll->arena, cell, size);
        one = one ? text_normal(one, roll->arena) : NULL;
        if (one && *one)
            need_add(roll, row, ROLL_NEEDS, one);
        cell += size;
    }
}

void roll_needs(struct roll *roll, struct roll_row *row)
{
    static const enum roll_column singles[] = {ROLL_NEED1, ROLL_NEED2};
    int column = ROLL_NEEDS;
    for (size_t i = 0; i < 2; i++) {
        const char *cell = row->cells[singles[i]] ? text_normal(row->cells[singles[i]], roll->arena) : NULL;
        if (cell && *cell) {
            column = (int)singles[i];
            need_add(roll, row, column, cell);
        }
    }
    const char *list = row->cells[ROLL_NEEDS] ? text_normal(row->cells[ROLL_NEEDS], roll->arena) : NULL;
    if (list)
        need_list(roll, row, list);
    const struct value *status = &row->values[ROLL_STATUS];
    bool without = status->type == VALUE_TEXT && strcmp(status->text, "N") == 0;
    if (row->n_needs && without && roll_has(roll, ROLL_STATUS))
        roll_fault_add(roll, row, column, "need-without-status", "Give the pupil the status K or E, or take the need away.",
                       "there is a need, but the SEN status is N");
}
