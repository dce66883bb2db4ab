// sendco: the command line. Everything is in the rooms beside; tests link those
// without this file.
#include "client/cli/run.h"

int main(int argc, char **argv)
{
    return run_main(argc, argv);
}
