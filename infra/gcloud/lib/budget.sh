# shellcheck shell=bash
# Tells when the project has cost, or is about to cost, more than it should.

deploy_budget() {
    [ -n "$budget" ] || return 0
    say "budget"
    local billing=${budget%%:*} amount=${budget#*:} title="$name in $project" known=''
    [ -n "$dry_run" ] || known=$(gcloud billing budgets list --billing-account="$billing" --filter="displayName=\"$title\"" --format='value(name)')
    [ -z "$known" ] || return 0
    run gcloud billing budgets create --billing-account="$billing" --display-name="$title" --budget-amount="${amount}USD" \
        --filter-projects="projects/$number" --calendar-period=month --credit-types-treatment=include-all-credits \
        --threshold-rule=percent=0.5 --threshold-rule=percent=0.9 --threshold-rule=percent=1 \
        --threshold-rule=percent=1,basis=forecasted-spend \
        ${notified:+--notifications-rule-monitoring-notification-channels="$notified"} --format=none
}
