output "emails" {
  description = "Account → e-mail address: planner, worker, events, api, tasks, scheduler, eventarc, build, deploy."
  value       = { for key, account in google_service_account.account : key => account.email }
}

output "members" {
  description = "The same, as IAM names members."
  value       = { for key, account in google_service_account.account : key => "serviceAccount:${account.email}" }
}

output "names" {
  description = "The same, as resources name them."
  value       = { for key, account in google_service_account.account : key => account.name }
}
