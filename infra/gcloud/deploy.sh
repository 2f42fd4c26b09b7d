#!/usr/bin/env bash
# Makes of a project with billing a running brisa, with gcloud alone: what Terraform does in infra/terraform. What is
# there already is brought to the same settings, so it can be run again after any change, or any failure.
#
#   deploy.sh --project=PROJECT [OPTION]...
#
#   --region=REGION               where everything runs (europe-west1)
#   --name=NAME                   what every resource's name begins with (brisa)
#   --location=LOCATION           where the buckets are (the region)
#   --database=ID                 Firestore's database ((default)); --database-location (the region) can't be changed
#   --backup-days=N               days for which daily backups are kept, 0 for none (7)
#   --point-in-time-recovery      every minute of the last seven days can be gone back to
#   --unprotected                 the database may be deleted
#   --dags-prefix=PREFIX          below which the DAG files are (dags)
#   --baked-dags                  the DAG files are those of the functions' source, and not the bucket's
#   --job=SIZE=CPU,MEMORY,SECONDS for long tasks, in place of default=2,4Gi,86400 and large=8,32Gi,86400; again for more
#   --no-jobs                     no jobs for long tasks
#   --keep-days=N                 days after which runs that ended are deleted, 0 for never (90)
#   --lease=SECONDS               after which a silent worker's attempt is given to another (60)
#   --unpaused                    new DAGs begin unpaused
#   --runtime=RUNTIME             python311, python312 or python313 (python313)
#   --size=FUNCTION=CPU,MEMORY,SECONDS,AT_ONCE,LEAST,MOST   of planner, worker, events or api
#   --source=FOLDER               where build_source.py has put the functions' source (build/source)
#   --env=VARIABLE=VALUE          of all functions; again for more
#   --secret=VARIABLE=SECRET[:FUNCTION+FUNCTION]            from Secret Manager, for the worker unless said otherwise
#   --label=KEY=VALUE             of what can have labels
#   --worker-role=ROLE            on the project, for DAG files
#   --event-bucket=NAME:LOCATION  whose objects sensors wait for
#   --api-invoker=MEMBER          who may call the api
#   --policy=FILE                 JSON: role → members; without it, those who may call are admins
#   --console=DOMAIN, --console-person=MEMBER               the api for people, behind Identity-Aware Proxy
#   --ingress=all|internal-only|internal-and-gclb           from where functions may be called (all)
#   --vpc-connector=CONNECTOR, --kms-key=KEY                to reach private addresses; to encrypt what is kept
#   --alert-email=ADDRESS         who is told of alerts
#   --budget=BILLING_ACCOUNT:AMOUNT                         in US dollars a month
#   --project-number=NUMBER       asked for unless given
#   --only=PART,PART              these parts alone, of: apis kms iam secrets storage firestore queues registry
#                                 console functions jobs scheduler events monitoring budget
#   --dry-run                     print the commands, as a script, and call nothing
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
for part in common apis kms iam secrets storage firestore queues registry console functions jobs scheduler events monitoring budget; do
    # shellcheck source=/dev/null
    . "$here/lib/$part.sh"
done
source_folder=$root/build/source
notified='' own_jobs=''
parts='apis kms iam secrets storage firestore queues registry console functions jobs scheduler events monitoring budget'
only=$parts

for option; do
    value=${option#*=}
    case $option in
        --project=*) project=$value ;;
        --project-number=*) number=$value ;;
        --region=*) region=$value ;;
        --name=*) name=$value ;;
        --location=*) location=$value ;;
        --database=*) database=$value ;;
        --database-location=*) database_location=$value ;;
        --backup-days=*) backup_days=$value ;;
        --point-in-time-recovery) point_in_time_recovery=1 ;;
        --unprotected) unprotected=1 ;;
        --dags-prefix=*) dags_prefix=$value ;;
        --baked-dags) baked_dags=1 ;;
        --job=*)
            [[ $value =~ ^[a-z][a-z0-9-]*=[0-9]+,[0-9]+(Mi|Gi),[0-9]+$ ]] || fail "$option: it must be like --job=large=8,32Gi,86400"
            [ -n "$own_jobs" ] || { jobs=() own_jobs=1; }
            given=${value#*=}
            jobs[${value%%=*}]=${given//,/ }
            ;;
        --no-jobs) jobs=() own_jobs=1 ;;
        --keep-days=*) keep_days=$value ;;
        --lease=*) lease=$value ;;
        --unpaused) unpaused=1 ;;
        --runtime=*) runtime=$value ;;
        --size=*)
            [[ $value =~ ^(planner|worker|events|api)=([^,]+,){5}[^,]+$ ]] || fail "$option: it must be like --size=worker=1,1Gi,1800,1,0,100"
            given=${value#*=}
            sizes[${value%%=*}]=${given//,/ }
            ;;
        --source=*) source_folder=$value ;;
        --env=*) environment+=("$value") ;;
        --secret=*) secrets+=("$value") ;;
        --label=*) labels+=("$value") ;;
        --worker-role=*) worker_roles+=("$value") ;;
        --event-bucket=*:*) event_buckets+=("$value") ;;
        --api-invoker=allUsers | --api-invoker=allAuthenticatedUsers) fail "$option: the api is never open to everybody; people without IAM go through --console" ;;
        --api-invoker=*) api_invokers+=("$value") ;;
        --policy=*) policy=$value ;;
        --console=*) console=$value ;;
        --console-person=*) console_people+=("$value") ;;
        --ingress=*) ingress=$value ;;
        --vpc-connector=*) vpc_connector=$value ;;
        --kms-key=*) kms_key=$value ;;
        --alert-email=*) alert_emails+=("$value") ;;
        --budget=*:*) budget=$value ;;
        --only=*)
            only=${value//,/ }
            for part in $only; do [[ " $parts " == *" $part "* ]] || fail "$option: there is no part $part; --help prints them"; done
            ;;
        --dry-run) dry_run=1 ;;
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
            exit
            ;;
        *) fail "there is no option $option; --help prints them" ;;
    esac
done
[ -n "$project" ] || fail "which project? --project=PROJECT"
[ "${#name}" -le 17 ] || fail "--name=$name is too long: 17 characters at most"
location=${location:-$region} database_location=${database_location:-$region}
if [ -z "$dry_run" ]; then
    for function in "${functions[@]}"; do
        [[ " $only " != *" functions "* ]] || [ -f "$source_folder/$function.zip" ] ||
            fail "there is no $source_folder/$function.zip: infra/build_source.py makes it"
    done
    command -v gcloud >/dev/null || fail "gcloud is not installed"
    export CLOUDSDK_CORE_DISABLE_PROMPTS=1
    number=${number:-$(gcloud projects describe "$project" --format='value(projectNumber)')}
fi
number=${number:-PROJECT_NUMBER}

for part in $parts; do
    if [[ " $only " == *" $part "* ]]; then "deploy_$part"; fi
done

say "brisa is at $(url api); to copy a DAG file to gs://$(bucket dags)/$dags_prefix/ is to deploy it"
