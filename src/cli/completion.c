/* `bgpd completion SHELL`: the scripts that make a shell ask this program what may come next. They
 * know nothing of its commands, so that they fit the next version, too. */
#include <stdio.h>
#include <string.h>

#include "cli/complete.h"

/* bash cuts words at ':' and '=' as well, and replaces only what follows the last of these: the
 * words are put together again, and what stands before is taken off. */
static const char bash_script[] =
    "# Completion of bgpd for bash: source <(bgpd completion bash)\n"
    "_bgpd() {\n"
    "    local rest=\"${COMP_LINE:0:COMP_POINT}\" piece reply cut i\n"
    "    local words=()\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "        piece=\"${COMP_WORDS[i]}\"\n"
    "        if ((i == 0)) || [[ $rest == [[:space:]]* || -z $rest ]]; then\n"
    "            rest=\"${rest#\"${rest%%[![:space:]]*}\"}\"\n"
    "            words+=(\"\")\n"
    "        fi\n"
    "        ((i == COMP_CWORD)) && piece=\"$rest\"\n"
    "        words[${#words[@]} - 1]+=\"$piece\"\n"
    "        rest=\"${rest#\"$piece\"}\"\n"
    "    done\n"
    "    local current=\"${words[${#words[@]} - 1]}\"\n"
    "    COMPREPLY=()\n"
    "    while IFS=$'\\t' read -r reply _; do\n"
    "        if [[ $reply == :files ]]; then\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            while read -r reply; do COMPREPLY+=(\"$reply\"); done < <(compgen -f -- "
    "\"$current\")\n"
    "        else\n"
    "            COMPREPLY+=(\"$reply\")\n"
    "        fi\n"
    "    done < <(\"${COMP_WORDS[0]}\" " COMPLETE_WORD " \"${words[@]:1}\" 2>/dev/null)\n"
    "    cut=\"${current%\"${current##*[:=]}\"}\"\n"
    "    for i in \"${!COMPREPLY[@]}\"; do\n"
    "        COMPREPLY[i]=\"${COMPREPLY[i]#\"$cut\"}\"\n"
    "    done\n"
    "}\n"
    "complete -F _bgpd bgpd\n";

static const char zsh_script[] = "#compdef bgpd\n"
                                 "# Completion of bgpd for zsh: source <(bgpd completion zsh)\n"
                                 "_bgpd() {\n"
                                 "    local -a replies names\n"
                                 "    local reply\n"
                                 "    replies=(\"${(@f)$(\"${words[1]}\" " COMPLETE_WORD
                                 " \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
                                 "    for reply in \"${replies[@]}\"; do\n"
                                 "        if [[ $reply == :files ]]; then\n"
                                 "            _files\n"
                                 "        elif [[ -n $reply ]]; then\n"
                                 "            reply=\"${reply//:/\\\\:}\"\n"
                                 "            names+=(\"${reply/$'\\t'/:}\")\n"
                                 "        fi\n"
                                 "    done\n"
                                 "    (( ${#names} )) && _describe bgpd names\n"
                                 "}\n"
                                 "if [[ ${funcstack[1]} == _bgpd ]]; then\n"
                                 "    _bgpd \"$@\"\n"
                                 "else\n"
                                 "    compdef _bgpd bgpd\n"
                                 "fi\n";

static const char fish_script[] =
    "# Completion of bgpd for fish: bgpd completion fish | source\n"
    "function __bgpd_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l program $words[1]\n"
    "    set -e words[1]\n"
    "    set -l current (commandline -ct)\n"
    "    for reply in ($program " COMPLETE_WORD " $words \"$current\" 2>/dev/null)\n"
    "        if test \"$reply\" = :files\n"
    "            __fish_complete_path \"$current\"\n"
    "        else\n"
    "            echo $reply\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c bgpd -f -a '(__bgpd_complete)'\n";

int cmd_completion(struct cli *cli, const struct cli_call *call)
{
    static const struct {
        const char *shell;
        const char *script;
    } scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    (void)cli;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (strcmp(scripts[i].shell, call->args[0]) == 0)
            fputs(scripts[i].script, stdout);
    return CLI_OK;
}
