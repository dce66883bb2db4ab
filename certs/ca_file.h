// Writing certificates and keys as PEM files. For certs/ca only; main thread.
#ifndef CERTS_CA_FILE_H
#define CERTS_CA_FILE_H

#include <stdbool.h>

#include <openssl/types.h>

struct problem;

// ERR_INTERNAL with OpenSSL's own words for why it could not do that.
int ca_file_openssl(struct problem *problem, const char *doing);
// A descriptor of the directory, made (0700) when it is missing; or ERR_OUTPUT.
int ca_file_open_directory(const char *directory, struct problem *problem);
// `directory` is an open descriptor, which the caller fsyncs at the end. `fresh`:
// refuses to replace a file. 0, ERR_OUTPUT or ERR_INTERNAL.
int ca_file_write_certificate(int directory, const char *name, X509 *certificate, bool fresh, struct problem *problem);
int ca_file_write_key(int directory, const char *name, EVP_PKEY *key, bool fresh, struct problem *problem);

#endif
