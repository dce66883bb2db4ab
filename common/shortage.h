// Who goes without memory cannot always say so: a name is left out, a folded text is none.
// So arenas and buffers count how often they had nothing to give, and whoever must not
// tell half of the truth asks before and after.
#ifndef COMMON_SHORTAGE_H
#define COMMON_SHORTAGE_H

#include <stdint.h>

// How often memory was missing on this thread, so far. Only ever grows.
uint64_t shortage_count(void);
// Memory was missing just now, on this thread.
void shortage_note(void);

#endif
