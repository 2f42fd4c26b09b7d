output "name" {
  description = "The function's name, which is also that of its Cloud Run service."
  value       = google_cloudfunctions2_function.function.name
  depends_on  = [google_cloud_run_v2_service_iam_member.invoker]
}

output "uri" {
  description = "The address that Cloud Run gave it, with a hash of project and region in it."
  value       = google_cloudfunctions2_function.function.service_config[0].uri
}
