// The binary: everything is in the library, so that tests can link it too.
#include "cli/shell/command.hpp"

int main(int argc, char** argv) { return roundoff::cli::main_program(argc, argv); }
