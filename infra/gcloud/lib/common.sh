# shellcheck shell=bash
# What the scripts beside this folder have in common: their settings, and how a command is run, or only told.

# The settings, which options change; they are those of Terraform's module `brisa`.
project='' number='' region=europe-west1 name=brisa location=''
database='(default)' database_location='' point_in_time_recovery='' backup_days=7
dags_prefix=dags baked_dags='' keep_days=90 lease=60 unpaused=0 runtime=python313 ingress=all
source_folder='' policy='' console='' vpc_connector='' kms_key='' budget='' unprotected='' dry_run=''
declare -a event_buckets=() api_invokers=() worker_roles=() environment=() secrets=() alert_emails=() console_people=()
declare -a labels=()

# CPU, memory, seconds, requests at once, least and most instances.
declare -A sizes=(
    [planner]='1 512Mi 540 8 0 10'
    [worker]='1 1Gi 1800 1 0 100'
    [events]='1 1Gi 540 8 0 20'
    [api]='1 1Gi 300 16 0 10'
)

functions=(planner worker events api)

# Jobs for long tasks: CPU, memory, seconds.
declare -A jobs=([default]='2 4Gi 86400' [large]='8 32Gi 86400')

[ "${BASH_VERSINFO[0]}" -ge 4 ] || { echo "Error: this needs bash 4 or newer" >&2; exit 2; }

fail() {
    echo "Error: $*" >&2
    exit 2
}

say() { echo "--- $*" >&2; }

# A command as a shell reads it.
told() {
    local line='' part
    for part; do
        case $part in
            '' | *[!A-Za-z0-9_@%+=:,./-]*) line+=" '${part//\'/\'\\\'\'}'" ;;
            *) line+=" $part" ;;
        esac
    done
    echo "${line# }"
}

# Runs a command that changes something; with --dry-run it is printed instead.
run() {
    if [ -n "$dry_run" ]; then
        told "$@"
    else
        told "$@" >&2
        "$@"
    fi
}

# The same for a command that may come too early: what has just been made is not known everywhere yet.
patiently() {
    local tries
    for tries in ${PATIENCE-1 2 3 4}; do
        if run "$@"; then return; fi
        say "once more, in $((tries * 5)) seconds"
        sleep "$((tries * 5))"
    done
    run "$@"
}

# Whether something is there, by a command that describes it. In a dry run nothing is.
there() { [ -z "$dry_run" ] && gcloud "$@" --project="$project" >/dev/null 2>&1; }

# Makes what is not there: WHAT... -- FLAGS...; `gcloud WHAT describe` tells, `create` makes, and if there is an `update`
# that takes the same flags, it brings what is there to the same settings.
upsert() {
    local -a group=() only_new=() described=()
    while [ "$1" != -- ]; do group+=("$1"); shift; done
    shift
    local id=$1
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do only_new+=("$1"); shift; done
    shift
    local part
    for part in "${only_new[@]}" "$@"; do
        case $part in --location=* | --region=* | --global) described+=("$part") ;; esac
    done
    if there "${group[@]}" describe "$id" "${described[@]}"; then
        run gcloud "${group[@]}" update "$id" "${described[@]}" "$@" --project="$project"
    else
        run gcloud "${group[@]}" create "$id" "${only_new[@]}" "$@" --project="$project"
    fi
}

# Makes what is not there, and leaves alone what is.
ensure() {
    local -a group=() described=()
    while [ "$1" != -- ]; do group+=("$1"); shift; done
    shift
    local id=$1 part
    shift
    for part; do case $part in --location=* | --region=* | --global) described+=("$part") ;; esac; done
    there "${group[@]}" describe "$id" "${described[@]}" || run gcloud "${group[@]}" create "$id" "$@" --project="$project"
}

# Writes standard input to a file of the scripts' own folder, and prints its path to standard output.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
write() { # FILE
    cat >"$folder/$1"
    if [ -n "$dry_run" ]; then
        echo "cat >$folder/$1 <<'END'"
        cat "$folder/$1"
        echo END
    fi
}

# The names of the jobs that there are, a line each; in a dry run a stand-in for them.
deployed_jobs() {
    if [ -n "$dry_run" ]; then
        echo "$name-default"
    else
        gcloud run jobs list --region="$region" --project="$project" --filter="metadata.labels.app=$name" \
            --format='value(metadata.name)'
    fi
}

account() { echo "$name-$1@$project.iam.gserviceaccount.com"; }
member() { echo "serviceAccount:$(account "$1")"; }
url() { echo "https://$name-$1-$number.$region.run.app"; }
bucket() { echo "$project-$name-$1"; }
labelled() { # app=…,more=…
    local IFS=,
    echo "app=$name${labels[*]:+,${labels[*]}}"
}

project_role() { # ACCOUNT ROLE [CONDITION]
    patiently gcloud projects add-iam-policy-binding "$project" --member="$1" --role="$2" --condition="${3:-None}" --format=none
}
