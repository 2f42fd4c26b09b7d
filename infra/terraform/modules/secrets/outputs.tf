output "ids" {
  description = "The ids of the deployment's own secrets; each needs a version before functions that read it can start."
  value       = sort([for secret in google_secret_manager_secret.secret : secret.secret_id])
  depends_on  = [google_secret_manager_secret_iam_member.reader]
}
