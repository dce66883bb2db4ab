// The school's own certificate authority: how it, the server's certificate and
// the personal device certificates are made. P-256, TLS 1.3 use only. Keys are
// made on the school server and never leave it but in a person's profile.
// Used by `sendcod init`, on the main thread.
#ifndef CERTS_CA_H
#define CERTS_CA_H

#include <stdint.h>

struct problem;
struct ca; // certificate and key, in memory

// A new authority named after the school, valid ten years from `now` (UTC
// seconds), path length 0. Free with ca_free. NULL: see problem.
struct ca *ca_new(const char *school, int64_t now, struct problem *problem);
// From the PEM files that ca_save wrote.
struct ca *ca_load(const char *directory, struct problem *problem);
// directory/ca.pem (0644) and directory/ca-key.pem (0600), fsynced; refuses to overwrite.
int ca_save(const struct ca *ca, const char *directory, struct problem *problem);
void ca_free(struct ca *ca);

// A server certificate (serverAuth) for these names and addresses
// ("localhost,127.0.0.1,::1,school-server"), one year: writes cert.pem, key.pem
// (0600) and ca.pem into `directory`.
int ca_issue_server(struct ca *ca, const char *names, int64_t now, const char *directory, struct problem *problem);
// A device certificate (clientAuth) for a person: CN = `person`, SAN URI
// "sendco:staff/ID/device/NAME", 90 days: writes the same three files, and tells
// the certificate's SHA-256.
int ca_issue_device(struct ca *ca, const char *person, int64_t staff, const char *device, int64_t now, const char *directory,
                    uint8_t fingerprint[32], struct problem *problem);

#endif
