// By what a register is ordered: names as a British school files them. Made once, when
// a record is written; every list then compares bytes. Any thread.
#include "common/text.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"

// Lower than every letter, in this order, and what text_fault lets pass: where the fields
// end, where one does. A field that ends comes before one that goes on ("Lee, Ann", "Lee
// Smith, Al", "Leech, Al"); one who has no forename comes before those who have one.
#define SORT_END   "\t"
#define SORT_FIELD "\n"

// Word by word, as telephone books, libraries and school registers do (BS ISO 999 allows
// both and prefers it): a blank comes before any letter, so that "De Souza" and "De Wit"
// stand together, before "Dean". Letter by letter, "Dean" would part them. A hyphen, an
// apostrophe or a full stop is no blank: how often it was typed is chance ("Al-Amin",
// "Alamin"). Mc and Mac stand as they are spelt. Digits come before letters, and other
// scripts after Latin, by their code points, which is how UTF-8 compares.
static bool sort_folded(struct buffer *key, const char *const *fields, size_t n, struct arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        const char *folded = text_fold_name(fields[i] ? fields[i] : "", arena);
        if (!folded || buffer_append(key, SORT_FIELD, i ? 1 : 0) != 0 || buffer_append(key, folded, strlen(folded)) != 0) {
            return false;
        }
    }
    return true;
}

// "Ann Lee 2": words of ASCII with a capital in front, of which the folded text says all.
static bool sort_is_plain(const char *text)
{
    for (bool within = false; *text; text++) {
        bool lower = *text >= 'a' && *text <= 'z', upper = *text >= 'A' && *text <= 'Z', digit = *text >= '0' && *text <= '9';
        if (*text == ' ' ? !within : !(digit || (within ? lower : upper))) {
            return false;
        }
        within = *text != ' ';
    }
    return true;
}

// Marks, case and punctuation count only where all letters of all fields are the same:
// the spelling itself follows then, unless it is the plain one, which so comes first.
static bool sort_spelt(struct buffer *key, const char *const *fields, size_t n)
{
    bool plain = true;
    for (size_t i = 0; i < n; i++) {
        plain = plain && sort_is_plain(fields[i] ? fields[i] : "");
    }
    for (size_t i = 0; i < n && !plain; i++) {
        const char *field = fields[i] ? fields[i] : "";
        if (buffer_append(key, i ? SORT_FIELD : SORT_END, 1) != 0 || buffer_append(key, field, strlen(field)) != 0) {
            return false;
        }
    }
    return true;
}

char *text_sort_key(const char *const *fields, size_t n, struct arena *arena)
{
    struct buffer key;
    buffer_init(&key);
    bool made = sort_folded(&key, fields, n, arena) && sort_spelt(&key, fields, n);
    size_t size = buffer_size(&key);
    char *text = made ? arena_strndup(arena, size ? (const char *)buffer_head(&key) : "", size) : NULL;
    buffer_deinit(&key);
    return text;
}
