function _contactrep_completion
    set -l token (commandline -ct)
    set -l word (string unescape -- "$token")
    set -l words (string join \n -- (commandline -opc) "$word" | string collect --no-trim-newlines)
    for line in (env COMP_WORDS="$words" _CONTACTREP_COMPLETE=fish_complete contactrep 2>/dev/null)
        switch $line
            case 'file,*'
                set -l parts (string split -m 1 \t -- (string sub -s 6 -- $line))
                printf '%s\n' $parts[1](__fish_complete_path $parts[2])
            case 'plain,*'
                string sub -s 7 -- $line
        end
    end
end
complete --command contactrep --no-files --keep-order --arguments '(_contactrep_completion)'
