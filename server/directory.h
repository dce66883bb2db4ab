// The directory a school is served from: there, private, and of one sendcod at a time.
// Before the loop runs.
#ifndef SERVER_DIRECTORY_H
#define SERVER_DIRECTORY_H

struct problem;

// Looks at its rights and takes it for this process until *lock is closed. 0 or ERR_CONFIG
// with what to do; *lock is -1 then.
int directory_take(const char *directory, int *lock, struct problem *problem);

#endif
