# The tick: once a minute, the finest that Cloud Scheduler has. A doubled one does nothing twice, a lost one is made up
# for by the next.

resource "google_cloud_scheduler_job" "tick" {
  project          = var.project_id
  region           = var.location
  name             = "${var.name}-tick"
  description      = "brisa's tick: plan what is due, repair what is stuck"
  schedule         = "* * * * *"
  time_zone        = "Etc/UTC"
  attempt_deadline = "180s"
  paused           = var.paused

  retry_config {
    retry_count = 0
  }

  http_target {
    http_method = "POST"
    uri         = var.planner_url

    oidc_token {
      service_account_email = var.account
      audience              = var.planner_url
    }
  }
}
