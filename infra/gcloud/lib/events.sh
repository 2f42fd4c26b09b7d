# shellcheck shell=bash
# What tells the events function of objects: written in any of the buckets, or deleted where the DAG files are.

deploy_events() {
    say "triggers"
    # Asking for it makes the account that Cloud Storage publishes as.
    [ -n "$dry_run" ] || gcloud storage service-agent --project="$project" >/dev/null
    project_role "serviceAccount:service-$number@gs-project-accounts.iam.gserviceaccount.com" roles/pubsub.publisher

    trigger dags-finalized "$(bucket dags)" "$location" finalized
    trigger dags-deleted "$(bucket dags)" "$location" deleted
    local given watched hash
    for given in "${event_buckets[@]}"; do
        watched=${given%%:*}
        hash=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.argv[1].encode()).hexdigest()[:8])' "$watched")
        trigger "watch-$hash" "$watched" "${given#*:}" finalized
    done
}

trigger() { # NAME BUCKET LOCATION WHAT
    # A trigger that is there needs no change: its name says all that it does.
    if ! there eventarc triggers describe "$name-$1" --location="${3,,}"; then
        patiently gcloud eventarc triggers create "$name-$1" --location="${3,,}" \
            --event-filters="type=google.cloud.storage.object.v1.$4" --event-filters="bucket=$2" \
            --destination-run-service="$name-events" --destination-run-region="$region" --destination-run-path=/ \
            --service-account="$(account eventarc)" --labels="$(labelled)" --project="$project" --format=none
    fi
}
