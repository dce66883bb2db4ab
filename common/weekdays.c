// Days of the week in free text; see weekdays.h.
#include "common/weekdays.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define SCHOOL_WEEK 0x1fu // Monday to Friday

// 0 Monday … 6 Sunday for "Mon", "Tues", "Weds", "Thursdays"; -1 for any other word.
static int day_of(const char *word, size_t size)
{
    static const char *const days[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
    size_t stem = size > 3 && tolower((unsigned char)word[size - 1]) == 's' ? size - 1 : size;
    for (int i = 0; i < 7; i++)
        if (stem >= 3 && stem <= strlen(days[i]) && strncasecmp(days[i], word, stem) == 0)
            return i;
    return -1;
}

// From one day to another, over Sunday when need be.
static unsigned span(int from, int to)
{
    unsigned days = 0;
    for (int day = from;; day = (day + 1) % 7) {
        days |= 1u << day;
        if (day == to)
            return days;
    }
}

// What lies between two words: does it say "to"?
static bool joins(const char *between, size_t size)
{
    size_t dashes = 0;
    for (size_t i = 0; i < size; i++) {
        if (between[i] == '-' || (i + 3 <= size && (!memcmp(between + i, "\xe2\x80\x93", 3) || !memcmp(between + i, "\xe2\x80\x94", 3))))
            dashes++; // a hyphen or either of the long dashes
        else if (!isspace((unsigned char)between[i]) && (unsigned char)between[i] < 0x80)
            return false;
    }
    return dashes == 1;
}

static unsigned days_in(unsigned days)
{
    unsigned n = 0;
    for (; days; days &= days - 1)
        n++;
    return n;
}

struct walk {
    const char *after; // behind the word before
    int last;          // the day just named; -1: none
    bool to;           // "Monday to", "Mon until"
    unsigned days, count;
};

static void on_word(struct walk *walk, const char *word, size_t size)
{
    int day = day_of(word, size);
    bool every = (size == 5 && !strncasecmp(word, "daily", 5)) || (size == 5 && !strncasecmp(word, "every day", 9));
    unsigned meant = every ? SCHOOL_WEEK : 0;
    if (day >= 0)
        meant = walk->last >= 0 && (walk->to || joins(walk->after, (size_t)(word - walk->after))) ? span(walk->last, day) : 1u << day;
    // the first day of a span was counted when it was named
    walk->count += days_in(meant) - (day >= 0 && meant != 1u << day);
    walk->days |= meant;
    walk->to = walk->last >= 0 && ((size == 2 && !strncasecmp(word, "to", 2)) || (size == 5 && !strncasecmp(word, "until", 5)));
    walk->last = day >= 0 ? day : walk->to ? walk->last : -1;
    walk->after = word + size;
}

static struct walk walked(const char *text)
{
    struct walk walk = {.after = text, .last = -1};
    for (const char *at = text; at && *at;) {
        size_t size = 0;
        while (isalpha((unsigned char)at[size]))
            size++;
        if (size)
            on_word(&walk, at, size);
        at += size ? size : 1;
    }
    return walk;
}

unsigned weekdays_named(const char *text)
{
    return walked(text).days;
}

unsigned weekdays_count(const char *text)
{
    return walked(text).count;
}

bool weekdays_has(const char *text, int weekday)
{
    return weekdays_named(text) >> (weekday - 1) & 1;
}
