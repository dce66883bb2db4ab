// Text: what may be stored, folded for finding, ordered, cut, shown safely, and ids as they are
// typed. Never longer than its bounds, always UTF-8, and done twice the same as once.
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/error.h"
#include "common/record.h"
#include "common/text.h"
#include "tests/fuzz/item.h"

static void run_fault(const char *text, size_t size)
{
    const char *many = text_fault(text, size, true);
    DEMAND(many == NULL || many[0]);
    const char *one = text_fault(text, size, false);
    DEMAND(one == NULL || one[0]);
    if (!one)
        DEMAND(text_fault(text, size, true) == NULL);
}

static void run_excerpt(const char *text)
{
    char room[48];
    for (size_t size = 1; size <= sizeof room; size += 5) {
        memset(room, 'x', sizeof room);
        DEMAND(text_excerpt(text, room, size) == room && memchr(room, '\0', size));
        // too little room for a mark says nothing
        DEMAND(text_fault(room, strlen(room), true) == NULL);
    }
}

static void run_fold(const char *text, struct arena *arena)
{
    char *folded = text_fold(text, arena), *search = text_fold_search(text, arena), *name = text_fold_name(text, arena);
    DEMAND(folded && search && name);
    DEMAND(text_fault(folded, strlen(folded), false) == NULL && text_fault(search, strlen(search), false) == NULL);
    char *again = text_fold(folded, arena);
    DEMAND(again && strcmp(again, folded) == 0);
    const char *fields[] = {text, NULL, folded};
    DEMAND(text_sort_key(fields, 3, arena) != NULL);
    char *key = text_sort_key(fields, 1, arena), *key_again = text_sort_key(fields, 1, arena);
    DEMAND(key && key_again && strcmp(key, key_again) == 0);
}

static void run_show(const char *text, struct arena *arena)
{
    char *safe = text_safe(text, false, arena), *lines = text_safe(text, true, arena);
    DEMAND(safe && lines && text_fault(safe, strlen(safe), false) == NULL && text_fault(lines, strlen(lines), true) == NULL);
    char *again = text_safe(safe, false, arena);
    DEMAND(again && strcmp(again, safe) == 0);
    int width = text_width(safe);
    DEMAND(width >= 0);
    for (int columns = 1; columns < 40; columns += 6) {
        char *cut = text_cut(safe, columns, arena), *pad = text_pad(safe, columns, columns & 2, arena);
        DEMAND(cut && pad && text_fault(cut, strlen(cut), false) == NULL);
        DEMAND(text_width(cut) <= columns && text_width(pad) == columns);
        DEMAND(width > columns || strcmp(cut, safe) == 0);
    }
}

static void run_normal(const char *text, struct arena *arena)
{
    char *normal = text_normal(text, arena);
    DEMAND(normal != NULL);
    DEMAND(text_is_normal(normal) && text_fault(normal, strlen(normal), true) == NULL);
    char *again = text_normal(normal, arena);
    DEMAND(again && strcmp(again, normal) == 0);
    DEMAND(!text_is_normal(text) || strcmp(text, normal) == 0);
}

static void run_cell(const char *text)
{
    struct buffer cell;
    buffer_init(&cell);
    DEMAND(text_csv_cell(&cell, text, false) == 0 && text_csv_cell(&cell, text, true) == 0);
    DEMAND(buffer_size(&cell) <= 2 * (2 * strlen(text) + 3));
    buffer_deinit(&cell);
}

static void run_id(const char *text)
{
    char shown[ID_TEXT_MAX], hint[64];
    const struct kind *kind = NULL;
    int64_t id = 0, again = 0;
    struct problem problem;
    problem_init(&problem, NULL);
    for (size_t i = 0; i <= n_kinds; i++) {
        const struct kind *wanted = i < n_kinds ? &kinds[i] : NULL;
        if (id_parse(wanted, text, &kind, &id, &problem) != 0) {
            DEMAND(problem.message[0] && problem_next(&problem)[0]);
            DEMAND(item_clean(problem.message));
            continue;
        }
        DEMAND(id > 0 && (!wanted || kind == wanted));
        if (kind)
            DEMAND(strlen(id_format(kind, id, shown)) < ID_TEXT_MAX && id_parse(kind, shown, NULL, &again, NULL) == 0 && again == id);
    }
    (void)text_excerpt(text, hint, sizeof hint);
    (void)upn_fault(text);
    if (strlen(text) == 12)
        (void)upn_letter(text);
}

// Any bytes that end in a zero: what nobody has looked at yet.
static void run_bytes(const char *text)
{
    run_excerpt(text);
    run_cell(text);
    run_id(text);
    (void)text_length(text);
    (void)text_is_normal(text);
    (void)text_same(text, "K");
    DEMAND(text_distance(text, text) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    DEMAND(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    run_fault(text, size);
    run_bytes(text);
    struct arena arena;
    arena_init(&arena, 0);
    char *normal = text_normal(text, &arena);
    DEMAND(normal || text_fault(text, strlen(text), true));
    char *safe = text_safe(text, true, &arena);
    const char *fault = safe ? text_fault(safe, strlen(safe), true) : "nothing";
    DEMAND(!fault || strstr(fault, "accents")); // what may not be stored may still be shown
    if (text_fault(text, strlen(text), true) == NULL) {
        run_normal(text, &arena);
        run_fold(text, &arena);
        run_show(text, &arena);
    }
    arena_deinit(&arena);
    free(text);
    return 0;
}
