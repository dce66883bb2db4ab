// The school's own certificate authority. Makes the authority once, then the
// server's certificate and one for each person's device; all with P-256 keys.
// Used by `sendcod init` and its like, on the main thread.
#include "certs/ca.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <utf8proc.h>

#include "certs/ca_file.h"
#include "common/error.h"
#include "common/pem.h"

#define CA_DAY         ((int64_t)86400)
#define CA_YEARS_TEN   (3653 * CA_DAY)
#define CA_SERVER_LIFE (365 * CA_DAY)
#define CA_DEVICE_LIFE (90 * CA_DAY)
#define CA_SKEW        CA_DAY // a laptop's clock may be behind the server's
#define CA_NAMES_MAX   32
#define CA_CN_MAX      64 // characters, RFC 5280's ub-common-name
#define CA_PATH_MAX    4096

struct ca {
    X509 *certificate;
    EVP_PKEY *key;
};

// What differs between the certificates that are made here.
struct ca_order {
    const char *name; // CN
    int64_t from, until;
    EVP_PKEY *key;
    const struct ca *by;   // NULL: itself
    const char *usage;     // keyUsage
    const char *purpose;   // extendedKeyUsage; NULL for the authority
    GENERAL_NAMES *others; // subjectAltName; NULL for the authority
};

// --- making certificates -------------------------------------------------------

// The first CA_CN_MAX characters of the name.
static bool ca_set_subject(X509 *certificate, const char *name)
{
    size_t size = 0;
    for (int n = 0; n < CA_CN_MAX && name[size]; n++) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)name + size, -1, &point);
        if (length <= 0)
            return false;
        size += (size_t)length;
    }
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char *)name, (int)size, -1,
                                      0) == 1;
}

// 127 random bits: never guessed, never twice, never negative, never zero.
static bool ca_set_serial(X509 *certificate)
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return good;
}

static bool ca_extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool good = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static bool ca_set_extensions(X509 *certificate, X509 *issuer, const struct ca_order *order)
{
    if (!ca_extend(certificate, issuer, NID_basic_constraints, order->by ? "critical,CA:FALSE" : "critical,CA:TRUE,pathlen:0") ||
        !ca_extend(certificate, issuer, NID_key_usage, order->usage) ||
        !ca_extend(certificate, issuer, NID_subject_key_identifier, "hash") ||
        !ca_extend(certificate, issuer, NID_authority_key_identifier, "keyid:always"))
        return false;
    if (order->purpose && !ca_extend(certificate, issuer, NID_ext_key_usage, order->purpose))
        return false;
    // Built as values, never parsed from a text: nobody's device name can add a name of its own.
    return !order->others || X509_add1_ext_i2d(certificate, NID_subject_alt_name, order->others, 0, X509V3_ADD_DEFAULT) == 1;
}

// What is signed never outlives who signed.
static bool ca_set_times(X509 *certificate, const X509 *issuer, const struct ca_order *order)
{
    time_t until = (time_t)order->until;
    if (!ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(order->from - CA_SKEW)))
        return false;
    if (order->by && X509_cmp_time(X509_get0_notAfter(issuer), &until) < 0)
        return X509_set1_notAfter(certificate, X509_get0_notAfter(issuer)) == 1;
    return ASN1_TIME_set(X509_getm_notAfter(certificate), until) != NULL;
}

static X509 *ca_make(const struct ca_order *order, struct problem *problem)
{
    ERR_clear_error();
    X509 *certificate = X509_new(), *issuer = order->by ? order->by->certificate : certificate;
    if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 && ca_set_serial(certificate) &&
        ca_set_subject(certificate, order->name) && X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
        ca_set_times(certificate, issuer, order) && X509_set_pubkey(certificate, order->key) == 1 &&
        ca_set_extensions(certificate, issuer, order) && X509_sign(certificate, order->by ? order->by->key : order->key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    ca_file_openssl(problem, "make a certificate");
    return NULL;
}

static EVP_PKEY *ca_make_key(struct problem *problem)
{
    ERR_clear_error();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (!key)
        ca_file_openssl(problem, "make a key");
    return key;
}

// A name goes into a certificate and from there to people: text, and not empty.
static int ca_check_name(const char *what, const char *name, struct problem *problem)
{
    if (!name || !*name)
        return problem_set(problem, ERR_INVALID, "The %s is missing.", what);
    for (const char *at = name; *at;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &point);
        if (length <= 0 || point < 0x20 || (point >= 0x7f && point < 0xa0))
            return problem_set(problem, ERR_INVALID, "The %s holds a character that no name has (at byte %zu).", what,
                               (size_t)(at - name) + 1);
        at += length;
    }
    return 0;
}

