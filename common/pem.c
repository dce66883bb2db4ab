// Reads PEM files. A key that others could have read is no key any more, so its
// file is looked at before its bytes are. At start, in the main thread.
#include "common/pem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "common/error.h"

#define PEM_MAX ((size_t)64 << 10) // far more than a key or a few certificates

void pem_init(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static int pem_open(const char *path, bool secret, struct problem *problem)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (secret ? O_NOFOLLOW : 0));
    if (fd < 0 && errno == ELOOP)
        return problem_set(problem, ERR_CONFIG, "The key file %s is a symbolic link; it must be the file itself.", path);
    if (fd < 0)
        return problem_set(problem, ERR_CONFIG, "Cannot open %s: %s.", path, strerror(errno));
    int error = 0;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        error = problem_set(problem, ERR_CONFIG, "%s is not a file.", path);
    } else if (secret && (status.st_mode & 0177) != 0) {
        error = problem_set(problem, ERR_CONFIG, "The key file %s may be read or changed by others (mode %04o).", path,
                            (unsigned)status.st_mode & 07777u);
        problem_hint(problem, "Run: chmod 600 %s", path);
    }
    if (!error)
        return fd;
    close(fd);
    return error;
}

// The whole file in a BIO whose memory is wiped when it is freed.
static BIO *pem_load(const char *path, bool secret, struct problem *problem)
{
    int fd = pem_open(path, secret, problem);
    if (fd < 0)
        return NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    char part[4096];
    size_t total = 0;
    ssize_t got = 0;
    while (bio && total <= PEM_MAX && (got = read(fd, part, sizeof part)) > 0) {
        total += (size_t)got;
        if (BIO_write(bio, part, (int)got) != got)
            got = -1;
        if (got < 0)
            break;
    }
    OPENSSL_cleanse(part, sizeof part);
    close(fd);
    if (bio && got == 0)
        return bio;
    BIO_free(bio);
    problem_set(problem, ERR_CONFIG, total > PEM_MAX ? "%s is too large to be a certificate or key." : "Cannot read %s.", path);
    return NULL;
}

// Keys are protected by the file's mode; nobody is asked for a pass phrase.
static int pem_no_phrase(char *phrase, int size, int writing, void *data) // NOLINT(readability-non-const-parameter): OpenSSL's type
{
    (void)phrase;
    (void)size;
    (void)writing;
    (void)data;
    return -1;
}

STACK_OF(X509) * pem_read_certificates(const char *path, struct problem *problem)
{
    pem_init();
    BIO *bio = pem_load(path, false, problem);
    STACK_OF(X509) *all = bio ? sk_X509_new_null() : NULL;
    X509 *one;
    ERR_clear_error();
    while (all && (one = PEM_read_bio_X509(bio, NULL, pem_no_phrase, NULL))) {
        if (!sk_X509_push(all, one))
            X509_free(one);
    }
    // Only "no more begin lines" is a good end; anything else is a broken file.
    bool good = all && sk_X509_num(all) > 0 && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (bio && !good)
        problem_set(problem, ERR_CONFIG, "%s holds no certificate in PEM form, or a damaged one.", path);
    BIO_free(bio);
    if (good)
        return all;
    pem_certificates_free(all);
    return NULL;
}

void pem_certificates_free(STACK_OF(X509) * certificates)
{
    sk_X509_pop_free(certificates, X509_free);
}

EVP_PKEY *pem_read_key(const char *path, struct problem *problem)
{
    pem_init();
    BIO *bio = pem_load(path, true, problem);
    if (!bio)
        return NULL;
    ERR_clear_error();
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, pem_no_phrase, NULL);
    ERR_clear_error();
    BIO_free(bio);
    if (!key)
        problem_set(problem, ERR_CONFIG, "%s holds no private key in PEM form, or one with a pass phrase.", path);
    return key;
}
