// Accounts, devices and tickets: kept in the database, but no records. They work on
// a view: reading in store_read, changing in store_keep. Scope does not apply.
#ifndef SERVER_STORE_ACCOUNT_H
#define SERVER_STORE_ACCOUNT_H

#include "server/store/view.h"

struct account {
    int64_t staff;
    char login[64];     // "senco"
    int role;           // enum role of access
    char password[128]; // argon2id, libsodium's string
    bool blocked;
};

struct device {
    int64_t id;
    int64_t staff;
    uint8_t fingerprint[32]; // SHA-256 of its certificate
    char name[64];
    int64_t issued, revoked; // revoked 0: good
};

struct ticket {
    uint8_t hash[32]; // SHA-256 of the ticket; the ticket itself is not kept
    int64_t staff, device;
    int64_t issued, used;
};

// 0, or ERR_NOT_FOUND, ERR_IO.
int account_get(struct view *view, int64_t staff, struct account *account);
int account_put(struct view *view, const struct account *account); // adds or replaces
int device_find(struct view *view, const uint8_t fingerprint[32], struct device *device);
int device_put(struct view *view, struct device *device); // id 0: a new one, told in device->id
int ticket_find(struct view *view, const uint8_t hash[32], struct ticket *ticket);
int ticket_put(struct view *view, const struct ticket *ticket); // adds or replaces
int ticket_remove(struct view *view, const uint8_t hash[32]);
int ticket_expire(struct view *view, int64_t used_before, int64_t issued_before);

#endif
