// Every allocation fails in turn: one counter over malloc and its kin as our own
// objects call them (link with the flags of NTH_STORE_WRAP in the Makefile), and over what
// SQLite, OpenSSL and libuv allocate; but under the sanitizers over utf8proc's, libsodium's
// and protobuf-c's too. A program's scenario runs again and again, with the 1st, 2nd,
// 3rd … allocation failing, until it needs fewer than that.
//
//     nth_alloc_install();                       // first of all in main
//     for (uint64_t nth = 1, seen = nth; seen >= nth; nth++) {
//         prepare();
//         nth_alloc_arm(nth, NTH_PROCESS, NTH_ONCE);
//         scenario();
//         seen = nth_alloc_disarm();             // fewer than nth: nothing failed, it passed clean
//         judge();
//     }
#ifndef TESTS_FAULTS_NTH_ALLOC_H
#define TESTS_FAULTS_NTH_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nth_reach { NTH_THREAD, NTH_PROCESS }; // whose allocations count: the caller's, or all threads'
enum nth_mode { NTH_ONCE, NTH_ON };         // only that one fails, or that one and all after it

// Takes over the libraries' allocators. Before any of them has been used and before there
// are other threads; ends the process when it is too late. SQLite's lookaside is switched
// off, so that each of its allocations counts.
void nth_alloc_install(void);
// From now on the `nth` allocation fails (1: the very next). Any thread; one at a time.
void nth_alloc_arm(uint64_t nth, enum nth_reach reach, enum nth_mode mode);
// Nothing fails any more. How many allocations were counted since nth_alloc_arm: fewer
// than `nth` means that none of them failed. 0 when nothing was armed.
uint64_t nth_alloc_disarm(void);
// How many failed since the last nth_alloc_arm.
uint64_t nth_alloc_failed(void);
// Between these the calling thread's allocations neither count nor fail: a harness's own. They nest.
void nth_alloc_pause(void);
void nth_alloc_resume(void);
// Where the first failing allocation was, as addresses on stderr (for addr2line -fe PROGRAM).
void nth_alloc_where(void);

#endif
