output "repository" {
  description = "The repository, as functions are told."
  value       = "projects/${var.project_id}/locations/${var.location}/repositories/${google_artifact_registry_repository.images.repository_id}"
  depends_on  = [google_artifact_registry_repository_iam_member.build]
}
