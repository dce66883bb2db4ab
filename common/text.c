// What text may be stored, and how words are compared. Stored text is valid UTF-8
// in NFC without control characters; everything that comes in passes here. Any thread.
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "common/arena.h"
#include "common/shortage.h"

// A number has to go into the sentence and the caller gives no memory for it.
static _Thread_local char text_sentence[80];

static const char *text_complain(const char *what, size_t offset)
{
    snprintf(text_sentence, sizeof text_sentence, "%s at byte %zu", what, offset + 1);
    return text_sentence;
}

static bool text_is_mark(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

static const char *text_control_fault(utf8proc_int32_t c, bool multiline)
{
    if (c == 0) {
        return "a NUL";
    }
    if (c == '\n' || c == '\t') {
        return multiline ? NULL : (c == '\n' ? "a line break" : "a tab");
    }
    return c < 0x20 || (c >= 0x7f && c < 0xa0) ? "a control character" : NULL;
}

const char *text_fault(const char *text, size_t size, bool multiline)
{
    size_t marks = 0;
    for (size_t at = 0; at < size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(size - at), &c);
        if (used <= 0) {
            return text_complain("invalid UTF-8", at);
        }
        const char *fault = text_control_fault(c, multiline);
        if (fault) {
            return text_complain(fault, at);
        }
        marks = c >= 0x300 && text_is_mark(c) ? marks + 1 : 0;
        if (marks > TEXT_MARKS_MAX) {
            return text_complain("too many accents on one letter", at);
        }
        at += (size_t)used;
    }
    return NULL;
}

// Blanks that people cannot see at the ends of what they typed or pasted, the byte
// order mark and the zero width space among them.
static bool text_is_blank(utf8proc_int32_t c)
{
    if (c < 0x80) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP || c == 0xfeff ||
           c == 0x200b;
}

static utf8proc_int32_t text_last(const char *text, size_t size, size_t *width)
{
    size_t back = 1;
    while (back < size && back < 4 && ((unsigned char)text[size - back] & 0xc0) == 0x80) {
        back++;
    }
    utf8proc_int32_t c;
    utf8proc_iterate((const utf8proc_uint8_t *)text + size - back, (utf8proc_ssize_t)back, &c);
    *width = back;
    return c;
}

// Narrows a run of valid UTF-8 to what lies between the blanks at its ends.
static void text_trim(const char **text, size_t *size)
{
    while (*size) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)*text, (utf8proc_ssize_t)*size, &c);
        if (used <= 0 || !text_is_blank(c)) {
            break;
        }
        *text += used;
        *size -= (size_t)used;
    }
    while (*size) {
        size_t width;
        if (!text_is_blank(text_last(*text, *size, &width))) {
            break;
        }
        *size -= width;
    }
}

// Composing costs microseconds, and nearly all text needs none: in these ranges
// are neither marks nor anything that composes or is replaced (NFC quick check:
// yes). Latin, Cyrillic and Arabic letters, punctuation, CJK, Hangul syllables.
static bool text_is_plain(const char *text, size_t size)
{
    static const struct {
        utf8proc_int32_t from, to;
    } plain[] = {{0, 0x2ff}, {0x1e00, 0x1eff}, {0x2010, 0x2027}, {0x400, 0x482}, {0x621, 0x64a}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3}};
    for (size_t at = 0; at < size;) {
        if ((unsigned char)text[at] < 0x80) {
            at++;
            continue;
        }
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(size - at), &c);
        size_t i = 0;
        while (used > 0 && i < sizeof plain / sizeof *plain && (c < plain[i].from || c > plain[i].to)) {
            i++;
        }
        if (used <= 0 || i == sizeof plain / sizeof *plain) {
            return false;
        }
        at += (size_t)used;
    }
    return true;
}

// Sorting marks is quadratic in their number, so text is bounded before it is composed.
static bool text_may_compose(const char *text, size_t size)
{
    size_t marks = 0;
    for (size_t at = 0; at < size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(size - at), &c);
        if (used <= 0) {
            return false;
        }
        marks = c >= 0x300 && text_is_mark(c) ? marks + 1 : 0;
        if (marks > TEXT_MARKS_MAX) {
            return false;
        }
        at += (size_t)used;
    }
    return true;
}

