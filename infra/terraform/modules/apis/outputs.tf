output "services" {
  description = "The services that are enabled. Whatever needs one depends on this."
  value       = sort([for service in google_project_service.service : service.service])
}
