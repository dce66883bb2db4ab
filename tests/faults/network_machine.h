// A machine that is a network namespace with one TUN device in it. One thread.
#ifndef TESTS_FAULTS_NETWORK_MACHINE_H
#define TESTS_FAULTS_NETWORK_MACHINE_H

#include <sys/types.h>

// Makes 10.77.0.NUMBER. Returns the process that holds the namespace until it is killed or this
// program ends; *fd: its device, for whole IP packets, not blocking. Ends the program when that
// cannot be.
pid_t machine_make(int number, int *fd);
// Says what could not be, with errno, and ends the program.
_Noreturn void machine_fail(const char *what);

#endif