struct ca *ca_new(const char *school, int64_t now, struct problem *problem)
{
    pem_init();
    if (ca_check_name("school's name", school, problem) != 0)
        return NULL;
    struct ca *ca = calloc(1, sizeof *ca);
    if (!ca) {
        problem_set(problem, ERR_NOMEM, "There is not enough memory for the authority.");
        return NULL;
    }
    struct ca_order order = {.name = school, .from = now, .until = now + CA_YEARS_TEN, .usage = "critical,keyCertSign,cRLSign"};
    ca->key = order.key = ca_make_key(problem);
    ca->certificate = ca->key ? ca_make(&order, problem) : NULL;
    if (ca->certificate)
        return ca;
    ca_free(ca);
    return NULL;
}

void ca_free(struct ca *ca)
{
    if (!ca)
        return;
    X509_free(ca->certificate);
    EVP_PKEY_free(ca->key);
    free(ca);
}

struct ca *ca_load(const char *directory, struct problem *problem)
{
    char path[CA_PATH_MAX], key_path[CA_PATH_MAX];
    snprintf(path, sizeof path, "%s/ca.pem", directory);
    snprintf(key_path, sizeof key_path, "%s/ca-key.pem", directory);
    STACK_OF(X509) *all = pem_read_certificates(path, problem);
    struct ca *ca = all ? calloc(1, sizeof *ca) : NULL;
    if (all && !ca)
        problem_set(problem, ERR_NOMEM, "There is not enough memory for the authority.");
    if (ca) {
        ca->certificate = sk_X509_shift(all);
        ca->key = pem_read_key(key_path, problem);
    }
    pem_certificates_free(all);
    if (ca && ca->key && X509_check_private_key(ca->certificate, ca->key) == 1)
        return ca;
    if (ca && ca->key)
        problem_set(problem, ERR_CONFIG, "The key in %s is not the one of the authority in %s.", key_path, path);
    ca_free(ca);
    return NULL;
}

// --- keeping and issuing ---------------------------------------------------------------------

int ca_save(const struct ca *ca, const char *directory, struct problem *problem)
{
    int fd = ca_file_open_directory(directory, problem);
    if (fd < 0)
        return fd;
    int error = ca_file_write_key(fd, "ca-key.pem", ca->key, true, problem);
    bool ours = !error;
    if (!error)
        error = ca_file_write_certificate(fd, "ca.pem", ca->certificate, true, problem);
    // No key without its certificate, and never another authority's.
    if (error && ours)
        unlinkat(fd, "ca-key.pem", 0);
    if (!error && fsync(fd) != 0)
        error = problem_set(problem, ERR_OUTPUT, "Cannot keep what was written into %s: %s.", directory, strerror(errno));
    close(fd);
    if (error == ERR_OUTPUT)
        problem_hint(problem, "An authority is made once for a school; look into %s before you take anything away.", directory);
    return error;
}

static int ca_write_set(const struct ca *ca, X509 *certificate, EVP_PKEY *key, const char *directory, struct problem *problem)
{
    int fd = ca_file_open_directory(directory, problem);
    if (fd < 0)
        return fd;
    int error = ca_file_write_certificate(fd, "ca.pem", ca->certificate, false, problem);
    if (!error)
        error = ca_file_write_key(fd, "key.pem", key, false, problem);
    if (!error)
        error = ca_file_write_certificate(fd, "cert.pem", certificate, false, problem);
    if (!error && fsync(fd) != 0)
        error = problem_set(problem, ERR_OUTPUT, "Cannot keep what was written into %s: %s.", directory, strerror(errno));
    close(fd);
    return error;
}

static int ca_check_alive(const struct ca *ca, int64_t now, struct problem *problem)
{
    time_t when = (time_t)now;
    if (X509_cmp_time(X509_get0_notAfter(ca->certificate), &when) > 0 && X509_cmp_time(X509_get0_notBefore(ca->certificate), &when) < 0)
        return 0;
    problem_set(problem, ERR_CONFIG, "The school's authority is not valid at this time.");
    problem_hint(problem, "Check the date of this computer; an authority that has ended must be made anew.");
    return ERR_CONFIG;
}

// `fingerprint` may be NULL.
static int ca_issue(const struct ca *ca, struct ca_order *order, const char *directory, uint8_t *fingerprint, struct problem *problem)
{
    int error = ca_check_alive(ca, order->from, problem);
    if (error)
        return error;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    order->by = ca;
    order->key = ca_make_key(problem);
    X509 *certificate = order->key ? ca_make(order, problem) : NULL;
    if (!certificate)
        error = ERR_INTERNAL;
    else if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1 || size != 32)
        error = ca_file_openssl(problem, "hash a certificate");
    else
        error = ca_write_set(ca, certificate, order->key, directory, problem);
    if (!error && fingerprint)
        memcpy(fingerprint, digest, size);
    X509_free(certificate);
    EVP_PKEY_free(order->key);
    return error;
}

