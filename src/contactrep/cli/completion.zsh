#compdef contactrep
_contactrep_completion() {
    local -a values shown
    local line files
    for line in "${(@f)$(
        env COMP_WORDS="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" _CONTACTREP_COMPLETE=zsh_complete \
            contactrep 2>/dev/null
    )}"; do
        case $line in
            file*) files=yes ;;
            plain,*)
                line=${line#plain,}
                values+=("${line%%$'\t'*}")
                shown+=("${line/$'\t'/  -- }")
                ;;
        esac
    done
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    [[ -n $files ]] && _files
    (( $#values )) &&
        compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -l -V contactrep -d shown -a values
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _contactrep_completion "$@"
else
    compdef _contactrep_completion contactrep
fi
