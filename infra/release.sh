#!/usr/bin/env bash
# Releases the functions' code: builds new revisions that get no traffic, asks each whether it is well, and only when all
# four are moves the traffic to them; jobs for long tasks get the new worker's image. What served before keeps a tag,
# `previous`, to go back to.
#
#   release.sh --project=PROJECT [--region=REGION] [--name=NAME] [--source=FOLDER] [--source-bucket=BUCKET]
#              [--released=gs://BUCKET/released] [--dry-run]
#   release.sh --project=PROJECT … --roll-back
#
#   --released        where the DAG files are those of the source: the object that tells of it, so that they are registered
#
# It needs gcloud and curl, functions that Terraform or gcloud/deploy.sh have made, and their source, which
# build_source.py makes. An error before the traffic moves changes nothing for anybody.
set -Eeuo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=gcloud/lib/common.sh
. "$here/gcloud/lib/common.sh"
source_folder=$here/../build/source roll_back='' source_bucket='' released=''
declare -A old=() new=()

for option; do
    value=${option#*=}
    case $option in
        --project=*) project=$value ;;
        --region=*) region=$value ;;
        --name=*) name=$value ;;
        --source=*) source_folder=$value ;;
        --source-bucket=*) source_bucket=$value ;;
        --released=gs://*/*) released=$value ;;
        --roll-back) roll_back=1 ;;
        --dry-run) dry_run=1 ;;
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
            exit
            ;;
        *) fail "there is no option $option; --help prints them" ;;
    esac
done
[ -n "$project" ] || fail "which project? --project=PROJECT"
source_bucket=${source_bucket:-$(bucket source)}
export CLOUDSDK_CORE_DISABLE_PROMPTS=1

# One value of a function's Cloud Run service: the revision that serves, the latest, the one with a tag, or its address.
service() { # FUNCTION serving|latest|tagged TAG|url TAG
    if [ -n "$dry_run" ]; then
        echo "${2^^}${3:+_$3}_OF_$1"
        return
    fi
    gcloud run services describe "$name-$1" --region="$region" --project="$project" --format=json | python3 -c '
import json, sys
what, tag = sys.argv[1:3]
status = json.load(sys.stdin)["status"]
traffic = status.get("traffic", [])
if what == "latest":
    print(status["latestCreatedRevisionName"])
elif what == "serving":
    print(max(traffic, key=lambda one: one.get("percent", 0))["revisionName"])
elif what == "address":
    print(status["url"])
else:
    print(next((one[{"tagged": "revisionName", "url": "url"}[what]] for one in traffic if one.get("tag") == tag), ""))
' "$2" "${3:-}"
}

traffic() { # FUNCTION FLAGS...
    local function=$1
    shift
    run gcloud run services update-traffic "$name-$function" "$@" --region="$region" --project="$project" --format=none
}

# Whether a revision answers at its own address, where no traffic but this goes.
is_well() { # FUNCTION
    local at audience answer token
    at=$(service "$1" url candidate)
    if [ -n "$dry_run" ]; then
        told curl -fsS "$at/health"
        return
    fi
    audience=$(service "$1" address)
    # A person's token has no audience of its own; Cloud Run takes it, too.
    token=$(gcloud auth print-identity-token --audiences="$audience" 2>/dev/null || gcloud auth print-identity-token)
    answer=$(curl -fsS --retry 5 --retry-all-errors --retry-delay 3 --max-time 60 -H "Authorization: Bearer $token" "$at/health") || return 1
    [ "$answer" = ok ]
}

# Jobs run what a revision of the worker runs.
jobs_follow() { # REVISION
    local image=IMAGE_OF_$1 jobs job
    [ -n "$dry_run" ] ||
        image=$(gcloud run revisions describe "$1" --region="$region" --project="$project" --format='value(spec.containers[0].image)') ||
        return 1
    jobs=$(deployed_jobs) || return 1
    for job in $jobs; do
        run gcloud run jobs update "$job" --image="$image" --region="$region" --project="$project" --format=none || return 1
    done
}

# Has the DAG files of the source that serves now registered: the events function hears of the object.
tell() {
    [ -n "$released" ] || return 0
    echo "$*" | write released
    run gcloud storage cp "$folder/released" "$released" --project="$project"
}

forget_candidates() {
    local function
    for function in "${!new[@]}"; do traffic "$function" --remove-tags=candidate || true; done
}

if [ -n "$roll_back" ]; then
    for function in "${functions[@]}"; do
        old[$function]=$(service "$function" tagged previous)
        [ -n "${old[$function]}" ] || fail "$name-$function has no revision with the tag previous: nothing was changed"
    done
    for function in "${functions[@]}"; do traffic "$function" --to-revisions="${old[$function]}=100"; done
    jobs_follow "${old[worker]}"
    tell "${old[*]}"
    say "back to what served before: ${old[*]}"
    exit
fi

for function in "${functions[@]}"; do
    [ -n "$dry_run" ] || [ -f "$source_folder/$function.zip" ] ||
        fail "there is no $source_folder/$function.zip: infra/build_source.py makes it"
done

say "new revisions, without traffic"
for function in "${functions[@]}"; do
    old[$function]=$(service "$function" serving)
    # Traffic that is nailed to a revision does not follow the latest one.
    traffic "$function" --to-revisions="${old[$function]}=100"
done
trap 'forget_candidates' ERR
for function in "${functions[@]}"; do
    zip=$source_folder/$function.zip
    hash=SHA256
    [ -n "$dry_run" ] || hash=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest()[:16])' "$zip")
    at=gs://$source_bucket/releases/$function-$hash.zip
    run gcloud storage cp "$zip" "$at" --project="$project"
    run gcloud functions deploy "$name-$function" --gen2 --region="$region" --source="$at" --project="$project" --format=none
    new[$function]=$(service "$function" latest)
    traffic "$function" --update-tags="candidate=${new[$function]}"
done

say "are they well?"
for function in "${functions[@]}"; do
    if ! is_well "$function"; then
        forget_candidates
        echo "Error: the new revision of $name-$function is not well; the old ones go on serving" >&2
        exit 1
    fi
done

say "traffic"
moved=()
for function in "${functions[@]}"; do
    moved+=("$function")
    if ! traffic "$function" --to-revisions="${new[$function]}=100" --update-tags="previous=${old[$function]}" --remove-tags=candidate; then
        for back in "${moved[@]}"; do traffic "$back" --to-revisions="${old[$back]}=100" || true; done
        echo "Error: the traffic could not be moved; the old revisions serve again" >&2
        exit 1
    fi
done
trap - ERR
if ! jobs_follow "${new[worker]}"; then
    echo "Error: the functions are released, but not the jobs for long tasks: run it again" >&2
    exit 1
fi
tell "${new[*]}"
say "released: ${new[*]}"