static int ca_no_memory(struct problem *problem)
{
    return problem_set(problem, ERR_NOMEM, "There is not enough memory for the certificate.");
}

// `value` is taken, even when this fails.
static bool ca_add_other(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
    GENERAL_NAME *name = value ? GENERAL_NAME_new() : NULL;
    if (!name) {
        ASN1_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool ca_add_text(GENERAL_NAMES *names, int type, const char *text)
{
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();
    if (value && ASN1_STRING_set(value, text, -1) != 1) {
        ASN1_STRING_free(value);
        value = NULL;
    }
    return ca_add_other(names, type, value);
}

static bool ca_is_host(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && size < 254 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == size &&
           name[0] != '.' && name[0] != '-' && !strstr(name, "..") && name[size - 1] != '.';
}

static int ca_add_host(GENERAL_NAMES *names, const char *name, struct problem *problem)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ERR_clear_error();
    if (address)
        return ca_add_other(names, GEN_IPADD, address) ? 0 : ca_no_memory(problem);
    if (!ca_is_host(name)) {
        problem_set(problem, ERR_INVALID, "\"%s\" is neither the name nor the address of a server.", name);
        problem_hint(problem, "Names look like school-server or send.school.example, addresses like 10.0.0.5; separate them by commas.");
        return ERR_INVALID;
    }
    return ca_add_text(names, GEN_DNS, name) ? 0 : ca_no_memory(problem);
}

int ca_issue_server(struct ca *ca, const char *names, int64_t now, const char *directory, struct problem *problem)
{
    char *list = strdup(names), *rest = list, *name, first[CA_CN_MAX + 1] = "";
    GENERAL_NAMES *others = sk_GENERAL_NAME_new_null();
    int error = list && others ? 0 : ca_no_memory(problem);
    for (int n = 0; !error && (name = strsep(&rest, ",")) != NULL; n++) {
        name += strspn(name, " \t");
        for (size_t end = strlen(name); end > 0 && (name[end - 1] == ' ' || name[end - 1] == '\t'); end--)
            name[end - 1] = '\0';
        error = n < CA_NAMES_MAX ? ca_add_host(others, name, problem)
                                 : problem_set(problem, ERR_INVALID, "A server has at most %d names.", CA_NAMES_MAX);
        if (n == 0)
            snprintf(first, sizeof first, "%.64s", name);
    }
    struct ca_order order = {.name = first,
                             .from = now,
                             .until = now + CA_SERVER_LIFE,
                             .usage = "critical,digitalSignature",
                             .purpose = "serverAuth",
                             .others = others};
    if (!error)
        error = ca_issue(ca, &order, directory, NULL, problem);
    sk_GENERAL_NAME_pop_free(others, GENERAL_NAME_free);
    free(list);
    return error;
}

// "sendco:staff/7/device/Jane%27s%20laptop": what a URI does not hold is escaped.
static void ca_device_uri(char *uri, size_t size, int64_t staff, const char *device)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    int used = snprintf(uri, size, "sendco:staff/%lld/device/", (long long)staff);
    for (; *device && used > 0 && (size_t)used + 4 <= size; device++)
        used += snprintf(uri + used, size - (size_t)used, strchr(plain, *device) ? "%c" : "%%%02X", (unsigned char)*device);
}

int ca_issue_device(struct ca *ca, const char *person, int64_t staff, const char *device, int64_t now, const char *directory,
                    uint8_t fingerprint[32], struct problem *problem)
{
    char uri[512];
    int error = ca_check_name("person's name", person, problem);
    if (!error)
        error = ca_check_name("device's name", device, problem);
    if (!error && strlen(device) > CA_CN_MAX)
        error = problem_set(problem, ERR_INVALID, "The device's name is longer than %d bytes.", CA_CN_MAX);
    if (error)
        return error;
    ca_device_uri(uri, sizeof uri, staff, device);
    struct ca_order order = {.name = person,
                             .from = now,
                             .until = now + CA_DEVICE_LIFE,
                             .usage = "critical,digitalSignature",
                             .purpose = "clientAuth",
                             .others = sk_GENERAL_NAME_new_null()};
    if (!order.others || !ca_add_text(order.others, GEN_URI, uri))
        error = ca_no_memory(problem);
    else
        error = ca_issue(ca, &order, directory, fingerprint, problem);
    sk_GENERAL_NAME_pop_free(order.others, GENERAL_NAME_free);
    return error;
}
