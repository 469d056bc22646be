# Completion of bamsctl in bash. bamsctl itself knows what may come next; see bamsd/ctl/completion.py.

_bamsctl() {
    # COMP_WORDS is cut at the colons of IQNs, so the line is cut at blanks here. Names have none.
    local line=${COMP_LINE:0:COMP_POINT} current cut value
    local -a words
    read -r -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    current=${words[-1]}

    COMPREPLY=()
    while IFS=$'\t' read -r value _; do
        COMPREPLY+=("$(printf '%q' "$value")")
    done < <(command bamsctl __complete "${words[@]:1}" 2>/dev/null)

    # What readline takes for the current word begins behind the last colon.
    if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
        cut=${current%"${current##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$cut"}")
    fi
    # A file name is completed by bash itself, where bamsctl has nothing to offer.
    ((${#COMPREPLY[@]})) || compopt -o default
}
complete -F _bamsctl bamsctl
