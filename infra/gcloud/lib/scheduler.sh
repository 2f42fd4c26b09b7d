# shellcheck shell=bash
# The tick, once a minute.

deploy_scheduler() {
    say "the tick"
    local verb=create
    if there scheduler jobs describe "$name-tick" --location="$region"; then verb=update; fi
    run gcloud scheduler jobs "$verb" http "$name-tick" --location="$region" --schedule='* * * * *' --time-zone=Etc/UTC \
        --uri="$(url planner)" --http-method=POST --oidc-service-account-email="$(account scheduler)" \
        --oidc-token-audience="$(url planner)" --attempt-deadline=180s --max-retry-attempts=0 \
        --description="brisa's tick: plan what is due, repair what is stuck" --project="$project" --format=none
}
