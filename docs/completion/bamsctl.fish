# Completion of bamsctl in fish. bamsctl itself knows what may come next; see bamsd/ctl/completion.py.

function __bamsctl_candidates
    set -l words (commandline --cut-at-cursor --tokenize --current-process) (commandline --cut-at-cursor --current-token)
    command bamsctl __complete $words[2..] 2>/dev/null
end

complete --command bamsctl --no-files --arguments '(__bamsctl_candidates)'
complete --command bamsctl --long-option secret-file --require-parameter --force-files
complete --command bamsctl --long-option mutual-secret-file --require-parameter --force-files
