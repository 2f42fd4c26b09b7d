# shellcheck shell=bash
# Where attempts wait for the worker, and chores for the planner.

deploy_queues() {
    say "queues"
    local cpu memory timeout concurrency least most queue function
    read -r cpu memory timeout concurrency least most <<<"${sizes[worker]}"
    local at_once=$((most * concurrency))
    one_queue work "$((at_once > 5000 ? 5000 : at_once))"
    read -r cpu memory timeout concurrency least most <<<"${sizes[planner]}"
    one_queue planner "$most"

    for queue in planner work; do
        for function in "${functions[@]}"; do
            patiently gcloud tasks queues add-iam-policy-binding "$name-$queue" --location="$region" \
                --member="$(member "$function")" --role=roles/cloudtasks.enqueuer --project="$project" --format=none
        done
    done
}

one_queue() { # QUEUE AT_ONCE
    upsert tasks queues -- "$name-$1" --location="$region" -- \
        --max-dispatches-per-second=500 --max-concurrent-dispatches="$2" \
        --max-attempts=unlimited --min-backoff=0.100s --max-backoff=10s --max-doublings=16 --log-sampling-ratio=0
}
