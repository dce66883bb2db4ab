// `sendcod init`: makes a school's directory: authority, certificates, database,
// first people; with --demo a whole invented school. Main thread.
#ifndef SERVER_INIT_H
#define SERVER_INIT_H

// argv[0] is the command's own word. The exit code.
int init_main(int argc, char **argv);

#endif
