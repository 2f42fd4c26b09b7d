# shellcheck shell=bash
# The four functions, what each is told, and who may call it.

declare -A descriptions=(
    [planner]='Plans runs: a tick a minute, and what it hands on'
    [worker]='Runs tasks: an instance for each attempt'
    [events]='Hears of objects: wakes sensors, registers DAG files'
    [api]='Answers people and programs over HTTP'
)

deploy_functions() {
    say "functions"
    one_function planner "$(account scheduler),$(account tasks)"
    invoker planner "$(member scheduler)"
    invoker planner "$(member tasks)"

    one_function worker "$(account tasks)"
    invoker worker "$(member tasks)"

    local given admins=''
    for given in "${api_invokers[@]}"; do
        case $given in user:* | serviceAccount:*) admins+=,${given#*:} ;; esac
    done
    one_function api "$(account deploy)$admins"
    for given in "${api_invokers[@]}"; do invoker api "$given"; done
    [ -z "$console" ] || invoker api "serviceAccount:service-$number@gcp-sa-iap.iam.gserviceaccount.com"

    # Last: its other address is learned from the api's.
    one_function events "$(account eventarc)"
    invoker events "$(member eventarc)"

    for given in "${functions[@]}"; do invoker "$given" "$(member deploy)"; done
}

one_function() { # FUNCTION CALLERS
    local cpu memory timeout concurrency least most full=$name-$1
    read -r cpu memory timeout concurrency least most <<<"${sizes[$1]}"
    told_to "$1" "$2" "$concurrency" | write "$1.env.json"

    local given variable secret with_secrets='' from=$ingress
    for given in "${secrets[@]}"; do
        variable=${given%%=*} secret=${given#*=}
        case " $(readers "$given") " in *" $1 "*) with_secrets+=,$variable=${secret%%:*}:latest ;; esac
    done
    if [ "$1" = api ] && [ -n "$console" ]; then from=internal-and-gclb; fi

    # What is there keeps its code: that is infra/release.sh's business.
    local -a code=()
    if ! there functions describe "$full" --region="$region"; then
        run gcloud storage cp "$source_folder/$1.zip" "gs://$(bucket source)/first/$1.zip" --project="$project"
        code=(--source="gs://$(bucket source)/first/$1.zip")
    fi
    patiently gcloud functions deploy "$full" --gen2 --region="$region" --runtime="$runtime" --entry-point="$1" \
        "${code[@]}" --trigger-http --no-allow-unauthenticated --ingress-settings="$from" \
        --service-account="$(account "$1")" \
        --build-service-account="projects/$project/serviceAccounts/$(account build)" \
        --docker-repository="projects/$project/locations/$region/repositories/$name" \
        --cpu="$cpu" --memory="$memory" --timeout="${timeout}s" --concurrency="$concurrency" \
        --min-instances="$least" --max-instances="$most" --update-labels="$(labelled)" \
        --env-vars-file="$folder/$1.env.json" ${with_secrets:+--set-secrets="${with_secrets#,}"} \
        ${vpc_connector:+--vpc-connector="$vpc_connector" --egress-settings=private-ranges-only} \
        ${kms_key:+--kms-key="$kms_key"} --project="$project" --format=none
}

# The environment variables of a function, as JSON.
told_to() { # FUNCTION CALLERS THREADS, which is empty for a job
    local given watched audience
    watched=$(bucket dags)
    for given in "${event_buckets[@]}"; do watched+=,${given%%:*}; done
    audience=$(url "$1")
    [ "$1" != events ] || audience=$(other_address "$audience")
    local -a pairs=(
        "GOOGLE_CLOUD_PROJECT=$project"
        "BRISA_AUTH=platform"
        "BRISA_SERVICE_ACCOUNT=$(account tasks)"
        "BRISA_QUEUE=projects/$project/locations/$region/queues/$name-work"
        "BRISA_PLANNER_QUEUE=projects/$project/locations/$region/queues/$name-planner"
        "BRISA_WORKER_URL=$(url worker)"
        "BRISA_PLANNER_URL=$(url planner)"
        "BRISA_BUCKET=$(bucket state)"
        "BRISA_DAGS=$(if [ -n "$baked_dags" ]; then echo dags; else echo "gs://$(bucket dags)/$dags_prefix"; fi)"
        "BRISA_RELEASED=${baked_dags:+gs://$(bucket dags)/released}"
        "BRISA_JOBS=$(told_of_jobs)"
        "BRISA_DATABASE=$database"
        "BRISA_EVENT_BUCKETS=$watched"
        "BRISA_UNPAUSED=$unpaused"
        "BRISA_KEEP_DAYS=$keep_days"
        "BRISA_LEASE=$lease"
        "BRISA_AUDIENCE=$audience"
        "BRISA_CALLERS=$2"
    )
    if [ -n "$3" ]; then pairs+=("THREADS=$3" "WORKERS=1"); fi
    if [ "$1" = api ] && [ -n "$policy" ]; then
        pairs+=("BRISA_POLICY=$(with_deployer <"$policy")")
    fi
    if [ "$1" = api ] && [ -n "$console" ]; then
        pairs+=("BRISA_IAP_AUDIENCE=/projects/$number/global/backendServices/$(backend_id)")
    fi
    python3 -c 'import json, sys; print(json.dumps(dict(pair.split("=", 1) for pair in sys.argv[1:])))' \
        "${environment[@]}" "${pairs[@]}"
}

# The policy, with the account that releases among the admins.
with_deployer() {
    python3 -c '
import json, sys
policy = json.load(sys.stdin)
policy["admin"] = [*policy.get("admin", []), sys.argv[1]]
print(json.dumps(dict(sorted(policy.items())), separators=(",", ":")))' "$(member deploy)"
}

# The events function's addresses. Eventarc takes the one that Cloud Run calls the service's own for the audience of its
# tokens; that may be the one with a hash, which all services of a project and region share.
other_address() { # ADDRESS
    local found="https://$name-api-HASH.a.run.app"
    [ -n "$dry_run" ] || found=$(gcloud functions describe "$name-api" --region="$region" --project="$project" --format='value(serviceConfig.uri)')
    found=${found/"$name-api"/"$name-events"}
    if [ "$found" = "$1" ]; then echo "$1"; else echo "$1,$found"; fi
}

invoker() { # FUNCTION MEMBER
    patiently gcloud run services add-iam-policy-binding "$name-$1" --region="$region" --member="$2" \
        --role=roles/run.invoker --project="$project" --format=none
}
