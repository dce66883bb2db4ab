// See item.h.
#include "tests/fuzz/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

bool item_next(const uint8_t **data, size_t *size, struct item *item)
{
    if (*size < ITEM_HEAD)
        return false;
    const uint8_t *head = *data;
    size_t length = (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    *item = (struct item){head[0], head + ITEM_HEAD, length < *size - ITEM_HEAD ? length : *size - ITEM_HEAD};
    *data += ITEM_HEAD + item->size;
    *size -= ITEM_HEAD + item->size;
    return true;
}

bool item_clean(const char *sentence)
{
    const char *fault = text_fault(sentence, strlen(sentence), true);
    return !fault || strstr(fault, "accents");
}

void item_broken(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
    abort();
}
