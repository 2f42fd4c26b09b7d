# What holds data is protected, every minute of the last week can be gone back to, and every day of the last month.

module "brisa" {
  source = "../../modules/brisa"

  project_id    = var.project_id
  region        = var.region
  source_folder = var.source_folder
  labels        = { environment = "prod" }

  deletion_protection = true
  database            = { point_in_time_recovery = true, backup_days = 30 }
  keep_days           = 90

  api_invokers       = var.api_invokers
  policy             = var.policy
  worker_roles       = var.worker_roles
  event_buckets      = var.event_buckets
  secret_environment = var.secret_environment
  console            = var.console
  kms_key            = var.kms_key
  vpc_connector      = var.vpc_connector
  alert_emails       = var.alert_emails
  budget             = var.budget
}
