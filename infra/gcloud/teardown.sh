#!/usr/bin/env bash
# Takes away what deploy.sh has made. What holds data stays unless told: the database, the buckets, the secrets, and with
# them whatever was run, written or uploaded.
#
#   teardown.sh --project=PROJECT [--region=REGION] [--name=NAME] [--database=ID] [--delete-data] [--yes] [--dry-run]
#
#   --delete-data     also what holds data; it can't be had back
#   --yes             ask nothing
#   --dry-run         print the commands, as a script, and call nothing
#
# It asks first: for the project's id, to be typed. The services of the project stay enabled: others may use them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
. "$here/lib/common.sh"
delete_data='' yes=''

for option; do
    value=${option#*=}
    case $option in
        --project=*) project=$value ;;
        --region=*) region=$value ;;
        --name=*) name=$value ;;
        --database=*) database=$value ;;
        --delete-data) delete_data=1 ;;
        --yes) yes=1 ;;
        --dry-run) dry_run=1 ;;
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
            exit
            ;;
        *) fail "there is no option $option; --help prints them" ;;
    esac
done
[ -n "$project" ] || fail "which project? --project=PROJECT"

if [ -z "$dry_run$yes" ]; then
    echo "This ends brisa ($name) in the project $project: nothing is planned or run any more." >&2
    if [ -n "$delete_data" ]; then
        echo "It also deletes the database $database, the buckets, and the secrets, with all that is in them." >&2
    fi
    printf "Type the project's id to go on: " >&2
    read -r typed || typed=''
    [ "$typed" = "$project" ] || fail "nothing was done"
fi
export CLOUDSDK_CORE_DISABLE_PROMPTS=1

# Removes one thing, if it is there: WHAT... -- ID FLAGS...
gone() {
    local -a group=()
    while [ "$1" != -- ]; do group+=("$1"); shift; done
    shift
    if [ -z "$dry_run" ] && ! gcloud "${group[@]}" describe "$@" --project="$project" >/dev/null 2>&1; then return; fi
    run gcloud "${group[@]}" delete "$@" --project="$project" --quiet
}

# What a list finds, a line each; in a dry run a stand-in for it, since nothing is asked.
listed() { # STAND-IN GROUP... -- FLAGS...
    local stand_in=$1
    local -a group=()
    shift
    while [ "$1" != -- ]; do group+=("$1"); shift; done
    shift
    if [ -n "$dry_run" ]; then
        echo "$stand_in"
    else
        gcloud "${group[@]}" list "$@" --format='value(name)' --project="$project"
    fi
}

say "first the tick, so that nothing begins any more"
gone scheduler jobs -- "$name-tick" --location="$region"
while read -ru 3 trigger; do
    gone eventarc triggers -- "${trigger##*/}" --location="$(cut -d/ -f4 <<<"$trigger")"
done 3< <(listed "projects/$project/locations/$region/triggers/$name-dags-finalized" eventarc triggers -- --location=- --filter="name~/triggers/$name-(dags|watch)-")
while read -ru 3 job; do gone run jobs -- "$job" --region="$region"; done 3< <(deployed_jobs)
for function in "${functions[@]}"; do gone functions -- "$name-$function" --region="$region"; done
for queue in work planner; do gone tasks queues -- "$name-$queue" --location="$region"; done
gone artifacts repositories -- "$name" --location="$region"

say "the console, if there was one"
for kind in forwarding-rules target-https-proxies url-maps backend-services ssl-certificates addresses; do
    gone compute "$kind" -- "$name-api" --global
done
gone compute ssl-policies -- "$name-modern" --global
gone compute network-endpoint-groups -- "$name-api" --region="$region"

say "metrics, alerts, dashboard"
while read -ru 3 policy; do
    run gcloud alpha monitoring policies delete "$policy" --project="$project" --quiet
done 3< <(listed POLICY alpha monitoring policies -- --filter="displayName:\"$name: \"")
while read -ru 3 dashboard; do
    run gcloud monitoring dashboards delete "$dashboard" --project="$project" --quiet
done 3< <(listed DASHBOARD monitoring dashboards -- --filter="displayName=\"brisa: $name\"")
while read -ru 3 metric; do
    run gcloud logging metrics delete "$metric" --project="$project" --quiet
done 3< <(listed "$name/ticks" logging metrics -- --filter="name~^$name/")

if [ -n "$delete_data" ]; then
    say "what holds data"
    for which in state dags source; do
        if [ -n "$dry_run" ] || gcloud storage buckets describe "gs://$(bucket "$which")" >/dev/null 2>&1; then
            run gcloud storage rm --recursive "gs://$(bucket "$which")" --project="$project"
        fi
    done
    while read -ru 3 secret; do
        run gcloud secrets delete "$secret" --project="$project" --quiet
    done 3< <(listed SECRET secrets -- --filter="labels.brisa=secret OR labels.app=$name")
    if [ -n "$dry_run" ] || there firestore databases describe --database="$database"; then
        run gcloud firestore databases update --database="$database" --no-delete-protection --project="$project" --format=none
        run gcloud firestore databases delete --database="$database" --project="$project" --quiet
    fi
else
    say "the database $database, the buckets and the secrets stay; --delete-data takes them away, too"
fi

say "accounts and their roles"
for role in maker keeper reader; do
    id=${name//-/_}_secret_$role
    if [ -n "$dry_run" ] || there iam roles describe "$id"; then
        run gcloud iam roles delete "$id" --project="$project" --quiet
    fi
done
for key in planner worker events api tasks scheduler eventarc build deploy; do
    gone iam service-accounts -- "$(account "$key")"
done
