// Names as people write them: blanks and what nobody sees put right, "Surname,
// Forename" taken apart at its comma, and what is no name told. Any thread.
#include "client/exchange/roll.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "common/text.h"

// --- blanks --------------------------------------------------------------------

static bool is_blank(utf8proc_int32_t c)
{
    return c == ' ' || c == '\t' || (c >= 0x80 && utf8proc_category(c) == UTF8PROC_CATEGORY_ZS);
}

// Left behind by copying from the web or a letter. Joiners of Persian and Indian
// scripts are not among them: there they spell.
static bool is_invisible(utf8proc_int32_t c)
{
    return c == 0x200b || c == 0xfeff || c == 0x00ad || c == 0x2060 || c == 0x200e || c == 0x200f || c == 0x061c;
}

static bool is_clean(const char *cell)
{
    char before = ' ';
    for (; *cell; before = *cell++) {
        if ((unsigned char)*cell >= 0x80 || *cell == '\t' || (*cell == ' ' && before == ' '))
            return false;
    }
    return before != ' ' && before != '\n' && before != '\r';
}

const char *roll_clean(const char *cell, struct arena *arena)
{
    if (!cell || !*cell)
        return "";
    if (is_clean(cell))
        return *cell == '\n' || *cell == '\r' ? text_normal(cell, arena) : cell;
    char *out = arena_alloc(arena, strlen(cell) + 1);
    size_t at = 0;
    bool gap = false;
    for (const char *c = cell; out && *c;) {
        utf8proc_int32_t letter;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)c, -1, &letter);
        if (used <= 0)
            break; // roll_decode leaves none
        if (is_blank(letter))
            gap = true;
        else if (!is_invisible(letter)) {
            if (gap && at)
                out[at++] = ' ';
            gap = false;
            memcpy(out + at, c, (size_t)used);
            at += (size_t)used;
        }
        c += used;
    }
    if (!out)
        return "";
    out[at] = '\0';
    const char *normal = text_normal(out, arena);
    return normal ? normal : out;
}

// --- faults --------------------------------------------------------------------

// Text that was UTF-8, read as Windows-1252 and saved: "Ã©" for "é". No name has
// such a letter before a sign.
static bool is_garbled(utf8proc_int32_t before, utf8proc_int32_t c)
{
    bool lead = before == 0xc2 || before == 0xc3 || before == 0xc4 || before == 0xc5 || before == 0xc6;
    return lead && ((c >= 0xa1 && c <= 0xbf) || c == 0x20ac || c == 0x2122 || c == 0x201a || c == 0x201e || c == 0x2026 || c == 0x0192);
}

static bool turns_text(utf8proc_int32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static const char *letters_fault(const char *text, const char **code)
{
    utf8proc_int32_t before = 0;
    bool letters = false;
    for (const char *c = text; *c;) {
        utf8proc_int32_t letter;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)c, -1, &letter);
        if (used <= 0)
            break;
        if (turns_text(letter))
            return *code = "control-character", "holds an invisible sign that turns text round";
        if (is_garbled(before, letter))
            return *code = "encoding", "was saved in the wrong alphabet on its way here";
        utf8proc_category_t category = utf8proc_category(letter);
        letters = letters || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO);
        before = letter;
        c += used;
    }
    return letters ? NULL : (*code = "no-name", "is no name: it has no letter");
}

// No name begins so; what does is meant for somebody's spreadsheet.
static bool is_formula(const char *text)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"};
    text += *text == '\'' && text[1] && strchr("=+@", text[1]);
    for (size_t i = 0; i < 4; i++) {
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    }
    return *text && strchr("=+@-", *text);
}

bool roll_name_check(struct roll *roll, struct roll_row *row, int column, const struct field *field, const char *text, bool name)
{
    char words[VALUE_FAULT_MAX];
    const char *code = "control-character", *fault = text_fault(text, strlen(text), false);
    const char *hint = "Type it again by hand, on one line.";
    if (fault) {
        code = strncmp(fault, "a line", 6) == 0 ? "line-break" : code;
        roll_fault_add(roll, row, column, code, hint, "holds %s", fault);
        return false;
    }
    fault = name ? letters_fault(text, &code) : NULL;
    if (!fault && is_formula(text)) {
        fault = "begins like a spreadsheet formula";
        code = "formula";
        hint = "Type the name without the sign in front.";
    }
    if (!fault && field && (fault = value_fault(field, value_text(text), words)) != NULL) {
        code = "bad-text";
        hint = "Shorten or mend it in the MIS, then export again.";
    }
    if (fault)
        roll_fault_add(roll, row, column, code, hint, "%s", fault);
    return !fault;
}

// --- in one column -------------------------------------------------------------

static void name_row(struct roll *roll, struct roll_row *row)
{
    const char *text = row->clean[ROLL_NAME], *comma = strchr(text, ',');
    const struct kind *kind = kind_find("Pupil");
    if (!*text)
        return;
    if (comma ? strchr(comma + 1, ',') != NULL : strchr(text, ' ') != NULL) {
        roll_fault_add(roll, row, ROLL_NAME, "name-order", "Write it as “Surname, Forename”, or export the two in columns of their own.",
                       comma ? "has more than one comma" : "does not say where the surname ends");
        return;
    }
    size_t size = comma ? (size_t)(comma - text) : strlen(text);
    char *part = arena_strndup(roll->arena, text, size);
    const char *surname = part ? roll_clean(part, roll->arena) : "", *forename = comma ? roll_clean(comma + 1, roll->arena) : "";
    if (!*surname)
        roll_fault_add(roll, row, ROLL_NAME, "missing", "Fill it in in the MIS; every pupil has one.", "has no surname before the comma");
    else if (roll_name_check(roll, row, ROLL_NAME, field_find(kind, "surname"), surname, true) &&
             (!*forename || roll_name_check(roll, row, ROLL_NAME, field_find(kind, "forename"), forename, true))) {
        row->values[ROLL_SURNAME] = value_text(surname);
        if (*forename)
            row->values[ROLL_FORENAME] = value_text(forename);
    }
}

void roll_names(struct roll *roll)
{
    for (size_t i = 0; roll_has(roll, ROLL_NAME) && !roll_has(roll, ROLL_SURNAME) && i < roll->n_rows; i++)
        name_row(roll, roll->rows[i]);
}
