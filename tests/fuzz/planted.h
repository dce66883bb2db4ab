// Faults planted behind the targets, for the tests of the seeds: a target that does not go red for its own proves
// nothing. Linked into those tests only, by --wrap. Main thread.
#ifndef TESTS_FUZZ_PLANTED_H
#define TESTS_FUZZ_PLANTED_H

// The at-th fault that this target must find; NULL: that were all.
const char *planted_for(const char *target, unsigned at);
// From now on, in this process.
void planted_set(const char *fault);

#endif
