// The handlers: each takes one kind of request apart, asks who may, asks the store,
// and answers. Each owns its request and ends it exactly once. Loop thread.
#ifndef SERVER_HANDLERS_HANDLERS_H
#define SERVER_HANDLERS_HANDLERS_H

struct request;
struct server;

void handle_hello(struct request *request);
void handle_login(struct request *request);
void handle_resume(struct request *request);
void handle_logout(struct request *request);
void handle_get(struct request *request);
void handle_list(struct request *request);
void handle_search(struct request *request);
void handle_history(struct request *request);
void handle_stage(struct request *request);
void handle_put(struct request *request);
void handle_remove(struct request *request);
void handle_undo(struct request *request);
void handle_report(struct request *request);
void handle_watch(struct request *request);
void handle_unwatch(struct request *request);
void handle_presence(struct request *request);
void handle_who(struct request *request);
void handle_status(struct request *request);
void handle_ping(struct request *request);

// Once a second: whoever waits for a long change hears how far it is.
void writings_tick(struct server *server);

#endif
