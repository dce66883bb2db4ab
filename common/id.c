// Ids as people read and type them: prefix, Crockford's base32, a check character.
// The check is a polynomial over GF(32), so every single wrong character and every
// swap of neighbours is noticed, and so is another kind's prefix. Any thread.
#include "common/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/text.h"

static const char id_digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define ID_LEAST_DIGITS 3
#define ID_MOST_DIGITS  13 // 13 times 5 bits hold every positive int64_t

// Times x modulo x^5 + x^2 + 1, which is primitive: up to 31 places differ.
static unsigned id_times(unsigned c)
{
    return ((c << 1) ^ ((c & 16) ? 0x25u : 0u)) & 31u;
}

static unsigned id_check(const struct kind *kind, int64_t id)
{
    unsigned check = 0;
    for (int shift = 60; shift >= 0; shift -= 5) {
        check = id_times(check ^ (unsigned)((uint64_t)id >> shift & 31u));
    }
    return check ^ (kind->number & 31u);
}

const char *id_format(const struct kind *kind, int64_t id, char *buffer)
{
    if (id <= 0) {
        snprintf(buffer, ID_TEXT_MAX, "%" PRId64, id); // not yet allotted: no id to show
        return buffer;
    }
    char digits[ID_MOST_DIGITS + 2];
    int at = ID_MOST_DIGITS + 1;
    digits[at] = '\0';
    digits[--at] = id_digits[id_check(kind, id)];
    int least = at - ID_LEAST_DIGITS;
    for (uint64_t left = (uint64_t)id; at > 0 && (left || at > least); left >>= 5) {
        digits[--at] = id_digits[left & 31u];
    }
    snprintf(buffer, ID_TEXT_MAX, "%.14s-%s", kind->prefix, digits + at);
    return buffer;
}

// Upper case, and the letters that look like digits as these.
static char id_plain(char c)
{
    c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

static int id_digit(char c)
{
    const char *at = strchr(id_digits, id_plain(c));
    return c && at ? (int)(at - id_digits) : -1;
}

// What was typed without dashes and blanks; *dash: where the first dash stood, 0: nowhere.
static bool id_squeeze(const char *text, char out[ID_TEXT_MAX], size_t *dash)
{
    size_t used = 0;
    *dash = 0;
    for (; *text; text++) {
        if (*text == '-' && used && !*dash) {
            *dash = used;
        }
        if (*text == '-' || *text == ' ') {
            continue;
        }
        if (used + 1 >= ID_TEXT_MAX) {
            out[0] = '\0';
            return false;
        }
        out[used++] = *text;
    }
    out[used] = '\0';
    return used > 0;
}

// Length of the kind's prefix when the text begins with it; 0: it does not.
static size_t id_prefix(const struct kind *kind, const char *squeezed, size_t dash)
{
    size_t length = strlen(kind->prefix);
    if (dash && dash != length) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (id_plain(squeezed[i]) != id_plain(kind->prefix[i])) {
            return 0;
        }
    }
    return squeezed[length] ? length : 0;
}

enum id_reading { ID_OTHER, ID_MISTYPED, ID_GOOD };

static enum id_reading id_read(const struct kind *kind, const char *squeezed, size_t dash, int64_t *id)
{
    size_t prefix = id_prefix(kind, squeezed, dash);
    if (!prefix) {
        return ID_OTHER;
    }
    const char *digits = squeezed + prefix;
    size_t n = strlen(digits);
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        int digit = id_digit(digits[i]);
        if (digit < 0) {
            return ID_MISTYPED;
        }
        if (i + 1 == n) {
            break; // the check character
        }
        if (number > (uint64_t)INT64_MAX >> 5) {
            return ID_MISTYPED;
        }
        number = number << 5 | (uint64_t)digit;
    }
    if (n < 2 || number == 0 || id_digit(digits[n - 1]) != (int)id_check(kind, (int64_t)number)) {
        return ID_MISTYPED;
    }
    *id = (int64_t)number;
    return ID_GOOD;
}

static bool id_read_plain(const char *text, int64_t *id)
{
    int64_t number = 0;
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || number > (INT64_MAX - 9) / 10) {
            return false;
        }
        number = number * 10 + (*text - '0');
    }
    *id = number;
    return number > 0;
}

// Which kind it is an id of; the best reading over all kinds.
static enum id_reading id_search(const char *squeezed, size_t dash, const struct kind **kind, int64_t *id)
{
    enum id_reading best = ID_OTHER;
    for (size_t i = 0; i < n_kinds && best != ID_GOOD; i++) {
        enum id_reading reading = id_read(&kinds[i], squeezed, dash, id);
        if (reading > best) {
            best = reading;
            *kind = &kinds[i];
        }
    }
    return best;
}

static int id_refuse(const struct kind *kind, const char *text, enum id_reading reading, const struct kind *other, struct problem *problem)
{
    char shown[64], example[ID_TEXT_MAX];
    text_excerpt(text, shown, sizeof shown);
    if (reading == ID_MISTYPED) {
        problem_set(problem, ERR_INVALID, "\"%s\" is mistyped: its check character does not fit", shown);
        problem_hint(problem, "Look at it again, character by character; O counts as 0, I and L as 1.");
    } else if (reading == ID_GOOD) {
        problem_set(problem, ERR_INVALID, "\"%s\" is an id of the kind %s, not %s", shown, other->title, kind->title);
        problem_hint(problem, "Ids of the kind %s look like %s.", kind->title, id_format(kind, 135, example));
    } else {
        problem_set(problem, ERR_INVALID, "\"%s\" is no id", shown);
        if (kind) {
            problem_hint(problem, "Ids of the kind %s look like %s.", kind->title, id_format(kind, 135, example));
        } else {
            problem_hint(problem, "Type the id as sendco shows it, with the letters it begins with.");
        }
    }
    return ERR_INVALID;
}

int id_parse(const struct kind *kind, const char *text, const struct kind **kind_out, int64_t *id, struct problem *problem)
{
    char squeezed[ID_TEXT_MAX] = "";
    size_t dash = 0;
    const struct kind *found = kind;
    enum id_reading reading = ID_OTHER;
    int64_t number = 0;
    bool plain = kind && id_read_plain(text, &number);
    if (plain) {
        reading = ID_GOOD;
    } else if (id_squeeze(text, squeezed, &dash)) {
        reading = kind ? id_read(kind, squeezed, dash, &number) : id_search(squeezed, dash, &found, &number);
    }
    if (reading == ID_GOOD) {
        *id = number;
        if (kind_out) {
            *kind_out = found;
        }
        return 0;
    }
    const struct kind *other = NULL;
    if (kind && reading == ID_OTHER && squeezed[0] && id_search(squeezed, dash, &other, &number) == ID_GOOD) {
        reading = ID_GOOD;
    }
    return id_refuse(kind, text, reading, other, problem);
}
