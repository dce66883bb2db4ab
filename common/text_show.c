// How text is shown safely: nothing that somebody once typed may drive the
// terminal or the spreadsheet of whoever reads it. Any thread.
#include "common/text.h"

#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/error.h"

static bool show_is_unsafe(utf8proc_int32_t c)
{
    if (c < 0xa0) {
        return c < 0x20 || c >= 0x7f;
    }
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
        return true;
    default:
        return false;
    }
}

// Scripts whose letters join: Arabic, Syriac and N'Ko; the Indian ones and Sinhala.
static bool show_is_joining(utf8proc_int32_t c)
{
    return (c >= 0x0620 && c <= 0x08ff) || (c >= 0x0900 && c <= 0x0dff);
}

// A zero width (non-)joiner is spelling in "علی‌رضا" and "ශ්‍රී"; anywhere else it only hides.
static bool show_is_spelling(utf8proc_int32_t before, utf8proc_int32_t c, const char *next)
{
    utf8proc_int32_t after;
    return (c == 0x200c || c == 0x200d) && show_is_joining(before) && !show_is_unsafe(before) &&
           utf8proc_iterate((const utf8proc_uint8_t *)next, -1, &after) > 0 && show_is_joining(after) && !show_is_unsafe(after);
}

// What stands for the next code point, in at most 16 bytes; returns how many bytes of text it took.
// *before: the code point before it, for the next one.
static size_t show_next(const char *text, bool multiline, utf8proc_int32_t *before, char out[16])
{
    utf8proc_int32_t c;
    utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
    if (used <= 0) {
        snprintf(out, 16, "\\x{%02x}", (unsigned)(unsigned char)*text);
        *before = 0;
        return 1;
    }
    if (c == '\n' || c == '\t') {
        snprintf(out, 16, "%c", multiline ? (int)c : ' ');
    } else if (show_is_unsafe(c) && !show_is_spelling(*before, c, text + used)) {
        snprintf(out, 16, "\\u{%x}", (unsigned)c);
    } else {
        memcpy(out, text, (size_t)used);
        out[used] = '\0';
    }
    *before = c;
    return (size_t)used;
}

char *text_safe(const char *text, bool multiline, struct arena *arena)
{
    size_t size = 0;
    char piece[16];
    utf8proc_int32_t before = 0;
    for (const char *at = text; *at;) {
        at += show_next(at, multiline, &before, piece);
        size += strlen(piece);
    }
    char *safe = arena_alloc(arena, size + 1);
    if (!safe) {
        return NULL;
    }
    size_t used = 0;
    before = 0;
    for (const char *at = text; *at;) {
        at += show_next(at, multiline, &before, piece);
        size_t length = strlen(piece);
        memcpy(safe + used, piece, length);
        used += length;
    }
    safe[used] = '\0';
    return safe;
}

// As wcwidth and so terminals have it; the library differs: a vowel sign of an Indian
// script takes a column, and the later parts of a Hangul syllable none.
static int show_columns(utf8proc_int32_t c)
{
    if ((c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7fb)) {
        return 0;
    }
    return utf8proc_category(c) == UTF8PROC_CATEGORY_MC ? 1 : utf8proc_charwidth(c);
}

// Columns of the next code point; *used bytes of it. An invalid byte counts one.
static int show_width(const char *text, size_t *used)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
    *used = size > 0 ? (size_t)size : 1;
    return size > 0 ? show_columns(c) : 1;
}

int text_width(const char *text)
{
    int width = 0;
    size_t used;
    for (; *text; text += used) {
        width += show_width(text, &used);
    }
    return width;
}

// Bytes of what a reader takes for one character: a letter with its marks, a flag.
// *columns: what its code points take one by one, as terminals count.
static size_t show_cluster(const char *text, int *columns)
{
    utf8proc_int32_t last = -1, state = 0, c;
    size_t size = 0, used;
    *columns = 0;
    while (text[size]) {
        bool valid = utf8proc_iterate((const utf8proc_uint8_t *)text + size, -1, &c) > 0;
        c = valid ? c : 0xfffd;
        if (size && utf8proc_grapheme_break_stateful(last, c, &state)) {
            break;
        }
        *columns += show_width(text + size, &used);
        size += used;
        last = c;
    }
    return size;
}

// Bytes of the longest beginning that takes at most `width` columns, in whole characters.
static size_t show_fit(const char *text, int width, int *taken)
{
    size_t size = 0;
    *taken = 0;
    while (text[size]) {
        int columns;
        size_t used = show_cluster(text + size, &columns);
        if (*taken + columns > width) {
            break;
        }
        *taken += columns;
        size += used;
    }
    return size;
}

char *text_cut(const char *text, int width, struct arena *arena)
{
    int taken;
    size_t size = show_fit(text, width > 0 ? width : 0, &taken);
    if (!text[size] || width <= 0) {
        return arena_strndup(arena, text, width > 0 ? size : 0);
    }
    size = show_fit(text, width - 1, &taken);
    while (size && text[size - 1] == ' ') {
        size--;
    }
    return arena_printf(arena, "%.*s…", (int)size, text);
}

char *text_pad(const char *text, int width, bool right, struct arena *arena)
{
    const char *cut = text_cut(text, width, arena);
    if (!cut) {
        return NULL;
    }
    int blanks = width - text_width(cut);
    blanks = blanks > 0 ? blanks : 0;
    return right ? arena_printf(arena, "%*s%s", blanks, "", cut) : arena_printf(arena, "%s%*s", cut, blanks, "");
}

static bool csv_is_number(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t digits = strspn(text, "0123456789");
    if (!digits) {
        return false;
    }
    text += digits;
    if (*text == '.') {
        digits = strspn(text + 1, "0123456789");
        text += digits ? digits + 1 : 0;
    }
    return *text == '\0';
}

// Would a spreadsheet run it? Full-width signs count: some convert them first.
static bool csv_is_formula(const char *text)
{
    static const char *const signs[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strncmp(text, signs[i], strlen(signs[i])) == 0) {
            return !csv_is_number(text);
        }
    }
    return false;
}

int text_csv_cell(struct buffer *out, const char *text, bool raw)
{
    bool guard = !raw && csv_is_formula(text);
    if (!strpbrk(text, ",\"\r\n")) {
        int result = guard ? buffer_append(out, "'", 1) : 0;
        return result ? result : buffer_append(out, text, strlen(text));
    }
    int result = buffer_append(out, guard ? "\"'" : "\"", guard ? 2 : 1);
    while (!result && *text) {
        size_t run = strcspn(text, "\"");
        result = buffer_append(out, text, run);
        text += run;
        if (!result && *text == '"') {
            result = buffer_append(out, "\"\"", 2);
            text++;
        }
    }
    return result ? result : buffer_append(out, "\"", 1);
}
