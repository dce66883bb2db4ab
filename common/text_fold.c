// How text is found: a fold that people's spelling does not matter to. What the
// index holds and what is asked for are folded alike, so only agreement counts,
// not linguistics. Any thread.
#include "common/text.h"

#include <string.h>

#include <utf8proc.h>

#include "common/arena.h"
#include "common/buffer.h"

// Stands between the parts of a word that an apostrophe or a hyphen joined; no
// control character can be in the text itself.
#define FOLD_JOINT '\1'

// Lower-case letters that Unicode does not decompose, as people without the key type them.
static const struct fold_letter {
    utf8proc_int32_t from;
    const char *to;
} fold_letters[] = {
    {0x00df, "ss"}, {0x00e6, "ae"}, {0x00f0, "d"}, {0x00f8, "o"},  {0x00fe, "th"}, {0x0111, "d"}, {0x0127, "h"},
    {0x0131, "i"},  {0x0142, "l"},  {0x014b, "n"}, {0x0153, "oe"}, {0x0167, "t"},  {0x0180, "b"}, {0x0199, "k"},
    {0x01b4, "y"},  {0x0253, "b"},  {0x0254, "o"}, {0x0256, "d"},  {0x0257, "d"},  {0x0259, "e"}, {0x025b, "e"},
};

// What a code point is to a word, before it is decomposed: an accent typed as an
// apostrophe would fall apart into a blank and a mark.
static bool fold_joins(utf8proc_int32_t c)
{
    static const utf8proc_int32_t joiners[] = {'\'',   '-',    '`',    0x00b4, 0x02b9, 0x02bb, 0x02bc, 0x02bd, 0x02be, 0x02bf,
                                               0x02c8, 0x2010, 0x2011, 0x2018, 0x2019, 0x201b, 0x2032, 0xff07, 0xff0d};
    for (size_t i = 0; i < sizeof joiners / sizeof *joiners; i++) {
        if (joiners[i] == c) {
            return true;
        }
    }
    return false;
}

static bool fold_is_letter(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

// Nothing one sees, or only stretches what one sees.
static bool fold_vanishes(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CF || (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) || c == 0x0640;
}

struct fold {
    struct buffer out;
    bool joint; // a joiner stands after a letter; what follows decides
    bool gap;   // something else stood since the last letter
    bool failed;
};

static void fold_append(struct fold *fold, const void *data, size_t size)
{
    fold->failed |= buffer_append(&fold->out, data, size) != 0;
}

static void fold_letter(struct fold *fold, utf8proc_int32_t c)
{
    if (buffer_size(&fold->out) && (fold->gap || fold->joint)) {
        fold_append(fold, fold->gap ? " " : (const char[]){FOLD_JOINT, 0}, 1);
    }
    fold->gap = fold->joint = false;
    for (size_t i = 0; i < sizeof fold_letters / sizeof *fold_letters; i++) {
        if (fold_letters[i].from == c) {
            fold_append(fold, fold_letters[i].to, strlen(fold_letters[i].to));
            return;
        }
    }
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t size = utf8proc_encode_char(c, bytes);
    fold_append(fold, bytes, size > 0 ? (size_t)size : 0);
}

static void fold_other(struct fold *fold)
{
    fold->gap = true;
    fold->joint = false;
}

static void fold_joiner(struct fold *fold)
{
    if (fold->joint || fold->gap) {
        fold_other(fold);
    } else {
        fold->joint = true;
    }
}

static void fold_point(struct fold *fold, utf8proc_int32_t c)
{
    if (fold_joins(c)) {
        fold_joiner(fold);
        return;
    }
    // One code point at a time: marks are dropped, so their order needs no sorting.
    utf8proc_int32_t parts[32];
    int last = UTF8PROC_BOUNDCLASS_START;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        c, parts, 32, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK, &last);
    for (utf8proc_ssize_t i = 0; i < n && i < 32; i++) {
        if (fold_joins(parts[i])) {
            fold_joiner(fold);
        } else if (fold_is_letter(parts[i]) && parts[i] != 0x0640) {
            fold_letter(fold, parts[i]);
        } else if (!fold_vanishes(parts[i])) {
            fold_other(fold);
        }
    }
}

// Words separated by one blank, their joints marked. False: memory is out.
static bool fold_run(struct fold *fold, const char *text)
{
    while (*text && !fold->failed) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
        if (used <= 0) {
            fold_other(fold);
            used = 1;
        } else if (c < 0x80 && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            fold_letter(fold, c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        } else {
            fold_point(fold, c);
        }
        text += used;
    }
    return !fold->failed;
}

// Tails of a much-joined word that are indexed as well.
#define FOLD_TAILS 4

// One word into `out` without its joints; with `apart`, its parts after it.
static void fold_word(const char *word, size_t size, bool apart, char *out, size_t *used)
{
    size_t joints = 0;
    for (size_t i = 0; i < size; i++) {
        if (word[i] != FOLD_JOINT) {
            out[(*used)++] = word[i];
        } else {
            joints++;
        }
    }
    if (!apart || !joints) {
        return;
    }
    out[(*used)++] = ' ';
    for (size_t i = 0; i < size; i++) {
        out[(*used)++] = word[i] == FOLD_JOINT ? ' ' : word[i];
    }
    // behind each joint but the last, what follows joined: "ohara" of "Smith-O'Hara"
    for (size_t i = 0, left = joints < FOLD_TAILS ? joints : FOLD_TAILS; i < size && left > 1; i++) {
        if (word[i] == FOLD_JOINT) {
            left--;
            out[(*used)++] = ' ';
            fold_word(word + i + 1, size - i - 1, false, out, used);
        }
    }
}

static char *fold_text(const char *text, bool apart, struct arena *arena)
{
    struct fold fold = {0};
    buffer_init(&fold.out);
    char *out = NULL;
    if (fold_run(&fold, text)) {
        size_t size = buffer_size(&fold.out), used = 0;
        const char *words = (const char *)buffer_head(&fold.out);
        out = arena_alloc(arena, (apart ? (2 + FOLD_TAILS) * (size + 1) : size) + 1);
        for (size_t at = 0; out && at < size;) {
            const char *blank = memchr(words + at, ' ', size - at);
            size_t length = blank ? (size_t)(blank - (words + at)) : size - at;
            if (at) {
                out[used++] = ' ';
            }
            fold_word(words + at, length, apart, out, &used);
            at += length + 1;
        }
        if (out) {
            out[used] = '\0';
        }
    }
    buffer_deinit(&fold.out);
    return out;
}

char *text_fold(const char *text, struct arena *arena)
{
    return fold_text(text, false, arena);
}

char *text_fold_search(const char *text, struct arena *arena)
{
    return fold_text(text, true, arena);
}
