// How text is found: a fold that people's spelling does not matter to. What the
// index holds and what is asked for are folded alike, so only agreement counts,
// not linguistics. Names are ordered by it too (text_sort.c). Any thread.
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
    {0x00df, "ss"},
    {0x00e6, "ae"},
    {0x00f0, "d"},
    {0x00f8, "o"},
    {0x00fe, "th"},
    {0x0111, "d"},
    {0x0127, "h"},
    {0x0131, "i"},
    {0x0142, "l"},
    {0x014b, "n"},
    {0x0153, "oe"},
    {0x0167, "t"},
    {0x0180, "b"},
    {0x0199, "k"},
    {0x01b4, "y"},
    {0x0253, "b"},
    {0x0254, "o"},
    {0x0256, "d"},
    {0x0257, "d"},
    {0x0259, "e"},
    {0x025b, "e"},
    // Arabic letters that are written for one another, from every keyboard between Rabat and
    // Lahore. Alef with hamza or madda falls apart by itself.
    {0x0629, "ه"},
    {0x0649, "ي"},
    {0x0671, "ا"},
    {0x06a9, "ك"},
    {0x06be, "ه"},
    {0x06c1, "ه"},
    {0x06c3, "ه"},
    {0x06cc, "ي"},
    {0x06d5, "ه"},
};

// Small words that surnames begin with; spelt apart, together, or together with a
// capital: "Ó Ceallaigh", "OCeallaigh", "De Souza", "DeSouza", "عبد الله", "عبدالله".
static const char *const fold_particles[] = {
    "o",  "mac", "mc", "nic", "ni",  "ui",  "mhic", "fitz", "ap", "ab", "de",  "del", "della", "di",  "du",  "da",
    "la", "le",  "st", "van", "von", "der", "den",  "ter",  "al", "el", "abu", "abd", "bin",   "ibn", "عبد", "ابو",
};

static bool fold_is_particle(const char *word, size_t size)
{
    for (size_t i = 0; i < sizeof fold_particles / sizeof *fold_particles; i++) {
        if (strlen(fold_particles[i]) == size && memcmp(fold_particles[i], word, size) == 0) {
            return true;
        }
    }
    return false;
}

// What a code point is to a word, before it is decomposed: an accent typed as an
// apostrophe would fall apart into a blank and a mark.
static bool fold_joins(utf8proc_int32_t c)
{
    static const utf8proc_int32_t joiners[] = {'\'',   '-',    '`',    0x00b4, 0x02b9, 0x02bb, 0x02bc, 0x02bd, 0x02be, 0x02bf,
                                               0x02c8, 0x00b7, 0x2010, 0x2011, 0x2018, 0x2019, 0x201b, 0x2032, 0xff07, 0xff0d};
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

// Scripts that are written without blanks, in which whoever looks for a name does not
// know where the record parts it: every character is a word. Kana and Han.
static bool fold_stands_alone(utf8proc_int32_t c)
{
    return (c >= 0x3041 && c <= 0x30fa) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x20000 && c <= 0x3ffff);
}

// Digits of the scripts that are met; Unicode decomposes none of them.
static utf8proc_int32_t fold_digit(utf8proc_int32_t c)
{
    static const utf8proc_int32_t zeros[] = {0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6,
                                             0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0};
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        if (c >= zeros[i] && c < zeros[i] + 10) {
            return '0' + c - zeros[i];
        }
    }
    return c;
}

struct fold {
    struct buffer out;
    size_t word; // where in `out` the last part of a word began
    bool names;  // for an order of names: a full stop does not count
    bool joint;  // a joiner stands after a letter; what follows decides
    bool gap;    // something else stood since the last letter
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
        fold->word = buffer_size(&fold->out);
    }
    fold->gap = fold->joint = false;
    c = fold_digit(c);
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

// A letter, apart from its neighbours where the script is written so. A Hangul syllable
// has fallen apart into letters; its first one begins a word.
static void fold_symbol(struct fold *fold, utf8proc_int32_t c)
{
    bool alone = fold_stands_alone(c);
    if (alone || (c >= 0x1100 && c <= 0x115f)) {
        fold_other(fold);
    }
    fold_letter(fold, c);
    if (alone) {
        fold_other(fold);
    }
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
            fold_symbol(fold, parts[i]);
        } else if (!fold_vanishes(parts[i]) && !(fold->names && parts[i] == '.')) {
            fold_other(fold);
        }
    }
}

