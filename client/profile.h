// A profile: the directory that makes a person and a device known to a school.
// Certificate and key come from `sendcod init`; ticket and state are kept here.
// Never any record. Any thread, not shared.
#ifndef CLIENT_PROFILE_H
#define CLIENT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;
struct tls_context;

#define PROFILE_PATH   1024
#define PROFILE_WORD   256
#define PROFILE_TICKET 64 // bytes of the server's ticket, at most

struct profile {
    char directory[PROFILE_PATH];
    char server[PROFILE_WORD]; // "host:port"; empty when it names none
    char school[PROFILE_WORD];
    char person[PROFILE_WORD];
};

// From `directory`, else $SENDCO_PROFILE, else the default one under
// $XDG_DATA_HOME. 0 or ERR_CONFIG.
int profile_load(struct profile *profile, const char *directory, struct problem *problem);
// TLS for this profile. NULL: see problem.
struct tls_context *profile_tls(const struct profile *profile, struct problem *problem);

// How far this profile has seen the school's database. None yet: zeros.
int profile_state(const struct profile *profile, uint64_t *epoch, uint64_t *seq, struct problem *problem);
// Goes forward only, unless `force`: another client of this profile may be further.
int profile_state_keep(const struct profile *profile, uint64_t epoch, uint64_t seq, bool force, struct problem *problem);

// The ticket's size, 0 when there is none, or ERR_CONFIG when others could read it.
int profile_ticket(const struct profile *profile, uint8_t ticket[PROFILE_TICKET], struct problem *problem);
// Size 0 removes it.
int profile_ticket_keep(const struct profile *profile, const uint8_t *ticket, size_t size, struct problem *problem);
// The first line of a file: of `file`, else of the demo's `password` in the profile.
// 1: read; 0: there is none; or an error.
int profile_password(const struct profile *profile, const char *file, char *password, size_t size, struct problem *problem);

#endif
