/* A program that shows long output a screen at a time, as git has it. */
#ifndef BGPD_CLI_PAGER_H
#define BGPD_CLI_PAGER_H

/* Starts a pager, and has it shown what is written to standard output, and to standard error where
 * that is a terminal, too: `command` (for the shell), or where it is NULL `less`, if there is one.
 * Nothing where standard output is no terminal, or one that cannot do more than lines, or where the
 * command is empty or "cat", or a program that there is not (which is said). Called once at most.
 */
void pager_start(const char *command);
/* Lets the pager have the rest, and waits until the person has left it. Nothing without one. */
void pager_finish(void);

#endif
