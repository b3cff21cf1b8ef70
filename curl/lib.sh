# What the scripts share. It is sourced, not run.
#
# Tokens, the cookie jar and the password are kept in files that only you can read, and curl is told the
# files' names: so a secret never stands on a command line, where other users of the machine could see
# it, and each printed command can be pasted into a shell at the repository's root.
#
# shellcheck shell=bash disable=SC2034,SC2154

umask 077
if [[ -n ${LATCHKEY_STATE-} ]]; then
    mkdir -p "$LATCHKEY_STATE"
    state=$(cd "$LATCHKEY_STATE" && pwd)
else
    state=.local/curl
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
mkdir -p "$state"
chmod 700 "$state"

url=${LATCHKEY_URL:-}
if [[ -z $url && -r .local/url ]]; then url=$(<.local/url); fi
url=${url:-http://localhost:8080}

json='Content-Type: application/json'

# say TEXT...: what comes next, and why.
say() { printf '\n# %s\n' "$*"; }

# expect STATUS curl ARGUMENTS...: prints the command, runs it, prints the answer, and ends the script
# if the answer's status is another.
expect() {
    local wanted=$1 status
    shift 2
    printf '\n$ %s\n' "$(quoted curl "$@")"
    # curl leaves the file alone where the answer is empty.
    : >"$state/answer"
    status=$(curl --silent --show-error --max-time 30 --dump-header "$state/headers" \
        --output "$state/answer" --write-out '%{http_code}' "$@")
    printf '%s %s\n' "$status" "$(header content-type)"
    show_answer
    if [[ $status != "$wanted" ]]; then
        printf 'Expected %s.\n' "$wanted" >&2
        exit 1
    fi
}

# quoted WORD...: the words as they would be typed.
quoted() {
    local word line=
    for word in "$@"; do
        if [[ $word == *[^[:alnum:]@%+=:,./_-]* || -z $word ]]; then word=${word@Q}; fi
        line+="$word "
    done
    printf '%s' "${line% }"
}

# expect_code CODE: ends the script if the last answer was another problem.
expect_code() {
    if [[ $(field code) != "$1" ]]; then
        printf 'Expected the code %s.\n' "$1" >&2
        exit 1
    fi
}

# field NAME: a text of the last answer, the first of that name. It does for codes, ids and tokens, which
# contain no quotes; and jq need not be there.
field() { { grep -o "\"$1\":\"[^\"]*\"" "$state/answer" || true; } | head -n 1 | cut -d '"' -f 4; }

# header NAME: a header of the last answer.
header() { tr -d '\r' <"$state/headers" | sed -n "s/^$1: *//Ip" | tail -n 1; }

# Prints the last answer with its tokens shortened.
show_answer() {
    if [[ ! -s $state/answer ]]; then return; fi
    local shortened
    shortened=$(sed -E 's/("(access|refresh)_token":".{12})[^"]*/\1…/g' "$state/answer")
    if command -v jq >/dev/null && [[ $(header content-type) == *json* ]]; then
        jq . <<<"$shortened"
    else
        printf '%s\n' "$shortened"
    fi
}

# keep_access_token: keeps that of the last answer as the header it is sent in.
keep_access_token() {
    printf 'Authorization: Bearer %s\n' "$(field access_token)" >"$state/authorization"
}

# keep_refresh_token NAME: keeps that of the last answer as the body it is sent in.
keep_refresh_token() {
    printf '{"refresh_token": "%s"}\n' "$(field refresh_token)" >"$state/$1.json"
}

# keep_person: keeps the name and the password of who the story is about.
keep_person() {
    printf 'username=%q\nemail=%q\npassword=%q\n' "$username" "$email" "$password" >"$state/person"
}

# keep_tokens: both.
keep_tokens() {
    keep_access_token
    keep_refresh_token refresh
}

# quietly SCRIPT: an earlier part of the story, without its output unless it fails.
quietly() {
    local output
    output=$(LATCHKEY_URL=$url LATCHKEY_STATE=$state "curl/$1" 2>&1) || {
        printf '%s\n' "$output" >&2
        exit 1
    }
}

# need_person: registers someone unless that was done before.
need_person() {
    if [[ ! -r $state/person ]]; then quietly 1-register; fi
    # shellcheck source=/dev/null
    . "$state/person"
}

# need_session: signs in unless there is a session that lives, so that each script runs alone.
need_session() {
    need_person
    local status=none
    if [[ -r $state/authorization && -r $state/refresh.json ]]; then
        status=$(curl --silent --max-time 30 --output /dev/null --write-out '%{http_code}' \
            "$url/auth/me" --header "@$state/authorization")
    fi
    if [[ $status != 200 ]]; then quietly 2-login; fi
}
