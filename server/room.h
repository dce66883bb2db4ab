// Room for connections. Loop thread.
#ifndef SERVER_ROOM_H
#define SERVER_ROOM_H

struct server;

// As many connections as descriptors allow, and SERVER_SESSIONS at most: sees to it that there may be so many, and
// writes to max_sessions how many there are to be. Once, before anybody connects.
void room_make(struct server *server);

#endif
