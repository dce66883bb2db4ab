// Roles of people who may log in.
#ifndef SERVER_ACCESS_ROLE_H
#define SERVER_ACCESS_ROLE_H

enum role { ROLE_NONE, ROLE_SENDCO, ROLE_CNPL, ROLE_HEAD, ROLE_TEACHER, ROLE_TA, ROLE_MEDICAL, ROLE_GOVERNOR, ROLE_COUNT };

const char *role_name(enum role role); // "SENDCO", "Complex Needs Provision Leader" …
const char *role_word(enum role role); // "sendco", "cnpl", "head" …: in JSON and options
enum role role_find(const char *word); // ROLE_NONE: there is none

#endif
