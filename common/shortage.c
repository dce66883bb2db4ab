// See shortage.h. One count per thread.
#include "common/shortage.h"

static _Thread_local uint64_t shortages;

uint64_t shortage_count(void)
{
    return shortages;
}

void shortage_note(void)
{
    shortages++;
}
