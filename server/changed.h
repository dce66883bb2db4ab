// Devices are revoked and accounts blocked while people are connected: then everybody
// who is here is judged anew. Loop thread, but for the reading.
#ifndef SERVER_CHANGED_H
#define SERVER_CHANGED_H

struct server;

// After a store_keep that wrote an account or a device: cuts, within a second, every
// session whose device is no longer good, or whose account is blocked or has another role.
void access_changed(struct server *server);
// The same for somebody who was read before such a change and came in after it.
void access_judge(struct server *server);
// Once a second: what could not be read is tried again.
void access_tick(struct server *server);

#endif
