# shellcheck shell=bash
# The api function behind Identity-Aware Proxy, at a domain: the one part that costs money while nothing happens.

deploy_console() {
    [ -n "$console" ] || return 0
    say "the console's load balancer"
    local api=$name-api
    ensure compute network-endpoint-groups -- "$api" --region="$region" --network-endpoint-type=serverless --cloud-run-service="$api"
    if ! there compute backend-services describe "$api" --global; then
        run gcloud compute backend-services create "$api" --global --protocol=HTTPS --load-balancing-scheme=EXTERNAL_MANAGED \
            --iap=enabled --enable-logging --logging-sample-rate=1 --project="$project"
        run gcloud compute backend-services add-backend "$api" --global --network-endpoint-group="$api" \
            --network-endpoint-group-region="$region" --project="$project"
    fi
    ensure compute url-maps -- "$api" --global --default-service="$api"
    ensure compute ssl-certificates -- "$api" --global --domains="$console"
    there compute ssl-policies describe "$name-modern" --global ||
        run gcloud compute ssl-policies create "$name-modern" --profile=MODERN --min-tls-version=1.2 --global --project="$project"
    ensure compute addresses -- "$api" --global
    ensure compute target-https-proxies -- "$api" --global --url-map="$api" --ssl-certificates="$api" --ssl-policy="$name-modern"
    ensure compute forwarding-rules -- "$api" --global --target-https-proxy="$api" --address="$api" --ports=443 \
        --load-balancing-scheme=EXTERNAL_MANAGED
    local person
    for person in "${console_people[@]}"; do
        run gcloud iap web add-iam-policy-binding --resource-type=backend-services --service="$api" --member="$person" \
            --role=roles/iap.httpsResourceAccessor --condition=None --project="$project" --format=none
    done
}

backend_id() {
    if [ -n "$dry_run" ]; then
        echo BACKEND_ID
    else
        gcloud compute backend-services describe "$name-api" --global --project="$project" --format='value(id)'
    fi
}
