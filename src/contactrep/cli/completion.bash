_contactrep_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            file*) compopt -o default -o bashdefault ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(
        env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_TYPED="$2" _CONTACTREP_COMPLETE=bash_complete \
            "$1" 2>/dev/null
    )
}
complete -o nosort -F _contactrep_completion contactrep
