# shellcheck shell=bash
# Three buckets: what runs leave behind, the DAG files, and the functions' source.

deploy_storage() {
    say "buckets"
    local given days=null
    # A run's documents are deleted some time after they expire; its logs stay a week longer.
    [ "$keep_days" = 0 ] || days=$(python3 -c 'import math, sys; print(math.ceil(float(sys.argv[1])) + 7)' "$keep_days")
    one_bucket state --no-versioning "$days" null
    one_bucket dags --versioning null 20
    one_bucket source --versioning null 20

    for given in state:planner:objectUser state:worker:objectUser state:api:objectUser \
        dags:worker:objectViewer dags:events:objectViewer dags:deploy:objectUser \
        source:build:objectViewer source:deploy:objectUser; do
        IFS=: read -r which who role <<<"$given"
        may "$(bucket "$which")" "$who" "$role"
    done
    for given in "${event_buckets[@]}"; do may "${given%%:*}" worker objectViewer; done
}

may() { # BUCKET ACCOUNT ROLE
    patiently gcloud storage buckets add-iam-policy-binding "gs://$1" --member="$(member "$2")" --role="roles/storage.$3" --format=none
}

one_bucket() { # BUCKET VERSIONING DELETE_AFTER_DAYS OLD_VERSIONS
    local at
    at="gs://$(bucket "$1")"
    python3 - "$3" "$4" <<'PYTHON' | write "$1-lifecycle.json"
import json, sys
days, old = (None if given == "null" else int(given) for given in sys.argv[1:])
rules = []
if days is not None:
    rules.append({"action": {"type": "Delete"}, "condition": {"age": days}})
if old is not None:
    old_ones = {"numNewerVersions": old, "daysSinceNoncurrentTime": 30, "isLive": False}
    rules.append({"action": {"type": "Delete"}, "condition": old_ones})
rules.append({"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}})
print(json.dumps({"rule": rules}))
PYTHON
    there storage buckets describe "$at" ||
        run gcloud storage buckets create "$at" --location="$location" --default-storage-class=STANDARD \
            --uniform-bucket-level-access --public-access-prevention --soft-delete-duration=7d \
            ${kms_key:+--default-encryption-key="$kms_key"} --project="$project"
    run gcloud storage buckets update "$at" "$2" --lifecycle-file="$folder/$1-lifecycle.json" --update-labels="$(labelled)" --project="$project"
}
