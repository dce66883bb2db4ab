// Puts certificates and keys on the disk: whole or not at all, with the modes
// they must have, and there after a power cut. Main thread, at init.
#include "certs/ca_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/error.h"

int ca_file_openssl(struct problem *problem, const char *doing)
{
    const char *words = ERR_reason_error_string(ERR_peek_error());
    problem_set(problem, ERR_INTERNAL, "OpenSSL could not %s: %s.", doing, words ? words : "no reason given");
    ERR_clear_error();
    return ERR_INTERNAL;
}

int ca_file_open_directory(const char *directory, struct problem *problem)
{
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return problem_set(problem, ERR_OUTPUT, "Cannot make the directory %s: %s.", directory, strerror(errno));
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : problem_set(problem, ERR_OUTPUT, "Cannot open the directory %s: %s.", directory, strerror(errno));
}

static bool ca_file_write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return fsync(fd) == 0;
}

// Whole or not at all: under another name first, then renamed, or linked when
// nothing may be there yet.
static int ca_file_write(int directory, const char *name, mode_t mode, BIO *text, bool fresh, struct problem *problem)
{
    char *data, part[64];
    long size = BIO_get_mem_data(text, &data);
    snprintf(part, sizeof part, ".%s.new", name);
    unlinkat(directory, part, 0);
    int fd = openat(directory, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    bool good = fd >= 0 && fchmod(fd, mode) == 0 && ca_file_write_all(fd, data, (size_t)size);
    if (fd >= 0)
        good = close(fd) == 0 && good;
    good = good && (fresh ? linkat(directory, part, directory, name, 0) : renameat(directory, part, directory, name)) == 0;
    int reason = errno;
    if (fd >= 0)
        unlinkat(directory, part, 0);
    if (good)
        return 0;
    return problem_set(problem, ERR_OUTPUT, "Cannot write %s: %s.", name, reason == EEXIST ? "there is one already" : strerror(reason));
}

int ca_file_write_certificate(int directory, const char *name, X509 *certificate, bool fresh, struct problem *problem)
{
    BIO *text = BIO_new(BIO_s_mem());
    int error = !text || PEM_write_bio_X509(text, certificate) != 1 ? ca_file_openssl(problem, "write a certificate")
                                                                    : ca_file_write(directory, name, 0644, text, fresh, problem);
    BIO_free(text);
    return error;
}

int ca_file_write_key(int directory, const char *name, EVP_PKEY *key, bool fresh, struct problem *problem)
{
    BIO *text = BIO_new(BIO_s_mem());
    int error = !text || PEM_write_bio_PKCS8PrivateKey(text, key, NULL, NULL, 0, NULL, NULL) != 1
                    ? ca_file_openssl(problem, "write a key")
                    : ca_file_write(directory, name, 0600, text, fresh, problem);
    BIO_free(text);
    return error;
}
