output "api_url" {
  description = "Where the api is."
  value       = var.console == null ? local.urls.api : "https://${var.console.domain}"
}

output "dags" {
  description = "Where DAG files are uploaded: to copy one there is to deploy it."
  value       = "gs://${module.storage.names.dags}/${var.dags_prefix}"
}

output "buckets" {
  description = "Bucket → its name: state, dags, source."
  value       = module.storage.names
}

output "accounts" {
  description = "Account → e-mail address: planner, worker, events, api, tasks, scheduler, eventarc, build, deploy."
  value       = module.iam.emails
}

output "urls" {
  description = "Function → its address."
  value       = local.urls
}

output "console_address" {
  description = "The IP address that the console's domain has to lead to; null without a console."
  value       = one(module.console[*].address)
}

output "secrets" {
  description = "The deployment's own secrets, each of which needs a version."
  value       = module.secrets.ids
}
