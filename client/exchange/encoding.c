// What alphabet a roll is written in: decided once, for the whole file, and turned
// into UTF-8 by iconv. A byte that cannot be read becomes U+FFFD, so that the cell
// that holds it can be named. Any thread.
#include "client/exchange/roll.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include <utf8proc.h>

struct alphabet {
    const char *iconv, *words; // how iconv calls it, and people do
    size_t skip;               // of its byte order mark
    size_t unit;               // bytes that go together
};

static const char lost[] = "\xef\xbf\xbd";

static const struct alphabet marked[] = {
    {"UTF-8", "UTF-8", 3, 1},
    {"UTF-16LE", "UTF-16 (little-endian)", 2, 2},
    {"UTF-16BE", "UTF-16 (big-endian)", 2, 2},
};

static const struct alphabet *by_mark(const char *bytes, size_t size)
{
    static const char *const marks[] = {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"};
    for (size_t i = 0; i < 3; i++) {
        if (size >= marked[i].skip && memcmp(bytes, marks[i], marked[i].skip) == 0)
            return &marked[i];
    }
    return NULL;
}

// Of UTF-16 without a mark: every other byte of a table is zero, for signs and
// digits are ASCII; and the zeros all stand on one side.
static const struct alphabet *by_zeros(const char *bytes, size_t size)
{
    static const struct alphabet wide[] = {{"UTF-16LE", "UTF-16 (little-endian)", 0, 2}, {"UTF-16BE", "UTF-16 (big-endian)", 0, 2}};
    size_t zeros[2] = {0}, looked = size < 65536 ? size & ~(size_t)1 : 65536;
    for (size_t i = 0; i < looked; i++)
        zeros[i % 2] += bytes[i] == '\0';
    if (size % 2 || looked < 8)
        return NULL;
    if (zeros[0] == 0 && zeros[1] * 4 >= looked)
        return &wide[0];
    return zeros[1] == 0 && zeros[0] * 4 >= looked ? &wide[1] : NULL;
}

// Letters beyond ASCII that are good UTF-8, and bytes that are not: a file of
// Windows-1252 has hardly any of the former by chance. A damaged file of UTF-8 is
// better told than read as what it is not.
static const struct alphabet *by_letters(const char *bytes, size_t size)
{
    static const struct alphabet plain[] = {{"UTF-8", "UTF-8", 0, 1}, {"CP1252", "Windows-1252", 0, 1}};
    size_t good = 0, bad = 0;
    for (size_t at = 0; at < size;) {
        utf8proc_int32_t letter;
        utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)bytes + at, (utf8proc_ssize_t)(size - at), &letter);
        good += used > 1;
        bad += used <= 0;
        at += used > 0 ? (size_t)used : 1;
    }
    return bad > good ? &plain[1] : &plain[0];
}

static size_t convert(iconv_t with, const struct alphabet *alphabet, const char *bytes, size_t size, char *out, size_t room)
{
    char *from = (char *)(uintptr_t)bytes, *to = out; // iconv reads it only
    while (size) {
        if (iconv(with, &from, &size, &to, &room) != (size_t)-1)
            break;
        if (errno == E2BIG || room < sizeof lost)
            break;
        size_t step = size < alphabet->unit ? size : alphabet->unit;
        from += step;
        size -= step;
        memcpy(to, lost, sizeof lost - 1);
        to += sizeof lost - 1;
        room -= sizeof lost - 1;
    }
    return (size_t)(to - out);
}

int roll_decode(struct roll *roll, const char **bytes, size_t *size, struct problem *problem)
{
    const struct alphabet *alphabet = by_mark(*bytes, *size);
    if (!alphabet)
        alphabet = by_zeros(*bytes, *size);
    if (!alphabet || alphabet->unit == 1) {
        if (*size && memchr(*bytes, '\0', *size)) {
            problem_set(problem, ERR_INPUT, "The file holds NUL bytes: it is no CSV text.");
            problem_hint(problem, "Open it in a spreadsheet and save it as CSV, then import that file.");
            return ERR_INPUT;
        }
        if (!alphabet)
            alphabet = by_letters(*bytes, *size);
    }
    roll->encoding = alphabet->words;
    size_t left = *size - alphabet->skip, room = left * 3 + sizeof lost;
    char *out = arena_alloc(roll->arena, room);
    if (!out)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory to read the file.");
    iconv_t with = iconv_open("UTF-8", alphabet->iconv);
    if (with == (iconv_t)-1) {
        problem_set(problem, ERR_INPUT, "This machine cannot read %s text.", alphabet->words);
        problem_hint(problem, "In Excel choose Save As, “CSV UTF-8 (Comma delimited)”, then import that file.");
        return ERR_INPUT;
    }
    *size = convert(with, alphabet, *bytes + alphabet->skip, left, out, room);
    // A zero would end the cell unseen; as another control character it is told where it stands.
    for (char *zero = out; (zero = memchr(zero, '\0', *size - (size_t)(zero - out))) != NULL;)
        *zero = '\x01';
    *bytes = out;
    iconv_close(with);
    return 0;
}