// NFC in malloc'ed memory; NULL when memory is out, which common/shortage.h counts, or the text will not do.
static char *text_compose(const char *text, size_t size)
{
    utf8proc_uint8_t *out = NULL;
    if (!text_may_compose(text, size)) {
        return NULL;
    }
    utf8proc_ssize_t made = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)size, &out, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (made == UTF8PROC_ERROR_NOMEM) {
        shortage_note();
    }
    return made < 0 ? NULL : (char *)out;
}

char *text_normal(const char *text, struct arena *arena)
{
    size_t size = strlen(text);
    if (text_is_plain(text, size)) {
        text_trim(&text, &size);
        return arena_strndup(arena, text, size);
    }
    char *composed = text_compose(text, size);
    if (!composed) {
        return NULL;
    }
    const char *inner = composed;
    size_t left = strlen(composed);
    text_trim(&inner, &left);
    char *normal = arena_strndup(arena, inner, left);
    free(composed);
    return normal;
}

bool text_is_normal(const char *text)
{
    size_t size = strlen(text), left = size;
    const char *inner = text;
    bool plain = text_is_plain(text, size);
    if (!plain && !text_may_compose(text, size)) {
        return false;
    }
    text_trim(&inner, &left);
    if (left != size || plain) {
        return left == size;
    }
    char *composed = text_compose(text, size);
    bool same = composed && strcmp(composed, text) == 0;
    free(composed);
    return same;
}

// Copies what fits into `room` bytes; tells whether that was all.
static bool text_printable(const char *text, char *buffer, size_t room, size_t *out)
{
    *out = 0;
    while (*text) {
        utf8proc_int32_t c = 0;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
        utf8proc_category_t category = used > 0 ? utf8proc_category(c) : UTF8PROC_CATEGORY_CC;
        bool odd = category >= UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_CN;
        size_t step = used > 0 ? (size_t)used : 1, need = odd ? 1 : step;
        if (*out + need > room) {
            return false;
        }
        memcpy(buffer + *out, odd ? "?" : text, need);
        *out += need;
        text += step;
    }
    return true;
}

const char *text_excerpt(const char *text, char *buffer, size_t size)
{
    static const char more[] = "…";
    size_t out;
    if (!text_printable(text, buffer, size - 1, &out)) {
        bool marked = size >= sizeof more;
        text_printable(text, buffer, marked ? size - sizeof more : 0, &out);
        memcpy(buffer + out, more, marked ? sizeof more - 1 : 0);
        out += marked ? sizeof more - 1 : 0;
    }
    buffer[out] = '\0';
    return buffer;
}

size_t text_length(const char *text)
{
    size_t length = 0;
    for (; *text; text++) {
        length += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return length;
}

static int text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

bool text_same(const char *a, const char *b)
{
    while (*a && text_lower(*a) == text_lower(*b)) {
        a++;
        b++;
    }
    return text_lower(*a) == text_lower(*b);
}

#define DISTANCE_MAX 64 // words are shorter; what is longer is no slip of the finger

static int text_least(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

// Case does not count: words are taken in any case. Three rows are enough, because
// a transposition looks back two.
int text_distance(const char *a, const char *b)
{
    size_t length_a = strlen(a), length_b = strlen(b);
    if (length_a > DISTANCE_MAX || length_b > DISTANCE_MAX) {
        return text_same(a, b) ? 0 : (int)((length_a > length_b ? length_a : length_b) & 0xffff);
    }
    int rows[3][DISTANCE_MAX + 1];
    for (size_t j = 0; j <= length_b; j++) {
        rows[0][j] = (int)j;
    }
    for (size_t i = 1; i <= length_a; i++) {
        int *now = rows[i % 3], *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= length_b; j++) {
            int differ = text_lower(a[i - 1]) != text_lower(b[j - 1]);
            now[j] = text_least(before[j] + 1, now[j - 1] + 1, before[j - 1] + differ);
            bool swapped = i > 1 && j > 1 && text_lower(a[i - 1]) == text_lower(b[j - 2]) && text_lower(a[i - 2]) == text_lower(b[j - 1]);
            if (swapped && two_before[j - 2] + 1 < now[j]) {
                now[j] = two_before[j - 2] + 1;
            }
        }
    }
    return rows[length_a % 3][length_b];
}
