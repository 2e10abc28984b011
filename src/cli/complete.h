/* Completion of command lines in shells: scripts for these, and the words that may come next. */
#ifndef BGPD_CLI_COMPLETE_H
#define BGPD_CLI_COMPLETE_H

#include "cli/command.h"
#include "cli/parse.h"

/* What scripts call the program with, before the words of a command line up to the cursor, the last
 * of which may be empty. No command: it is for scripts alone. */
#define COMPLETE_WORD "__complete"

/* Writes what the last of the words may become, a line for each: the word, and where there is more
 * to say a tab and an explanation. ":files" stands for names of files. Returns the exit status. */
int complete_words(int count, char *const *words, const struct cli_program *program);

/* `completion SHELL`: writes the script for a shell. */
int cmd_completion(struct cli *cli, const struct cli_call *call);

#endif
