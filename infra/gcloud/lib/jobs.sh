# shellcheck shell=bash
# Jobs for tasks that are too long or too large for the worker. What an execution has can't be chosen when it is begun.

deploy_jobs() {
    [ "${#jobs[@]}" -gt 0 ] || return 0
    say "jobs"
    local size cpu memory timeout given with_secrets='' variable secret
    told_to worker "$(account tasks)" '' | write jobs.env.json
    for given in "${secrets[@]}"; do
        variable=${given%%=*} secret=${given#*=}
        case " $(readers "$given") " in *" worker "*) with_secrets+=,$variable=${secret%%:*}:latest ;; esac
    done

    # Who tries again is brisa. The image is the worker's, which buildpacks have made: its launcher sets what Python needs.
    for size in $(sorted_jobs); do
        read -r cpu memory timeout <<<"${jobs[$size]}"
        # What is there keeps its image: that is infra/release.sh's business.
        upsert run jobs -- "$name-$size" --image="$(worker_image)" --region="$region" -- \
            --command=/cnb/lifecycle/launcher --args=python,-m,brisa.handlers.job --tasks=1 --max-retries=0 \
            --task-timeout="${timeout}s" --cpu="$cpu" --memory="$memory" --service-account="$(account worker)" \
            --labels="$(labelled)" --env-vars-file="$folder/jobs.env.json" \
            ${with_secrets:+--set-secrets="${with_secrets#,}"} \
            ${vpc_connector:+--vpc-connector="$vpc_connector" --vpc-egress=private-ranges-only} \
            ${kms_key:+--key="$kms_key"}
        patiently gcloud run jobs add-iam-policy-binding "$name-$size" --region="$region" --member="$(member worker)" \
            --role=roles/run.jobsExecutorWithOverrides --project="$project" --format=none
    done
}

sorted_jobs() { printf '%s\n' "${!jobs[@]}" | sort; }

# The image that the worker's function was built to.
worker_image() {
    if [ -n "$dry_run" ]; then
        echo IMAGE_OF_worker
    else
        gcloud run services describe "$name-worker" --region="$region" --project="$project" \
            --format='value(spec.template.spec.containers[0].image)'
    fi
}

# What the functions are told of them, as JSON.
told_of_jobs() {
    local size
    local -a rows=()
    for size in $(sorted_jobs); do rows+=("$size ${jobs[$size]}"); done
    python3 -c '
import json, sys
place, *rows = sys.argv[1:]
sizes = (row.split() for row in rows)
told = {size: dict(cpu=cpu, job=place + size, memory=memory, timeout=int(timeout)) for size, cpu, memory, timeout in sizes}
print(json.dumps(told, separators=(",", ":")))' "projects/$project/locations/$region/jobs/$name-" "${rows[@]}"
}
