# Small, and easily thrown away: nothing in it is protected, runs are kept for two weeks, new DAGs begin unpaused.

module "brisa" {
  source = "../../modules/brisa"

  project_id    = var.project_id
  region        = var.region
  source_folder = var.source_folder
  labels        = { environment = "dev" }

  deletion_protection = false
  database            = { backup_days = 0 }
  keep_days           = 14
  unpaused            = true
  sizes               = { worker = { max_instances = 10 } }

  api_invokers  = var.api_invokers
  policy        = var.policy
  worker_roles  = var.worker_roles
  event_buckets = var.event_buckets
  alert_emails  = var.alert_emails
  budget        = var.budget
}
