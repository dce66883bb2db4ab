// What this machine itself makes honest people wait: beside the daemon a program that does
// nothing but give back what it gets, asked in the same shape and by the same process.
#ifndef FAULTS_SIEGE_YARDSTICK_H
#define FAULTS_SIEGE_YARDSTICK_H

#include <stdint.h>

#include <uv.h>

// Starts that program, a child that ends with this one. Once, before there is a loop or a thread.
void yardstick_fork(void);
// Asks it from now on, in the loop's thread; `took` is told of each answer: from when it should
// have been asked to when it came, in ns of uv_hrtime.
void yardstick_begin(uv_loop_t *loop, void (*took)(uint64_t from, uint64_t to));

#endif
