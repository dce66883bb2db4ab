// The faults of server/fault.h as the power cut plants them: one, named when the
// program begins. Any thread.
#include "server/fault.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/faults/powercut.h"

static const char *planted; // before there are threads
static atomic_bool begun;

void fault_plant(const char *name)
{
    planted = name;
}

void fault_begin(void)
{
    atomic_store(&begun, true);
}

// A store that is still being opened has nobody to answer early.
bool fault_on(const char *name)
{
    return planted && strcmp(name, planted) == 0 && (strcmp(name, "ack-early") != 0 || atomic_load(&begun));
}

bool fault_clock_file(const char *path)
{
    (void)path;
    return false; // the store asks no clock
}
