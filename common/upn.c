// Unique pupil numbers: a check letter, then local authority, school, year and
// serial; a temporary one ends in a letter. Any thread.
#include <stdio.h>
#include <string.h>

#include "common/text.h"

static const char upn_letters[] = "ABCDEFGHJKLMNPQRTUVWXYZ"; // I, O and S look like digits

static _Thread_local char upn_sentence[96];

static int upn_letter_value(char c)
{
    const char *at = c ? strchr(upn_letters, c) : NULL;
    return at ? (int)(at - upn_letters) : -1;
}

char upn_letter(const char *twelve)
{
    int sum = 0;
    for (int i = 0; i < 12; i++) {
        char c = twelve[i];
        int value = c >= '0' && c <= '9' ? c - '0' : i == 11 ? upn_letter_value(c) : -1;
        if (value < 0) {
            return '\0';
        }
        sum += (i + 2) * value;
    }
    return upn_letters[sum % 23];
}

static const char *upn_character_fault(const char *upn)
{
    for (int i = 0; i < 13; i++) {
        char c = upn[i];
        bool digit = c >= '0' && c <= '9', letter = upn_letter_value(c) >= 0;
        if (i == 0 ? letter : i == 12 ? digit || letter : digit) {
            continue;
        }
        if (i == 0) {
            return "must begin with a capital letter other than I, O and S";
        }
        snprintf(upn_sentence, sizeof upn_sentence, "character %d must be a digit%s", i + 1,
                 i == 12 ? " or, in a temporary UPN, a capital letter other than I, O and S" : "");
        return upn_sentence;
    }
    return NULL;
}

const char *upn_fault(const char *upn)
{
    size_t length = text_length(upn);
    if (length != 13) {
        snprintf(upn_sentence, sizeof upn_sentence, "must have 13 characters, not %zu", length);
        return upn_sentence;
    }
    const char *fault = upn_character_fault(upn);
    if (fault) {
        return fault;
    }
    char letter = upn_letter(upn + 1);
    if (letter == upn[0]) {
        return NULL;
    }
    snprintf(upn_sentence, sizeof upn_sentence, "the check letter should be %c", letter);
    return upn_sentence;
}
