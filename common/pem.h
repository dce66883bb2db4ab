// Certificates and private keys from PEM files, and one way to start OpenSSL.
// For common/tls and certs/ca only. Any thread.
#ifndef COMMON_PEM_H
#define COMMON_PEM_H

#include <openssl/types.h>
#include <openssl/x509.h>

struct problem;

// Before anything of OpenSSL is used: no openssl.cnf changes what we do. May be
// called again. main() calls it first when others use OpenSSL's hashes.
void pem_init(void);

// All certificates of a file, at least one; free with pem_certificates_free.
// NULL: ERR_CONFIG in `problem`, naming the file.
STACK_OF(X509) * pem_read_certificates(const char *path, struct problem *problem);
void pem_certificates_free(STACK_OF(X509) * certificates);
// An unencrypted private key. Refused when others may read the file (with the
// chmod to run) or when it is a symbolic link. Free with EVP_PKEY_free. NULL:
// ERR_CONFIG in `problem`.
EVP_PKEY *pem_read_key(const char *path, struct problem *problem);

#endif