// "OCeallaigh", "McDonald": a capital inside a word after what surnames begin with.
static void fold_capital(struct fold *fold, utf8proc_int32_t c, const char *next)
{
    size_t size = buffer_size(&fold->out) - fold->word;
    utf8proc_int32_t after;
    if (c >= 'a' && c <= 'z') {
        return; // nearly all
    }
    if (utf8proc_category(c) != UTF8PROC_CATEGORY_LU || fold->joint || fold->gap || !size ||
        !fold_is_particle((const char *)buffer_head(&fold->out) + fold->word, size)) {
        return;
    }
    if (utf8proc_iterate((const utf8proc_uint8_t *)next, -1, &after) > 0 && utf8proc_category(after) == UTF8PROC_CATEGORY_LL) {
        fold->joint = true;
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
            text += used;
            continue;
        }
        fold_capital(fold, c, text + used);
        if (c < 0x80 && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            fold_letter(fold, c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        } else {
            fold_point(fold, c);
        }
        text += used;
    }
    return !fold->failed;
}

// Tails of a much-joined word that are indexed as well, and particles before a name.
#define FOLD_TAILS     4
#define FOLD_PARTICLES 3

struct fold_word {
    const char *text;
    size_t size, joints;
};

// The next word of what fold_run made; false: there is none.
static bool fold_next(const char **at, const char *end, struct fold_word *word)
{
    const char *blank = *at < end ? memchr(*at, ' ', (size_t)(end - *at)) : NULL;
    *word = (struct fold_word){*at, (size_t)((blank ? blank : end) - *at), 0};
    for (size_t i = 0; i < word->size; i++) {
        word->joints += word->text[i] == FOLD_JOINT;
    }
    *at = blank ? blank + 1 : end;
    return word->size > 0;
}

// The word with something for its joints, or nothing.
static void fold_put(struct fold *out, const char *text, size_t size, const char *joint)
{
    for (size_t i = 0; i < size; i++) {
        bool joined = text[i] == FOLD_JOINT;
        fold_append(out, joined ? joint : text + i, joined ? strlen(joint) : 1);
    }
}

// One word without its joints; with `apart`, its parts after it.
static void fold_word(struct fold *out, const struct fold_word *word, bool apart)
{
    fold_append(out, " ", buffer_size(&out->out) ? 1 : 0);
    fold_put(out, word->text, word->size, "");
    if (!apart || !word->joints) {
        return;
    }
    fold_append(out, " ", 1);
    fold_put(out, word->text, word->size, " ");
    // behind each joint but the last, what follows joined: "ohara" of "Smith-O'Hara"
    for (size_t i = 0, left = word->joints < FOLD_TAILS ? word->joints : FOLD_TAILS; i < word->size && left > 1; i++) {
        if (word->text[i] == FOLD_JOINT) {
            left--;
            fold_append(out, " ", 1);
            fold_put(out, word->text + i + 1, word->size - i - 1, "");
        }
    }
}

// Particles and the name behind them as one word: "vanderberg" of "van der Berg".
static void fold_together(struct fold *out, const struct fold_word *first, const char *at, const char *end)
{
    const char *look = at;
    struct fold_word word = *first;
    int n = 0;
    while (n < FOLD_PARTICLES && fold_is_particle(word.text, word.size) && fold_next(&look, end, &word)) {
        n++;
    }
    if (!n) {
        return;
    }
    fold_append(out, " ", 1);
    fold_put(out, first->text, first->size, "");
    for (look = at; n-- && fold_next(&look, end, &word);) {
        fold_put(out, word.text, word.size, "");
    }
}

static char *fold_text(const char *text, bool names, bool apart, struct arena *arena)
{
    struct fold fold = {.names = names}, out = {0};
    struct fold_word word;
    buffer_init(&fold.out);
    buffer_init(&out.out);
    bool done = fold_run(&fold, text);
    const char *at = buffer_size(&fold.out) ? (const char *)buffer_head(&fold.out) : "", *end = at + buffer_size(&fold.out);
    while (done && fold_next(&at, end, &word)) {
        fold_word(&out, &word, apart);
        if (apart) {
            fold_together(&out, &word, at, end);
        }
    }
    size_t size = buffer_size(&out.out);
    char *made = done && !out.failed ? arena_strndup(arena, size ? (const char *)buffer_head(&out.out) : "", size) : NULL;
    buffer_deinit(&fold.out);
    buffer_deinit(&out.out);
    return made;
}

char *text_fold(const char *text, struct arena *arena)
{
    return fold_text(text, false, false, arena);
}

char *text_fold_search(const char *text, struct arena *arena)
{
    return fold_text(text, false, true, arena);
}

char *text_fold_name(const char *text, struct arena *arena)
{
    return fold_text(text, true, false, arena);
}
