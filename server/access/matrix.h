// Who may read and write which class of record about whom: the one table.
#ifndef SERVER_ACCESS_MATRIX_H
#define SERVER_ACCESS_MATRIX_H

#include "server/access/role.h"
#include "server/store/scope.h"

// How far this role's rights reach. Any thread.
enum reach matrix_read(enum role role, enum record_class class, enum subject subject);
enum reach matrix_write(enum role role, enum record_class class, enum subject subject);
// Both tables of a scope; its sets of own are left as they are.
void matrix_fill(struct scope *scope, enum role role);

#endif
