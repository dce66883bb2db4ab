// Text: what may be stored, how it is found, how it is shown safely.
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buffer;

// Valid UTF-8 without NUL, C0 or C1 controls; `multiline` allows newline and tab.
// NULL when good, else what is wrong in words ("a control character at byte 7"),
// good until this thread asks again.
const char *text_fault(const char *text, size_t size, bool multiline);
// More combining marks in a row than any language writes: hostile, and slow to sort.
#define TEXT_MARKS_MAX 30
// NFC, blanks at both ends gone. NULL when memory is out or the text is not UTF-8.
char *text_normal(const char *text, struct arena *arena);
// Is it already as text_normal would make it? Allocates nothing that stays; false, too, when memory is out, which
// common/shortage.h counts.
bool text_is_normal(const char *text);
// For a sentence about what somebody typed: what fits into the buffer in whole
// characters, "…" where it was cut, "?" for what is not printable. Returns the buffer.
const char *text_excerpt(const char *text, char *buffer, size_t size);
size_t text_length(const char *text); // in code points
// For search: NFKD, case folded, marks stripped, letters that do not decompose mapped
// (ł ø đ ð þ ß æ œ ı ħ ŧ ŋ; ة ى), digits of any script as 0 to 9. What is not a letter or
// digit becomes one blank; Han, kana and Hangul stand alone. An apostrophe or hyphen
// inside a word joins: "O’Brien" gives "obrien"; text_fold_search also gives the split
// words ("obrien o brien") and joins what surnames begin with ("Ó Ceallaigh": "o
// oceallaigh ceallaigh"). In the arena; NULL when memory is out. Any thread.
char *text_fold(const char *text, struct arena *arena);
char *text_fold_search(const char *text, struct arena *arena);
// As text_fold, but a full stop does not count: "J.P." gives "jp". For text_sort_key.
char *text_fold_name(const char *text, struct arena *arena);
// By whose bytes (memcmp, SQLite's BINARY) a register is ordered: the fields of a name
// as it is filed, surname first; NULL as "". Valid UTF-8 that text_fault passes as
// several lines. In the arena; NULL when memory is out. Any thread.
char *text_sort_key(const char *const *fields, size_t n, struct arena *arena);

// For a terminal: control characters, bidi overrides and isolates, lone
// surrogates and other format characters are shown as "\u{1b}"-like escapes; newline and
// tab become a blank unless `multiline`. Nothing stored can drive a terminal. Only the
// joiners that Persian and Indian spelling needs stay, between letters of such scripts.
char *text_safe(const char *text, bool multiline, struct arena *arena);
// Columns a terminal gives it (already made safe).
int text_width(const char *text);
// At most `width` columns, with "…" where something was cut; never inside what a reader
// takes for one character (a letter with its marks).
char *text_cut(const char *text, int width, struct arena *arena);
// `text` cut and filled with blanks to exactly `width` columns.
char *text_pad(const char *text, int width, bool right, struct arena *arena);

// A CSV cell per RFC 4180, quoted when needed; one that a spreadsheet would take
// for a formula (begins with = + - @ tab CR, or a full-width form) gets a leading apostrophe unless `raw`. Plain numbers
// ("-12.5") stay as they are. 0 or ERR_NOMEM.
int text_csv_cell(struct buffer *out, const char *text, bool raw);

// Edit distance with transpositions; for "did you mean".
int text_distance(const char *a, const char *b);
bool text_same(const char *a, const char *b); // ASCII, any case

// UPN: 13 characters, upper case; NULL when good, else what is wrong.
const char *upn_fault(const char *upn);
// The check letter that belongs before characters 2 to 13; 0 when these cannot be.
char upn_letter(const char *twelve);

#endif
