// Numbers as people type them: signs, pounds, thousands, decimals, units, hours and
// minutes. What cannot be read in one way only is refused. Any thread.
#include "common/number.h"

#include <stdbool.h>
#include <string.h>

#include "common/text.h"

// Digits with `places` decimals at most, scaled so that the last place counts one.
// Thousands may be marked with commas, but then rightly. NULL: good.
static const char *number_decimal(const char *at, int places, int64_t *number)
{
    static const char no_number[] = "is no number", too_large[] = "is too large";
    uint64_t sum = 0;
    int decimals = -1, group = -1, digits = 0;
    for (; *at; at++) {
        if (*at == '.' && decimals < 0 && places > 0 && digits && (group < 0 || group == 3)) {
            decimals = 0;
            group = -1;
        } else if (*at == ',' && decimals < 0 && digits && (group == 3 || (group < 0 && digits <= 3))) {
            group = 0;
        } else if (*at >= '0' && *at <= '9') {
            if (sum > (uint64_t)INT64_MAX / 10 - 10) {
                return too_large;
            }
            sum = sum * 10 + (uint64_t)(*at - '0');
            digits++;
            group += group >= 0;
            decimals += decimals >= 0;
            if (decimals > places) {
                return places == 1 ? "has more than one decimal" : "has more than two decimals";
            }
        } else {
            return no_number;
        }
    }
    if (!digits || decimals == 0 || (group >= 0 && group != 3)) {
        return no_number;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < places; i++) {
        if (sum > (uint64_t)INT64_MAX / 10) {
            return too_large;
        }
        sum *= 10;
    }
    *number = (int64_t)sum;
    return NULL;
}

// Signs and pound signs before, the unit after, blanks anywhere are taken off.
static bool number_strip(const char *at, const char *unit, bool money, char *out, size_t size, bool *negative)
{
    size_t length = strlen(at), used = 0;
    size_t ends = unit ? strlen(unit) : 0;
    if (ends && length > ends && text_same(at + length - ends, unit)) {
        length -= ends;
    }
    *negative = false;
    bool pound = false, sign = false;
    for (const char *end = at + length; at < end; at++) {
        size_t left = (size_t)(end - at);
        if (!sign && !used && (*at == '-' || *at == '+' || (left >= 3 && memcmp(at, "−", 3) == 0))) {
            *negative = *at != '+';
            sign = true;
            at += *at == '-' || *at == '+' ? 0 : 2;
        } else if (money && !pound && !used && left >= 2 && memcmp(at, "£", 2) == 0) {
            pound = true;
            at++;
        } else if (*at != ' ') {
            if (used + 1 >= size) {
                return false;
            }
            out[used++] = *at;
        } else if (used && at + 1 < end && at[1] >= '0' && at[1] <= '9' && out[used - 1] >= '0' && out[used - 1] <= '9') {
            return false; // "12 5": one number or two?
        }
    }
    out[used] = '\0';
    return true;
}

const char *number_parse(const char *text, const char *unit, int places, int64_t *number)
{
    char digits[48];
    bool negative;
    if (!number_strip(text, unit, places == 2, digits, sizeof digits, &negative)) {
        return "is no number";
    }
    const char *fault = number_decimal(digits, places, number);
    if (!fault && negative) {
        *number = -*number;
    }
    return fault;
}

// The whole number at the start of *at, up to five digits; -1 when there is none.
static int number_few_digits(const char **at)
{
    int number = 0;
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 5) {
        return -1;
    }
    for (size_t i = 0; i < digits; i++) {
        // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): as many as strspn found
        number = number * 10 + ((*at)[i] - '0');
    }
    *at += digits;
    return number;
}

// 1h30, 1h, 1h30m, 1:30, 90m, 90 min; blanks are gone already. -1: none of these.
static int64_t number_duration(const char *at)
{
    int first = number_few_digits(&at);
    if (first < 0) {
        return -1;
    }
    if (text_same(at, "m") || text_same(at, "min") || text_same(at, "mins") || text_same(at, "minutes")) {
        return first;
    }
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): number_strip made it
    bool colon = *at == ':';
    if (!colon && *at != 'h' && *at != 'H') {
        return -1;
    }
    at++;
    if (!*at) {
        return colon ? -1 : (int64_t)first * 60;
    }
    const char *minutes = at;
    int second = number_few_digits(&at);
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch): the same
    if (second < 0 || second > 59 || (colon && at - minutes != 2) || (*at && (colon || !(text_same(at, "m") || text_same(at, "min"))))) {
        return -1;
    }
    return (int64_t)first * 60 + second;
}

const char *number_parse_minutes(const char *text, const char *unit, int64_t *number)
{
    char squeezed[48];
    bool negative;
    if (!number_strip(text, unit, false, squeezed, sizeof squeezed, &negative)) {
        return "is no length of time";
    }
    int64_t minutes = number_duration(squeezed);
    if (minutes < 0 && number_decimal(squeezed, 0, &minutes)) {
        return "is no length of time";
    }
    *number = negative ? -minutes : minutes;
    return NULL;
}
