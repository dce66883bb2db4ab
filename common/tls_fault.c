// Tells people why there is no secure connection: each cause that somebody can
// do something about has its own sentence and next step. No state; any thread.
#include "common/tls_fault.h"

#include <stddef.h>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "common/error.h"

struct tls_words {
    long code;
    const char *says; // completes a sentence
    const char *hint; // NULL: the default of E-TLS
};

#define HINT_RENEW   "Ask the technician for a new profile for this device."
#define HINT_ADDRESS "Check the server's address; if it is right, ask the technician for a new profile."
#define HINT_RELEASE "Bring client and server to the same release of sendco."
#define HINT_CLOCK   "Check the date and time of both computers."

// "The server's certificate …"
static const struct tls_words tls_verdicts[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "has expired", "Renew it on the school server, and check the date of this computer."},
    {X509_V_ERR_CERT_NOT_YET_VALID, "is not valid yet", HINT_CLOCK},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "was not made by this school's authority", HINT_ADDRESS},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "was not made by this school's authority", HINT_ADDRESS},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "was not made by this school's authority", HINT_ADDRESS},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "was not made by this school's authority", HINT_ADDRESS},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "was not made by this school's authority", HINT_ADDRESS},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "was not made by this school's authority", HINT_ADDRESS},
    {X509_V_ERR_CERT_UNTRUSTED, "was not made by this school's authority", HINT_ADDRESS},
    {X509_V_ERR_INVALID_PURPOSE, "is not meant for this end of a connection", HINT_ADDRESS},
};

// "The server refuses this connection: …"
static const struct tls_words tls_alerts[] = {
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "it wants a certificate and none was sent", HINT_RENEW},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the certificate sent was not made by its school's authority", HINT_ADDRESS},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "the certificate sent has expired", HINT_RENEW},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, "the certificate sent has been withdrawn", HINT_RENEW},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "it does not take the certificate sent", HINT_RENEW},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, "the certificate sent is not meant for this end of a connection", HINT_RENEW},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the two have no version of TLS in common (sendco speaks TLS 1.3 only)", HINT_RELEASE},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "it does not speak sendco's protocol", HINT_RELEASE},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the two have no cipher in common", HINT_RELEASE},
    {SSL_R_TLSV1_ALERT_INTERNAL_ERROR, "it met a fault of its own", NULL},
};

// What we found ourselves, whole sentences.
static const struct tls_words tls_findings[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "The other side sent no certificate.", HINT_RENEW},
    {SSL_R_UNSUPPORTED_PROTOCOL, "The other side does not speak TLS 1.3.", HINT_RELEASE},
    {SSL_R_WRONG_SSL_VERSION, "The other side does not speak TLS 1.3.", HINT_RELEASE},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, "The other side does not speak TLS 1.3.", HINT_RELEASE},
    {SSL_R_VERSION_TOO_LOW, "The other side does not speak TLS 1.3.", HINT_RELEASE},
    {SSL_R_WRONG_VERSION_NUMBER, "What arrived is not TLS 1.3.", HINT_RELEASE},
    {SSL_R_NO_APPLICATION_PROTOCOL, "The other side does not speak sendco's protocol.", HINT_RELEASE},
    {SSL_R_NO_SHARED_CIPHER, "The two sides have no cipher in common.", HINT_RELEASE},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, "The other side sent more certificates than are looked at.", NULL},
};

#define TLS_FIND(table, code) tls_find((table), sizeof(table) / sizeof *(table), (code))

static const struct tls_words *tls_find(const struct tls_words *table, size_t count, long code)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].code == code)
            return &table[i];
    }
    return NULL;
}

static void tls_hint(struct problem *problem, const struct tls_words *words)
{
    if (words && words->hint)
        problem_hint(problem, "%s", words->hint);
}

static void tls_tell_verdict(const struct tls_fault *fault, const char *other, struct problem *problem)
{
    if (fault->verified == X509_V_ERR_HOSTNAME_MISMATCH || fault->verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        problem_set(problem, ERR_TLS, "The server's certificate is not for \"%s\".", fault->host ? fault->host : "");
        problem_hint(problem, "Use the name that is in the server's certificate: sendco --server NAME:PORT");
        return;
    }
    const struct tls_words *words = TLS_FIND(tls_verdicts, fault->verified);
    problem_set(problem, ERR_TLS, "The %s's certificate %s.", other, words ? words->says : X509_verify_cert_error_string(fault->verified));
    tls_hint(problem, words);
}

void tls_fault_tell(const struct tls_fault *fault, struct problem *problem)
{
    const char *other = fault->side == TLS_SERVER ? "client" : "server";
    const struct tls_words *alert = TLS_FIND(tls_alerts, fault->reason), *finding = TLS_FIND(tls_findings, fault->reason);
    if (fault->not_tls) {
        problem_set(problem, ERR_TLS, "What the %s sent is not TLS at all.", other);
        problem_hint(problem, "Check address and port: something other than sendco is at the other end.");
    } else if (fault->without_alpn) {
        problem_set(problem, ERR_TLS, "The %s does not name sendco's protocol (ALPN sendco/1).", other);
        problem_hint(problem, HINT_RELEASE);
    } else if (fault->reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        tls_tell_verdict(fault, other, problem);
    } else if (alert) {
        problem_set(problem, ERR_TLS, "The %s refuses this connection: %s.", other, alert->says);
        tls_hint(problem, alert);
    } else if (finding) {
        problem_set(problem, ERR_TLS, "%s", finding->says);
        tls_hint(problem, finding);
    } else {
        problem_set(problem, ERR_TLS, "The secure connection with the %s failed: %s.", other,
                    fault->words ? fault->words : "no reason given");
    }
}
