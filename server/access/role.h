// Roles of people who may log in.
#ifndef SERVER_ACCESS_ROLE_H
#define SERVER_ACCESS_ROLE_H

enum role { ROLE_NONE, ROLE_SENDCO, ROLE_CNPL, ROLE_HEAD, ROLE_TEACHER, ROLE_TA, ROLE_MEDICAL, ROLE_GOVERNOR, ROLE_COUNT };

const char *role_word(enum role role); // "sendco", "cnpl", "head" …; "none" for what is no role

#endif
