// What a link needs of words: addresses taken apart, and what a reply says of a
// problem. Any thread.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/link.h"
#include "common/kind.h"

#define LINK_PORT "7443"

int link_address(const char *server, char *host, char *port, struct problem *problem)
{
    const char *colon;
    size_t length;

    if (server[0] == '[') {
        const char *end = strchr(server, ']');

        if (!end || (end[1] != '\0' && end[1] != ':'))
            return problem_set(problem, ERR_CONFIG, "\"%.200s\" is no server address: an IPv6 address is written [::1]:7443.", server);
        length = (size_t)(end - server) - 1;
        server++;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else {
        colon = strrchr(server, ':');
        if (colon && strchr(server, ':') != colon)
            colon = NULL; // a bare IPv6 address
        length = colon ? (size_t)(colon - server) : strlen(server);
    }
    if (length == 0 || length > 255)
        return problem_set(problem, ERR_CONFIG, "\"%.200s\" is no server address: write HOST:PORT.", server);
    memcpy(host, server, length);
    host[length] = '\0';
    const char *digits = colon ? colon + 1 : LINK_PORT;
    char *end;
    errno = 0;
    unsigned long number = strtoul(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0' || errno || number == 0 || number > 65535)
        return problem_set(problem, ERR_CONFIG, "\"%.20s\" is no port: a number from 1 to 65535, as in HOST:7443.", digits);
    snprintf(port, 8, "%lu", number);
    return 0;
}

void link_address_text(const char *host, const char *port, char at[LINK_AT])
{
    bool six = strchr(host, ':') != NULL;

    snprintf(at, LINK_AT, "%s%.255s%s:%.7s", six ? "[" : "", host, six ? "]" : "", port);
}

static bool value_from_wire(const Sendco__Value *wire, struct value *value)
{
    if (!wire)
        return false;
    if (wire->text)
        *value = value_text(wire->text);
    else if (wire->has_number)
        *value = value_number(wire->number);
    return true;
}

static int outcome_error(Sendco__Outcome outcome)
{
    size_t count;
    const struct error_info *list = error_list(&count);

    for (size_t i = 0; i < count; i++)
        if (list[i].outcome == (int)outcome)
            return list[i].error;
    return ERR_INTERNAL;
}

int link_problem(const Sendco__Reply *reply, struct problem *problem)
{
    const Sendco__Problem *wire = reply->problem;

    if (reply->outcome == SENDCO__OUTCOME__OK)
        return 0;
    int error = reply->has_outcome ? outcome_error(reply->outcome) : ERR_INTERNAL;
    const struct error_info *info = wire && wire->code ? error_by_code(wire->code) : NULL;
    if (info && info->error != ERR_OK)
        error = info->error;
    problem_set(problem, error, "%s", wire && wire->message ? wire->message : error_info(error)->help);
    if (wire && wire->hint && *wire->hint)
        problem_hint(problem, "%s", wire->hint);
    for (size_t i = 0; wire && i < wire->n_fields; i++) {
        const Sendco__FieldProblem *in = wire->fields[i];
        const struct kind *kind = kind_by_number(in->kind);
        const struct field *field = kind && in->has_field ? field_by_number(kind, in->field) : NULL;
        struct problem_field out = {
            .kind = kind, .id = in->id, .field = field ? field->index : -1, .message = in->message, .who = in->who, .when = in->when};

        value_from_wire(in->was, &out.base);
        value_from_wire(in->theirs, &out.theirs);
        value_from_wire(in->yours, &out.yours);
        problem_field_add(problem, &out);
    }
    return error;
}
